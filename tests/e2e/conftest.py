"""The demo tenants of the running hub."""

from collections.abc import Iterator

import pytest

from infra.local.hub import Hub
from tests.support.api import Api, apis


@pytest.fixture(scope="session")
def tenants(stack: Hub) -> Iterator[list[Api]]:
    """Every demo tenant, called with its service key."""
    yield from apis(stack.base_url, stack.tenants)


@pytest.fixture(scope="session")
def winery(tenants: list[Api]) -> Api:
    """The first demo tenant: US, area code 707."""
    return tenants[0]
