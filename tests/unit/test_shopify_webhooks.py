"""Deliveries of Shopify: who signed them, which are the same, and what they say."""

import base64
import hashlib
import hmac
import json
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

import pytest

from customerhub.domain.ids import ExternalId
from customerhub.domain.money import Money
from customerhub.domain.remote import RemoteChange, VerifiedDelivery
from customerhub.errors import MalformedRequest, Unauthenticated
from tests.support.shopify_fake import SHOP, Shop, answered

BODY = b'{"id":1,"email":"jane@example.com"}'
HEADERS = {
    "x-shopify-topic": "customers/update",
    "x-shopify-hmac-sha256": "JSvj2s9SyD+GuvEnKIKOInUS/6KcBwG7TGVT8kyg5YU=",
    "x-shopify-shop-domain": SHOP,
    "x-shopify-api-version": "2026-10",
    "x-shopify-webhook-id": "b54557e4-bdd9-4b37-8a5f-bf7d70bcd043",
    "x-shopify-event-id": "98880550-7158-44d4-b7cd-2c97c8a091b5",
    "x-shopify-triggered-at": "2026-11-25T11:59:58.123456789Z",
}
CONNECTOR = Shop([answered({})]).connector


def signed(secret: str, body: bytes = BODY) -> dict[str, str]:
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    return HEADERS | {"x-shopify-hmac-sha256": signature}


def test_the_vector_of_the_facts() -> None:
    delivery = CONNECTOR.verify_webhook(HEADERS, BODY)
    assert (delivery.account, delivery.topic, delivery.body) == (SHOP, "customers/update", BODY)
    assert delivery.event_id == f"{SHOP}/customers/update/98880550-7158-44d4-b7cd-2c97c8a091b5/1"
    assert delivery.occurred_at is not None
    assert delivery.occurred_at.replace(microsecond=0) == datetime(2026, 11, 25, 11, 59, 58, tzinfo=UTC)


def test_the_secret_before_the_current_one_still_counts() -> None:
    credentials = {"access_token": "a", "webhook_secret": "new", "previous_webhook_secret": "old"}
    connector = Shop([answered({})], credentials).connector
    for secret in ("new", "old"):
        assert connector.verify_webhook(signed(secret), BODY).body == BODY
    with pytest.raises(Unauthenticated):
        connector.verify_webhook(signed("older"), BODY)


def test_an_app_signs_with_its_own_secret() -> None:
    connector = Shop([answered({})], {"access_token": "a", "client_id": "i", "client_secret": "app secret"}).connector
    assert connector.verify_webhook(signed("app secret"), BODY).body == BODY


@pytest.mark.parametrize(
    "headers",
    [
        {name: value for name, value in HEADERS.items() if name != "x-shopify-hmac-sha256"},
        HEADERS | {"x-shopify-hmac-sha256": ""},
        HEADERS | {"x-shopify-hmac-sha256": "JSvj2s9SyD+GuvEnKIKOInUS/6KcBwG7TGVT8kyg5YY="},
        HEADERS | {"x-shopify-hmac-sha256": "é"},
        HEADERS | {"x-shopify-hmac-sha256": "\udcff"},
        HEADERS | {"x-shopify-shop-domain": "another.myshopify.com"},
    ],
)
def test_what_is_not_signed_by_this_shop_is_refused(headers: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify_webhook(headers, BODY)


def test_one_more_byte_is_another_body() -> None:
    with pytest.raises(Unauthenticated):
        CONNECTOR.verify_webhook(HEADERS, BODY + b" ")


def test_nobody_signs_for_a_shop_without_a_secret() -> None:
    connector = Shop([answered({})], {"access_token": "a"}).connector
    with pytest.raises(Unauthenticated):
        connector.verify_webhook(signed(""), BODY)


@pytest.mark.parametrize("name", ["x-shopify-topic", "x-shopify-shop-domain"])
def test_a_header_that_is_always_there_is_missed(name: str) -> None:
    with pytest.raises(MalformedRequest, match=name):
        CONNECTOR.verify_webhook({other: value for other, value in HEADERS.items() if other != name}, BODY)


def test_deliveries_of_one_event_are_the_same_as_far_as_headers_tell() -> None:
    again = HEADERS | {"x-shopify-webhook-id": "another attempt"}
    assert CONNECTOR.verify_webhook(again, BODY).event_id == CONNECTOR.verify_webhook(HEADERS, BODY).event_id
    other_topic = HEADERS | {"x-shopify-topic": "customers/create"}
    assert CONNECTOR.verify_webhook(other_topic, BODY).event_id != CONNECTOR.verify_webhook(HEADERS, BODY).event_id
    no_event = {name: value for name, value in HEADERS.items() if name != "x-shopify-event-id"}
    assert CONNECTOR.verify_webhook(no_event, BODY).event_id == f"{SHOP}/b54557e4-bdd9-4b37-8a5f-bf7d70bcd043"
    neither = {name: value for name, value in no_event.items() if name != "x-shopify-webhook-id"}
    assert CONNECTOR.verify_webhook(neither, BODY).event_id.endswith(hashlib.sha256(BODY).hexdigest())


@pytest.mark.parametrize("name", ["id", "customerId", "customer_id", "admin_graphql_api_customer_kept_id"])
def test_one_action_that_concerns_two_records_is_two_deliveries(name: str) -> None:
    one, other, again = (json.dumps({name: record, "note": "x"}).encode() for record in (1, 2, 1))
    ids = [CONNECTOR.verify_webhook(signed("shpss_test_secret", body), body).event_id for body in (one, other, again)]
    assert ids[0] == ids[2] != ids[1]


@pytest.mark.parametrize("body", [b"", b"\xff", b"[1]", b"7", b'{"id": null}', b'{"id": {"a": 1}}', b"[" * 5_000])
def test_what_says_no_record_is_told_apart_by_its_event_alone(body: bytes) -> None:
    headers = signed("shpss_test_secret", body)
    expected = f"{SHOP}/customers/update/98880550-7158-44d4-b7cd-2c97c8a091b5"
    assert CONNECTOR.verify_webhook(headers, body).event_id == expected


def parsed(topic: str, body: dict[str, Any]) -> list[RemoteChange]:
    delivery = VerifiedDelivery(SHOP, topic, "event", json.dumps(body).encode())
    return list(CONNECTOR.parse_webhook(delivery))


CUSTOMER: dict[str, Any] = {
    "id": 706405506930370000,
    "admin_graphql_api_id": "gid://shopify/Customer/706405506930370084",
    "created_at": "2026-10-01T12:00:00-05:00",
    "updated_at": "2026-11-25T11:59:58-05:00",
    "first_name": "Bob",
    "last_name": "Biller",
    "state": "disabled",
    "note": "This customer loves ice cream",
    "verified_email": True,
    "multipass_identifier": None,
    "tax_exempt": False,
    "tax_exemptions": [],
    "email": "bob@example.com",
    "phone": None,
    "currency": "USD",
    "addresses": [],
    "default_address": {"id": 1, "address1": "151 O'Connor Street", "city": "Ottawa", "province_code": "ON",
                        "country_code": "CA", "country_name": "Canada", "zip": "K2P 2L8", "default": True},
}  # fmt: skip
ORDER: dict[str, Any] = {
    "id": 820982911946154508,
    "admin_graphql_api_id": "gid://shopify/Order/820982911946154508",
    "name": "#9999",
    "created_at": "2026-11-25T11:00:00-05:00",
    "processed_at": "2026-11-24T11:00:00-05:00",
    "updated_at": "2026-11-25T11:30:00-05:00",
    "cancelled_at": None,
    "test": False,
    "contact_email": "bob@example.com",
    "email": "",
    "phone": None,
    "currency": "JPY",
    "financial_status": "paid",
    "total_price": "40400",
    "current_total_price": "39800",
    "customer": CUSTOMER,
    "line_items": [],
    "tags": "a, b",
}


def test_a_customer_is_told_without_tags_and_with_the_exact_id(caplog: pytest.LogCaptureFixture) -> None:
    (change,) = parsed("customers/update", CUSTOMER)
    customer = change.customer
    assert customer is not None
    assert change.id == customer.id == "706405506930370084"
    assert customer.tags is None, "they are not told, which says nothing of them"
    assert (customer.state, customer.email_consent, customer.sms_consent) == ("disabled", None, None)
    assert customer.updated_at == datetime(2026, 11, 25, 16, 59, 58, tzinfo=UTC)
    assert customer.address["province"] == "ON"
    assert customer.raw["note"]
    assert not caplog.text, "every field is known"


def test_an_order_is_told_in_the_minor_unit() -> None:
    (change,) = parsed("orders/paid", ORDER)
    order = change.order
    assert order is not None
    assert order.total == Money(39800, "JPY")
    assert (order.customer, order.email) == ("706405506930370084", "bob@example.com")
    assert order.placed_at == datetime(2026, 11, 24, 16, tzinfo=UTC)
    assert order.is_paid
    assert not order.is_cancelled


def test_a_guests_order_has_no_customer() -> None:
    guest = {name: value for name, value in ORDER.items() if name != "customer"}
    (change,) = parsed("orders/create", guest | {"financial_status": None, "test": True})
    assert change.order is not None
    assert change.order.customer is None
    assert not change.order.is_paid
    assert change.order.is_test


def test_a_new_field_is_noticed_once_and_kept(caplog: pytest.LogCaptureFixture) -> None:
    odd = CUSTOMER | {"loyalty_score": 7, "bob@example.com": 1}
    parsed("customers/update", odd)
    (change,) = parsed("customers/update", odd)
    assert change.customer is not None
    assert change.customer.raw["loyalty_score"] == 7
    assert caplog.text.count("loyalty_score") == 1
    assert "bob@" not in caplog.text


@pytest.mark.parametrize(
    ("topic", "body", "changes"),
    [
        (
            "customer.tags_added",
            {"customerId": "gid://shopify/Customer/1", "tags": ["tag1"], "occurredAt": "2026-11-25T05:00:00.000Z"},
            [("customer", "tags", "1")],
        ),
        (
            "customers_email_marketing_consent/update",
            {"customer_id": 7, "email_address": "a@b.c", "email_marketing_consent": {"state": "not_subscribed"}},
            [("customer", "consent", "7")],
        ),
        (
            "customers_marketing_consent/update",
            {"id": 7, "phone": None, "sms_marketing_consent": {"state": None}},
            [("customer", "consent", "7")],
        ),
        (
            "customers/purchasing_summary",
            {"customerId": "gid://shopify/Customer/9", "numberOfOrders": 1, "amountSpent": {"amount": "1.00"}},
            [("customer", "totals", "9")],
        ),
        (
            "customers/merge",
            {
                "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
                "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
                "admin_graphql_api_job_id": None,
                "status": "completed",
                "errors": [],
            },
            [("customer", "merged", "1")],
        ),
        (
            "customers/merge",
            {
                "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
                "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
                "status": "failed",
            },
            [],
        ),
        (
            "customers/redact",
            {"shop_id": 1, "shop_domain": SHOP, "customer": {"id": 191167, "email": "a@b.c"}, "orders_to_redact": []},
            [("customer", "redact", "191167")],
        ),
        (
            "customers/data_request",
            {"shop_id": 1, "customer": {"id": 191167}, "data_request": {"id": 9999}},
            [("customer", "data_request", "191167")],
        ),
        ("shop/redact", {"shop_id": 954889, "shop_domain": SHOP}, [("integration", "redact", SHOP)]),
        ("app/uninstalled", {"id": 548380009, "name": "Shop"}, [("integration", "uninstalled", SHOP)]),
        ("orders/delete", {"id": 820982911946154508}, [("order", "deleted", "820982911946154508")]),
        ("segments/create", {"id": 1}, []),
        ("products/update", {"id": 1}, []),
    ],
)
def test_each_topic_says_what_has_changed(
    topic: str, body: dict[str, Any], changes: list[tuple[str, str, str]]
) -> None:
    assert [(change.kind, change.action, change.id) for change in parsed(topic, body)] == changes


def test_a_merge_is_one_change_that_says_who_went_into_whom() -> None:
    merged = {
        "admin_graphql_api_customer_kept_id": "gid://shopify/Customer/1",
        "admin_graphql_api_customer_deleted_id": "gid://shopify/Customer/2",
        "status": "completed",
    }
    assert parsed("customers/merge", merged) == [
        RemoteChange("customer", "merged", ExternalId("1"), absorbed=(ExternalId("2"),))
    ]


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"id": None},
        {"id": 7.064055069303701e17},
        {"id": "abc"},
        CUSTOMER | {"admin_graphql_api_id": "gid://shopify/Customer/", "id": ""},
        CUSTOMER | {"updated_at": "yesterday"},
        CUSTOMER | {"updated_at": "2026-11-25T11:59:58"},
        CUSTOMER | {"email": ["a"]},
    ],
)
def test_a_customer_who_cannot_be_read_is_malformed(body: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequest) as caught:
        parsed("customers/update", body)
    assert "bob" not in str(caught.value)
    assert caught.value.__cause__ is None or "bob" not in str(caught.value.__cause__)


@pytest.mark.parametrize("amount", ["NaN", "1e999999", "a lot", "", None, "1" * 40])
def test_an_amount_that_is_none_is_malformed(amount: str | None) -> None:
    with pytest.raises(MalformedRequest):
        parsed("orders/paid", ORDER | {"total_price": amount})


def test_the_bytes_are_kept_as_they_came() -> None:
    delivery = CONNECTOR.verify_webhook(HEADERS, BODY)
    assert CONNECTOR.parse_webhook(replace(delivery, body=b'{"id": 12}'))[0].id == "12"


def test_a_compliance_webhook_tells_whom_it_is_about_and_which_request_it_is() -> None:
    """Bodies of shopify.dev, privacy-law-compliance."""
    told = {
        "shop_id": 954889,
        "shop_domain": SHOP,
        "orders_requested": [299938, 280263],
        "customer": {"id": 191167, "email": "john@example.com", "phone": "555-625-1199"},
        "data_request": {"id": 9999},
    }
    (change,) = parsed("customers/data_request", told)
    assert (change.id, change.reference, change.orders) == ("191167", "9999", ("299938", "280263"))
    assert change.customer
    assert (change.customer.emails, change.customer.phones) == (("john@example.com",), ("555-625-1199",))
    redact = {"customer": {"id": 191167}, "orders_to_redact": [299938]}
    (change,) = parsed("customers/redact", redact)
    assert (change.orders, change.reference) == (("299938",), None)
    assert change.customer
    assert change.customer.emails == ()


@pytest.mark.parametrize("told", [{}, {"customer": {}}, {"customer": {"id": 1}, "orders_to_redact": ["x"]}])
def test_a_compliance_webhook_that_says_nothing_is_malformed(told: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequest):
        parsed("customers/redact", told)


def test_an_order_tells_where_it_goes() -> None:
    order = {
        "id": 1,
        "name": "#1",
        "created_at": "2026-11-25T12:00:00Z",
        "updated_at": "2026-11-25T12:00:00Z",
        "currency": "USD",
        "total_price": "10.00",
        "shipping_address": {"address1": "1 Main St", "city": "Napa", "province_code": "CA", "latitude": 38.3},
    }
    (change,) = parsed("orders/create", order)
    assert change.order
    assert change.order.address == {"address1": "1 Main St", "city": "Napa", "province": "CA"}
