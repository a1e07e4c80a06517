"""Webhooks of the Shopify double: subscriptions, what is told, and the signature over the raw bytes."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping
from typing import Any

import pytest

from tests.support.shopify import Json, ShopifyCaller
from tests.support.webhook_catcher import WebhookCatcher, catching

SUBSCRIBE = """
mutation($topic: WebhookSubscriptionTopic!, $sub: WebhookSubscriptionInput!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: $sub) {
    webhookSubscription { id topic uri format includeFields apiVersion { handle } }
    userErrors { field message }
  }
}
"""
LIST = """
query($topics: [WebhookSubscriptionTopic!], $uri: String) {
  webhookSubscriptions(first: 50, topics: $topics, uri: $uri) { nodes { id topic uri } }
}
"""
ADD = "mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { userErrors { message } } }"


@pytest.fixture
def catcher() -> Iterator[WebhookCatcher]:
    with catching() as catcher:
        yield catcher


def subscribe(shopify: ShopifyCaller, url: str, *topics: str, **fields: Any) -> list[str]:
    return [
        shopify.done(SUBSCRIBE, topic=topic, sub={"uri": url, **fields})["webhookSubscription"]["id"]
        for topic in topics
    ]


def caught(catcher: WebhookCatcher, count: int) -> list[tuple[Mapping[str, str], Json]]:
    return [(headers, json.loads(body)) for headers, body in catcher.settled(count)]


def test_a_delivery_is_signed_and_says_where_it_comes_from(shopify: ShopifyCaller, catcher: WebhookCatcher) -> None:
    subscribe(shopify, catcher.url, "CUSTOMERS_CREATE", name="hub")
    made = shopify.customer("grüße@example.com", firstName="Ada", tags=["VIP"], phone="+17079631234")
    ((headers, body),) = catcher.settled(1)

    secret = shopify.partner.credentials["webhook_secret"]
    signature = base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()
    assert headers["x-shopify-hmac-sha256"] == signature
    assert headers["x-shopify-topic"] == "customers/create"
    assert headers["x-shopify-shop-domain"] == shopify.partner.credentials["shop_domain"]
    assert headers["x-shopify-api-version"] == "2026-10"
    assert headers["x-shopify-name"] == "hub"
    assert len(headers["x-shopify-webhook-id"]) == len(headers["x-shopify-event-id"]) == 36
    assert headers["x-shopify-triggered-at"].endswith("Z")
    payload = json.loads(body)
    assert payload["admin_graphql_api_id"] == made["id"]
    assert payload["id"] == int(made["id"].rsplit("/", 1)[1])
    assert (payload["email"], payload["first_name"], payload["phone"]) == ("grüße@example.com", "Ada", "+17079631234")
    assert payload.keys().isdisjoint({"tags", "email_marketing_consent", "orders_count", "total_spent"})


def test_one_action_is_one_event_for_all_its_topics(shopify: ShopifyCaller, catcher: WebhookCatcher) -> None:
    known = shopify.customer("ada@example.com", tags=["old"])["id"]
    subscribe(shopify, catcher.url, "CUSTOMERS_UPDATE", "CUSTOMER_TAGS_ADDED", "CUSTOMER_TAGS_REMOVED")
    subscribe(shopify, f"{catcher.url}/more", "CUSTOMERS_UPDATE")
    shopify.control("PATCH", f"customers/{known}", {"tags": ["new", "newer"]})
    first = caught(catcher, 4)

    assert sorted(headers["x-shopify-topic"] for headers, _ in first) == [
        "customer.tags_added",
        "customer.tags_removed",
        "customers/update",
        "customers/update",
    ]
    assert len({headers["x-shopify-event-id"] for headers, _ in first}) == 1
    assert len({headers["x-shopify-webhook-id"] for headers, _ in first}) == 4
    told = {headers["x-shopify-topic"]: payload for headers, payload in first}
    assert told["customer.tags_added"]["customerId"] == known
    assert told["customer.tags_added"]["tags"] == ["new", "newer"]
    assert told["customer.tags_removed"]["tags"] == ["old"]
    assert "tags" not in told["customers/update"]

    shopify.done(ADD, id=known, tags=["NEW"])
    assert len(catcher.settled()) == 4
    shopify.done(ADD, id=known, tags=["newest"])
    assert caught(catcher, 7)[-1][0]["x-shopify-event-id"] != first[0][0]["x-shopify-event-id"]


def test_orders_and_deletions_are_told(shopify: ShopifyCaller, catcher: WebhookCatcher) -> None:
    topics = ("ORDERS_CREATE", "ORDERS_PAID", "ORDERS_CANCELLED", "ORDERS_DELETE", "CUSTOMERS_DELETE")
    subscribe(shopify, catcher.url, *topics)
    ada = shopify.customer("ada@example.com")["id"]
    order = shopify.control("POST", "orders", {"customerId": ada, "totalCents": 4550, "isCancelled": True})
    shopify.control("DELETE", f"orders/{order['id']}")
    shopify.control("DELETE", f"customers/{ada}")
    told = {headers["x-shopify-topic"]: payload for headers, payload in caught(catcher, 5)}

    assert told.keys() == {"orders/create", "orders/paid", "orders/cancelled", "orders/delete", "customers/delete"}
    paid = told["orders/paid"]
    assert (paid["total_price"], paid["currency"], paid["financial_status"]) == ("45.50", "USD", "paid")
    assert paid["customer"]["admin_graphql_api_id"] == ada
    assert "tags" not in paid["customer"]
    assert paid["tags"] == ""
    assert told["orders/delete"] == {"id": paid["id"]}
    assert told["customers/delete"].keys() == {"id", "admin_graphql_api_id", "tax_exemptions"}


def test_only_the_wanted_fields_are_sent(shopify: ShopifyCaller, catcher: WebhookCatcher) -> None:
    subscribe(shopify, catcher.url, "CUSTOMERS_CREATE", includeFields=["id", "email"])
    shopify.customer("ada@example.com")
    ((_, payload),) = caught(catcher, 1)
    assert payload.keys() == {"id", "email"}


def test_subscriptions_are_listed_changed_and_ended(shopify: ShopifyCaller) -> None:
    url = "https://hub.example.com/hooks"
    first, second = subscribe(shopify, url, "CUSTOMERS_CREATE", "CUSTOMERS_UPDATE")
    taken = shopify.problems(SUBSCRIBE, topic="CUSTOMERS_CREATE", sub={"uri": url})
    assert taken == [("uri", "Address for this topic has already been taken")]
    for sub in ({"uri": "http://hub.example.com"}, {"uri": "ftp://x"}, {"uri": "nothing"}, {}):
        assert shopify.problems(SUBSCRIBE, topic="CUSTOMERS_CREATE", sub=sub)[0][0] == "uri"
    change = """
    mutation($id: ID!, $uri: String) {
      webhookSubscriptionUpdate(id: $id, webhookSubscription: {uri: $uri}) {
        webhookSubscription { uri } userErrors { field message }
      }
    }
    """
    assert shopify.done(change, id=second, uri=f"{url}/2")["webhookSubscription"] == {"uri": f"{url}/2"}
    assert [one["id"] for one in shopify.data(LIST)["nodes"]] == [first, second]
    assert [one["id"] for one in shopify.data(LIST, topics=["CUSTOMERS_UPDATE"])["nodes"]] == [second]
    assert [one["id"] for one in shopify.data(LIST, uri=url)["nodes"]] == [first]
    end = """
    mutation($id: ID!) {
      webhookSubscriptionDelete(id: $id) { deletedWebhookSubscriptionId userErrors { field message } }
    }
    """
    assert shopify.done(end, id=first)["deletedWebhookSubscriptionId"] == first
    assert shopify.problems(end, id=first)[0][0] == "id"
    assert [one["id"] for one in shopify.data(LIST)["nodes"]] == [second]


def test_a_subscriber_who_is_gone_for_four_hours_is_forgotten(shopify: ShopifyCaller, catcher: WebhookCatcher) -> None:
    subscribe(shopify, "http://127.0.0.1:9/nobody", "CUSTOMERS_CREATE")
    subscribe(shopify, catcher.url, "CUSTOMERS_CREATE")
    shopify.control("PUT", "clock", {"speed": 20_000})
    shopify.customer("ada@example.com")
    catcher.wait_until(lambda: len(shopify.data(LIST)["nodes"]) == 1)
    assert shopify.data(LIST)["nodes"][0]["uri"] == catcher.url
    attempts = shopify.control("GET", "state")["webhooks"]["attempts"]
    assert sum(1 for attempt in attempts if attempt["error"]) == 9


def test_what_the_network_loses_ends_no_subscription(shopify: ShopifyCaller) -> None:
    subscribe(shopify, "https://hub.example.com/hooks", "CUSTOMERS_CREATE")
    shopify.control("PUT", "webhooks", {"drop": True})
    for at in range(10):
        shopify.customer(f"{at}@example.com")
    assert len(shopify.data(LIST)["nodes"]) == 1
