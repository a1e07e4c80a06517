"""Tables of one's own for tests that read all of them, and tills over them."""

import secrets
from collections.abc import Callable, Iterator

import pytest

from infra.local.emulator import Emulator
from infra.local.partners.processes import running_partners
from infra.local.tables import DynamoDBTables, create_tables
from tests.support.shops import Shops
from tests.support.till import Till, open_till


@pytest.fixture
def fresh_tables(ministack: Emulator) -> Callable[[], DynamoDBTables]:
    """Makes empty tables, each time in an AWS account of their own."""
    return lambda: create_tables(ministack, account=str(10**11 + secrets.randbelow(9 * 10**11)))


@pytest.fixture
def till(dynamodb_tables: DynamoDBTables) -> Till:
    """A till of a fresh tenant over the shared tables."""
    return open_till(dynamodb_tables.client(), dynamodb_tables.names)


@pytest.fixture(scope="module")
def module_till(dynamodb_tables: DynamoDBTables) -> Till:
    """The same, of one tenant for all tests of a module."""
    return open_till(dynamodb_tables.client(), dynamodb_tables.names)


@pytest.fixture(scope="session")
def shops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Shops]:
    """The doubles of both shops, one process each for all tests; `restart` makes them new."""
    with running_partners(tmp_path_factory.mktemp("shops")) as partners:
        shops = Shops(partners)
        yield shops
        shops.close()
