"""The Shopify double as a whole: faults, what survives a stop, many records at once."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.local.partners.catalogue import PartnerName
from infra.local.partners.processes import running_partner
from tests.support.shopify import SET, TOKENS, ShopifyCaller

SHOP = "{ shop { id } }"


@pytest.fixture
def own(tmp_path: Path) -> Iterator[ShopifyCaller]:
    """A double of this test alone."""
    with running_partner(PartnerName.SHOPIFY, tmp_path) as partner:
        caller = ShopifyCaller(partner)
        with caller.http:
            yield caller


def test_a_stopped_double_goes_on_with_what_it_knew(own: ShopifyCaller) -> None:
    segment = """
    mutation { segmentCreate(name: "Gold", query: "customer_tags CONTAINS 'gold'") {
      segment { id } userErrors { field message }
    } }
    """
    discount = """
    mutation($segment: ID!) {
      discountAutomaticBasicCreate(automaticBasicDiscount: {
        title: "Gold", startsAt: "2026-01-01T00:00:00Z", customerGets: {value: {percentage: 0.2}, items: {all: true}},
        context: {customerSegments: {add: [$segment]}}
      }) { userErrors { field message } }
    }
    """
    webhook = """
    mutation { webhookSubscriptionCreate(topic: ORDERS_PAID, webhookSubscription: {uri: "https://h.example.com/"}) {
      userErrors { field message }
    } }
    """
    own.done(discount, segment=own.done(segment)["segment"]["id"])
    own.done(webhook)
    own.set({"email": "ada@example.com", "tags": ["gold"], "addresses": [{"city": "Napa"}]})
    own.control("POST", "orders", {"email": "ada@example.com", "totalCents": 2550})
    own.control("POST", "products", {"title": "Estate Red"})
    own.configure(searchLagSeconds=5, bucketSize=500)
    own.advance(3600)
    tokens = own.control("POST", "tokens", {})
    before = own.control("GET", "state")

    own.partner.stop()
    with pytest.raises(httpx.ConnectError):
        own.ask(SHOP)
    own.partner.start()

    after = own.control("GET", "state")
    kept = ("customers", "tags", "orders", "discounts", "segments", "subscriptions", "products", "counts")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["clock"]["now"] > before["clock"]["now"]
    assert own.control("GET", "settings")["searchLagSeconds"] == 5
    assert own.control("GET", "checkout?email=ada@example.com")["discountPercent"] == 20
    assert own.problems(SET, input={"email": "ADA@example.com"}) == [("email", "TAKEN")]
    assert own.set({"email": "bob@example.com"})["id"] > before["customers"][-1]["id"]
    own.token = tokens["access_token"]
    assert own.data(SHOP)


def test_a_dropped_answer_leaves_its_effect(shopify: ShopifyCaller) -> None:
    shopify.control("PUT", "faults", {"mode": "after", "count": 1, "operation": "customerSet"})
    assert shopify.data(SHOP)
    with pytest.raises(httpx.RemoteProtocolError):
        shopify.set({"email": "ada@example.com"})
    assert shopify.emails(None) == ["ada@example.com"]

    shopify.control("PUT", "faults", {"mode": "before", "count": 1, "operation": "customerSet"})
    with pytest.raises(httpx.RemoteProtocolError):
        shopify.set({"email": "bob@example.com"})
    assert shopify.emails(None) == ["ada@example.com"]
    assert shopify.control("GET", "state")["requests"]["byFault"] == {"after": 1, "before": 1}


@pytest.mark.parametrize(
    ("status", "text"),
    [
        (402, "Unavailable Shop"),
        (423, "locked"),
        (429, "Exceeded"),
        (500, "Internal Server Error"),
        (503, "<!DOCTYPE html>"),
        (530, "<!DOCTYPE html>"),
    ],
)
def test_a_status_comes_with_the_body_that_a_shop_sends(shopify: ShopifyCaller, status: int, text: str) -> None:
    shopify.control("PUT", "faults", {"mode": "status", "status": status, "retryAfter": 2.5})
    response = shopify.post(SHOP)
    assert response.status_code == status
    assert text in response.text
    assert response.headers["Retry-After"] == "2.5"


def test_a_revoked_token_is_told_so(shopify: ShopifyCaller) -> None:
    shopify.control("PUT", "faults", {"mode": "revoked"})
    assert shopify.post(SHOP).status_code == 401


def test_calls_are_counted_by_what_they_ask_for(shopify: ShopifyCaller) -> None:
    shopify.control("DELETE", "requests")
    shopify.ask("query A { shop { id } } query B { currentAppInstallation { id } }")
    shopify.data("{ first: shop { id } }")
    shopify.set({"email": "a@example.com"})
    shopify.http.post(TOKENS, json={})
    counts = shopify.control("GET", "state")["requests"]["byOperation"]
    assert counts["customerSet"] == 1
    assert counts["shop"] == 1
    assert counts[f"POST {TOKENS}"] == 1


def test_many_customers_come_at_once(shopify: ShopifyCaller) -> None:
    shopify.customer("ada@example.com")
    shopify.control("POST", "seed", {"customers": 20_000, "orders": 100})
    state = shopify.control("GET", "state?limit=2")
    assert state["counts"]["customers"] == 20_001
    assert state["counts"]["orders"] == 100
    assert state["webhooks"]["created"] == 0
    seeded = state["customers"][1]
    assert shopify.emails(f'email:"{seeded["email"]}"') == [seeded["email"]]
    newest = shopify.customers(sortKey="UPDATED_AT", reverse=True, first=5)
    assert len({customer["updatedAt"] for customer in newest}) >= 4
    assert seeded["numberOfOrders"] == 1


@pytest.mark.parametrize(
    ("method", "path", "body", "fields"),
    [
        ("POST", "customers", {"email": "no mail"}, ["email"]),
        ("POST", "customers", {"email": "ada@example.com"}, ["email"]),
        ("POST", "customers", {"emails": ["a@example.com", "b@example.com"]}, ["emails"]),
        ("POST", "customers", {"nickname": "A"}, ["nickname"]),
        ("POST", "orders", {"email": "no mail", "totalCents": 1}, ["email"]),
        ("PUT", "settings", {"bucketSize": 0}, ["bucketSize"]),
        ("PUT", "settings", {"colour": "red"}, ["colour"]),
        ("POST", "tokens", {"expiring": False}, ["expiring"]),
        ("GET", "checkout", None, ["email"]),
    ],
)
def test_the_control_surface_names_what_is_wrong(
    shopify: ShopifyCaller, method: str, path: str, body: object, fields: list[str]
) -> None:
    shopify.customer("ada@example.com")
    response = shopify.partner.control(method, path, body)
    assert response.status_code == 422
    assert response.json()["fields"] == fields


@pytest.mark.parametrize(
    ("method", "path"), [("PATCH", "customers/1"), ("DELETE", "customers/x"), ("DELETE", "orders/1")]
)
def test_the_control_surface_knows_no_such_record(shopify: ShopifyCaller, method: str, path: str) -> None:
    assert shopify.partner.control(method, path, {}).status_code == 404
