"""What staff does in the Shopify double beyond customers and orders: merging, accounts, consents, products, the app."""

import json
from typing import Any

import httpx
import pytest

from infra.local.partners.shopify.subscriptions import TOPICS
from tests.support.shopify import TOKENS, Json, ShopifyCaller
from tests.support.webhook_catcher import WebhookCatcher, catching

SUBSCRIBE = """
mutation($topic: WebhookSubscriptionTopic!, $uri: String!) {
  webhookSubscriptionCreate(topic: $topic, webhookSubscription: {uri: $uri}) {
    webhookSubscription { id } userErrors { field message }
  }
}
"""
CUSTOMER = "query($id: ID!) { customer(id: $id) { id email state tags orders(first: 9) { nodes { id } } } }"
PRODUCTS = """
query($query: String, $first: Int!) {
  products(first: $first, query: $query, sortKey: UPDATED_AT) { nodes { id title status vendor productType } }
}
"""
EVENT_SOURCE = "arn:aws:events:us-west-2::event-source/aws.partner/shopify.com/12345/hub"


def subscribe(shopify: ShopifyCaller, uri: str, *topics: str) -> None:
    for topic in topics:
        shopify.done(SUBSCRIBE, topic=topic, uri=uri)


def told(catcher: WebhookCatcher, count: int) -> list[tuple[str, Json]]:
    return [(headers["x-shopify-topic"], json.loads(body)) for headers, body in catcher.settled(count)]


def test_two_customers_become_one(shopify: ShopifyCaller) -> None:
    loser = shopify.customer("old@example.com", firstName="Ann", tags=["VIP"], phone="+17079631234")
    keeper = shopify.customer("new@example.com", tags=["Club"])
    order = shopify.control("POST", "orders", {"customerId": loser["id"], "totalCents": 100})
    with catching() as catcher:
        subscribe(
            shopify, catcher.url, "CUSTOMERS_MERGE", "CUSTOMERS_DELETE", "CUSTOMERS_UPDATE", "CUSTOMER_TAGS_ADDED"
        )
        merged = shopify.control("POST", f"customers/{loser['id']}/merge", {"into": keeper["id"]})
        news = dict(told(catcher, 4))

    assert (merged["id"], merged["email"], merged["phone"]) == (keeper["id"], "new@example.com", "+17079631234")
    assert news["customers/merge"]["admin_graphql_api_customer_kept_id"] == keeper["id"]
    assert news["customers/merge"]["admin_graphql_api_customer_deleted_id"] == loser["id"]
    assert (news["customers/merge"]["status"], news["customers/merge"]["errors"]) == ("completed", [])
    assert news["customers/delete"]["admin_graphql_api_id"] == loser["id"]
    assert news["customers/update"]["admin_graphql_api_id"] == keeper["id"]
    assert news["customer.tags_added"]["tags"] == ["VIP"]
    assert shopify.data(CUSTOMER, id=loser["id"]) is None
    seen = shopify.data(CUSTOMER, id=keeper["id"])
    assert seen["tags"] == ["Club", "VIP"]
    assert seen["orders"]["nodes"] == [{"id": order["id"]}]


def test_a_customer_is_not_merged_with_itself_or_nobody(shopify: ShopifyCaller) -> None:
    ann = shopify.customer("a@example.com")["id"]
    assert shopify.partner.control("POST", f"customers/{ann}/merge", {"into": ann}).status_code == 422
    nobody = {"into": "gid://shopify/Customer/1"}
    assert shopify.partner.control("POST", f"customers/{ann}/merge", nobody).status_code == 404
    assert shopify.data(CUSTOMER, id=ann) is not None


def test_accounts_are_opened_and_closed(shopify: ShopifyCaller) -> None:
    ann = shopify.customer("a@example.com")["id"]
    with catching() as catcher:
        subscribe(shopify, catcher.url, "CUSTOMERS_ENABLE", "CUSTOMERS_DISABLE")
        for state in ("INVITED", "ENABLED", "ENABLED", "DISABLED"):
            assert shopify.control("POST", f"customers/{ann}/state", {"state": state})["state"] == state
        news = told(catcher, 2)
    assert [(topic, body["state"]) for topic, body in news] == [
        ("customers/enable", "enabled"),
        ("customers/disable", "disabled"),
    ]
    assert shopify.data(CUSTOMER, id=ann)["state"] == "DISABLED"


def test_consents_are_given_by_channel(shopify: ShopifyCaller) -> None:
    ann = shopify.customer("a@example.com")["id"]
    with catching() as catcher:
        subscribe(
            shopify, catcher.url, "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE", "CUSTOMERS_MARKETING_CONSENT_UPDATE"
        )
        assert shopify.partner.control("POST", f"customers/{ann}/consent", {"sms": "SUBSCRIBED"}).status_code == 422
        shopify.control("PATCH", f"customers/{ann}", {"phone": "+17079631234"})
        seen = shopify.control("POST", f"customers/{ann}/consent", {"email": "SUBSCRIBED", "sms": "UNSUBSCRIBED"})
        news = dict(told(catcher, 2))
    assert (seen["emailMarketingState"], seen["smsMarketingState"]) == ("SUBSCRIBED", "UNSUBSCRIBED")
    assert news["customers_email_marketing_consent/update"]["email_marketing_consent"]["state"] == "subscribed"
    assert news["customers_marketing_consent/update"]["sms_marketing_consent"]["state"] == "unsubscribed"


def test_products_are_listed_by_their_changes(shopify: ShopifyCaller) -> None:
    first = shopify.control("POST", "products", {"title": "First", "vendor": "Estate", "kind": "Wine"})
    shopify.advance(60)
    second = shopify.control("POST", "products", {"title": "Second", "status": "DRAFT"})
    shopify.advance(60)
    since = shopify.control("GET", "clock")["now"][:19] + "Z"
    shopify.control("PATCH", f"products/{first['id']}", {"title": "Changed"})
    found = shopify.data(PRODUCTS, first=10)["nodes"]
    assert [one["title"] for one in found] == ["Second", "Changed"]
    assert (found[1]["vendor"], found[1]["productType"], found[0]["status"]) == ("Estate", "Wine", "DRAFT")
    changed = shopify.data(PRODUCTS, first=10, query=f"updated_at:>='{since}'")["nodes"]
    assert [one["id"] for one in changed] == [first["id"]]
    shopify.control("DELETE", f"products/{second['id']}")
    assert len(shopify.data(PRODUCTS, first=10)["nodes"]) == 1


@pytest.mark.parametrize(
    "fields", [{}, {"title": "A", "status": "SOLD"}, {"title": "A", "variants": []}, {"name": "A"}]
)
def test_a_product_that_makes_no_sense_is_refused(shopify: ShopifyCaller, fields: dict[str, Any]) -> None:
    assert shopify.partner.control("POST", "products", fields).status_code == 422


def test_products_need_their_scope(shopify: ShopifyCaller) -> None:
    shopify.configure(scopes=["read_customers"])
    assert shopify.refused(PRODUCTS, first=1)["extensions"]["code"] == "ACCESS_DENIED"


def test_an_app_that_is_thrown_out_hears_of_it_and_may_do_nothing(shopify: ShopifyCaller) -> None:
    with catching() as catcher:
        subscribe(shopify, catcher.url, "APP_UNINSTALLED", "CUSTOMERS_CREATE")
        shopify.control("POST", "uninstall")
        ((topic, body),) = told(catcher, 1)
        shopify.customer("a@example.com")
        assert len(catcher.settled()) == 1, "its subscriptions are gone"
    assert (topic, body["myshopify_domain"]) == ("app/uninstalled", shopify.partner.credentials["shop_domain"])
    assert shopify.post("{ shop { id } }").status_code == 401
    known = shopify.partner.credentials
    asked = {"client_id": known["client_id"], "client_secret": known["client_secret"]}
    granted = shopify.http.post(TOKENS, json={**asked, "grant_type": "client_credentials"})
    assert (granted.status_code, granted.json()["error"]) == (400, "app_not_installed")
    shopify.partner.stop()
    shopify.partner.start()
    assert shopify.post("{ shop { id } }").status_code == 401
    shopify.control("POST", "install")
    assert shopify.data("{ shop { id } }")
    assert shopify.control("GET", "state")["subscriptions"] == []


def test_what_goes_to_eventbridge_is_kept_as_it_would_be_given(shopify: ShopifyCaller) -> None:
    subscribe(shopify, EVENT_SOURCE, "CUSTOMERS_CREATE")
    made = shopify.customer("a@example.com")
    (event,) = shopify.control("GET", "events")["events"]
    assert event["source"] == "aws.partner/shopify.com/12345/hub"
    assert event["detail"]["payload"]["admin_graphql_api_id"] == made["id"]
    metadata = event["detail"]["metadata"]
    assert metadata["X-Shopify-Topic"] == "customers/create"
    assert metadata["X-Shopify-Shop-Domain"] == shopify.partner.credentials["shop_domain"]
    assert "X-Shopify-Hmac-Sha256" not in metadata
    refused = shopify.data(SUBSCRIBE, topic="CUSTOMERS_CREATE", uri="arn:aws:sqs:us-west-2:1:queue")
    assert refused["userErrors"]


def test_every_topic_of_the_double_is_one_of_shopifys(shopify: ShopifyCaller) -> None:
    subscribe(shopify, "https://hub.example.com/hooks", *TOPICS)
    assert len(shopify.control("GET", "state")["subscriptions"]) == len(TOPICS)


def test_a_file_is_no_part_of_the_api(shopify: ShopifyCaller) -> None:
    assert httpx.get(f"{shopify.partner.url}/bulk/1.jsonl", trust_env=False).status_code == 403
