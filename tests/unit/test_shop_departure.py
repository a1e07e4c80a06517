"""What leaves with a shop, and who."""

from dataclasses import replace
from typing import Any

import pytest

from customerhub.domain.customer import Customer
from customerhub.domain.identifier import Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, IntegrationId
from customerhub.domain.records import Record, RecordKind
from customerhub.domain.shop_departure import came_from, is_anothers, is_of_shop, keys_of_shop
from tests.support.people import NOW, TENANT

SHOP, OTHER = IntegrationId("shopify"), IntegrationId("shopify-2")


def identifier(kind: Kind, value: str, source: str = SHOP, grade: Grade = Grade.ASSERTED) -> Identifier:
    return Identifier(kind, value, value, value, grade, source, NOW)


def customer(*identifiers: Identifier, **told: Any) -> Customer:
    defaults: dict[str, Any] = {"created_via": SHOP, "last_updated_via": "chatbot", "account_sources": (SHOP,)}
    return Customer(
        TENANT.id, CustomerId("c"), created_at=NOW, updated_at=NOW, identifiers=identifiers, **defaults | told
    )


def record(kind: RecordKind, number: str = "1", **content: Any) -> Record:
    return Record(CustomerId("c"), kind, number, NOW, (), content)


OWN_ID = identifier(Kind.EXTERNAL, "shopify:7")
EMAIL = identifier(Kind.EMAIL, "ann@example.com")
PHONE = identifier(Kind.PHONE, "+17075550123")


@pytest.mark.parametrize(
    ("one", "of_shop", "anothers"),
    [
        (record(RecordKind.LINK, SHOP, external_id="7"), True, False),
        (record(RecordKind.LINK, OTHER, external_id="7"), False, True),
        (record(RecordKind.ORDER, source=SHOP), True, False),
        (record(RecordKind.ORDER, source="till"), False, True),
        (record(RecordKind.ORDER), False, True),
        (record(RecordKind.LEAD), False, True),
        (record(RecordKind.ENROLLMENT, how="order"), False, False),
        (record(RecordKind.ENROLLMENT, how="staff"), False, True),
    ],
)
def test_whose_a_record_is(one: Record, of_shop: bool, anothers: bool) -> None:
    assert (is_of_shop(one, SHOP), is_anothers(one, SHOP)) == (of_shop, anothers)


def test_who_came_from_the_shop_alone() -> None:
    assert came_from(customer(OWN_ID, EMAIL), SHOP)
    assert came_from(customer(replace(EMAIL, source="shopify.deleted")), SHOP)
    assert not came_from(customer(EMAIL), OTHER)
    assert not came_from(customer(OWN_ID, EMAIL, created_via="chatbot"), SHOP)
    assert not came_from(customer(OWN_ID, replace(EMAIL, source="web")), SHOP)
    assert not came_from(customer(OWN_ID, EMAIL, account_sources=(SHOP, "web")), SHOP)


def keys(*entries: Identifier) -> frozenset[IdentifierKey]:
    return frozenset(entry.key for entry in entries)


def test_what_the_shop_alone_has_said_leaves() -> None:
    typed, proven = replace(PHONE, source="web"), replace(PHONE, grade=Grade.VERIFIED)
    assert keys_of_shop(customer(OWN_ID, EMAIL, typed), SHOP, ()) == keys(OWN_ID, EMAIL)
    assert keys_of_shop(customer(OWN_ID, proven), SHOP, ()) == keys(OWN_ID)
    assert keys_of_shop(customer(EMAIL, PHONE), OTHER, ()) == frozenset()


def test_a_member_must_be_reached_and_another_shop_may_have_said_the_same() -> None:
    assert keys_of_shop(customer(OWN_ID, EMAIL, membership="m"), SHOP, ()) == keys(OWN_ID)
    link = record(RecordKind.LINK, OTHER, external_id="9")
    assert keys_of_shop(customer(OWN_ID, EMAIL), SHOP, [link]) == keys(OWN_ID)
    assert keys_of_shop(customer(OWN_ID, EMAIL), SHOP, [record(RecordKind.LEAD)]) == keys(OWN_ID, EMAIL)


def test_another_shops_id_stays() -> None:
    other = identifier(Kind.EXTERNAL, "shopify-2:7", OTHER)
    assert keys_of_shop(customer(OWN_ID, other), SHOP, ()) == keys(OWN_ID)
