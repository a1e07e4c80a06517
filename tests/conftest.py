"""What a test run shares: one MiniStack, the two tables in it, the doubles of the shops, and the whole hub once a test
asks for it."""

import random
from collections.abc import Iterator
from pathlib import Path

import pytest

from infra.local.emulator import Emulator, running_emulator
from infra.local.front_door import listening
from infra.local.hub import Hub, running_hub
from infra.local.ministack_venv import ensure_ministack
from infra.local.partners.catalogue import PartnerName
from infra.local.partners.processes import Partner, running_partner
from infra.local.progress import silent
from infra.local.tables import DynamoDBTables, create_tables


@pytest.fixture(scope="session")
def ministack(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Emulator]:
    """An empty MiniStack of this run."""
    directory = tmp_path_factory.mktemp("ministack")
    with running_emulator(ensure_ministack(), directory, persist=False) as emulator:
        yield emulator


@pytest.fixture(scope="session")
def dynamodb_tables(ministack: Emulator) -> DynamoDBTables:
    """The two tables without the rest of the stack. All tests share them: take a fresh tenant, not fresh tables."""
    return create_tables(ministack, account=str(random.randrange(10**11, 10**12)))


@pytest.fixture(scope="session")
def stack(ministack: Emulator, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Hub]:
    """The whole hub as `make up` runs it, with its two demo tenants, under a base URL of this run."""
    state: Path = tmp_path_factory.mktemp("hub")
    with listening(0) as listener, running_hub(ministack, listener, state, silent) as hub:
        yield hub


@pytest.fixture(scope="session")
def commerce7_partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    """One process for all tests."""
    with running_partner(PartnerName.COMMERCE7, tmp_path_factory.mktemp("commerce7")) as partner:
        yield partner


@pytest.fixture(scope="session")
def shopify_partner(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Partner]:
    """One process for all tests."""
    with running_partner(PartnerName.SHOPIFY, tmp_path_factory.mktemp("shopify")) as partner:
        yield partner
