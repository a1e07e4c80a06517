"""Integrations and the discounts that stand in them, in the table."""

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from customerhub.domain.ids import IntegrationId, StageId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.errors import GuardFailed
from customerhub.store.integrations import PAGE, DynamoIntegrationStore
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.till import fresh_tenant

SHOP, CRM = IntegrationId("shop"), IntegrationId("crm")


@pytest.fixture
def store(dynamodb_tables: DynamoDBTables) -> DynamoIntegrationStore:
    """Over the shared tables."""
    return DynamoIntegrationStore(Database(dynamodb_tables.client()), dynamodb_tables.names["WORK_TABLE"])


def integration(tenant: TenantId, name: IntegrationId = SHOP) -> Integration:
    return Integration(tenant, name, Platform.SHOPIFY, "x.myshopify.com", datetime(2026, 11, 2, 3, 4, 5, 6, tzinfo=UTC))


def placed(stage: str, **ids: str) -> PlacedOffer:
    return PlacedOffer(Offer(StageId(stage), "Bronze", 1050), ids)


def test_an_integration_is_read_as_it_was_written(store: DynamoIntegrationStore) -> None:
    first = integration(fresh_tenant().id)
    second = replace(first, id=CRM, platform=Platform.COMMERCE7, endpoint="http://127.0.0.1:1", active=False)
    for each in (first, second):
        store.put_integration(each)
    assert store.get_integration(first.tenant, SHOP) == replace(first, version=1)
    assert store.list_integrations(first.tenant) == [replace(second, version=1), replace(first, version=1)]


def test_invariant_7_no_tenant_sees_anothers(store: DynamoIntegrationStore) -> None:
    tenant = fresh_tenant().id
    store.put_integration(integration(tenant))
    store.put_placed_offer(tenant, SHOP, placed("a", tag="t"))
    other = TenantId(f"{tenant}-x")
    assert store.get_integration(other, SHOP) is None
    assert store.list_integrations(other) == []
    assert store.placed_offers(other, SHOP) == {}


def test_of_two_who_change_what_both_read_one_is_told(store: DynamoIntegrationStore) -> None:
    first = integration(fresh_tenant().id)
    store.put_integration(first)
    with pytest.raises(GuardFailed):
        store.put_integration(first)
    read = replace(first, version=1)
    store.put_integration(replace(read, active=False))
    with pytest.raises(GuardFailed):
        store.put_integration(replace(read, endpoint="https://proxy.example"))


def test_discounts_stand_where_they_were_put_however_many(store: DynamoIntegrationStore) -> None:
    tenant = fresh_tenant().id
    wanted = {
        StageId(f"stage-{number:03}"): placed(f"stage-{number:03}", tag=f"t{number}") for number in range(PAGE + 1)
    }
    for each in wanted.values():
        store.put_placed_offer(tenant, SHOP, each)
    store.put_placed_offer(tenant, IntegrationId("shop-2"), placed("elsewhere"))
    assert store.placed_offers(tenant, SHOP) == wanted


def test_the_last_word_on_a_discount_counts_and_it_can_be_forgotten_twice(store: DynamoIntegrationStore) -> None:
    tenant = fresh_tenant().id
    store.put_placed_offer(tenant, SHOP, placed("a", tag="old"))
    store.put_placed_offer(tenant, SHOP, placed("a", tag="new", discount="9007199254740993"))
    found = store.placed_offers(tenant, SHOP)[StageId("a")]
    assert (found.tag, found.ids["discount"]) == ("new", "9007199254740993")
    for _ in range(2):
        store.delete_placed_offer(tenant, SHOP, StageId("a"))
    assert store.placed_offers(tenant, SHOP) == {}
