"""One worker at a time renews credentials."""

from datetime import UTC, datetime

import pytest

from customerhub.domain.ids import IntegrationId
from customerhub.errors import NotReadyYet
from customerhub.store.leases import DURATION, DynamoLeases
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.till import fresh_tenant
from tests.support.virtual_time import VirtualTime

SHOP = IntegrationId("shopify")


@pytest.fixture
def time() -> VirtualTime:
    """Of one thread."""
    return VirtualTime(datetime(2026, 11, 2, tzinfo=UTC), 1)


@pytest.fixture
def leases(dynamodb_tables: DynamoDBTables, time: VirtualTime) -> DynamoLeases:
    """Of any process."""
    return DynamoLeases(Database(dynamodb_tables.client()), dynamodb_tables.names["WORK_TABLE"], time)


def test_a_second_one_waits_some_seconds_and_gives_up(leases: DynamoLeases, time: VirtualTime) -> None:
    tenant, began = fresh_tenant().id, time.now()
    with leases.exclusive(tenant, SHOP), pytest.raises(NotReadyYet):
        leases.exclusive(tenant, SHOP).__enter__()
    assert 5 <= (time.now() - began).total_seconds() <= 7


def test_it_is_free_once_it_is_left_whatever_happened(leases: DynamoLeases, time: VirtualTime) -> None:
    tenant, began = fresh_tenant().id, time.now()
    with pytest.raises(RuntimeError), leases.exclusive(tenant, SHOP):
        raise RuntimeError
    with leases.exclusive(tenant, SHOP):
        assert time.now() == began


def test_it_ends_by_itself_when_its_holder_dies(leases: DynamoLeases, time: VirtualTime) -> None:
    tenant = fresh_tenant().id
    held = leases.exclusive(tenant, SHOP)
    held.__enter__()
    time.sleep(DURATION.total_seconds() - 10)
    with pytest.raises(NotReadyYet):
        leases.exclusive(tenant, SHOP).__enter__()
    time.sleep(5)
    with leases.exclusive(tenant, SHOP):
        pass
    del held


def test_one_who_was_too_late_does_not_end_it_for_the_next(leases: DynamoLeases, time: VirtualTime) -> None:
    tenant = fresh_tenant().id
    next_one = leases.exclusive(tenant, SHOP)
    with leases.exclusive(tenant, SHOP):
        time.sleep(DURATION.total_seconds() + 1)
        next_one.__enter__()
    with pytest.raises(NotReadyYet):
        leases.exclusive(tenant, SHOP).__enter__()
    del next_one


def test_other_integrations_and_tenants_are_not_held_up(leases: DynamoLeases) -> None:
    """Invariant 7."""
    tenant = fresh_tenant().id
    with leases.exclusive(tenant, SHOP):
        held = []
        for whose, shop in ((tenant, IntegrationId("other")), (fresh_tenant().id, SHOP)):
            with leases.exclusive(whose, shop):
                held.append((whose, shop))
        assert len(held) == 2
        with pytest.raises(NotReadyYet):
            leases.exclusive(tenant, SHOP).__enter__()
