"""What can be done to webhook subscriptions, and which topics the double reports."""

import re
from collections.abc import Mapping
from dataclasses import replace
from ipaddress import ip_address
from typing import Any
from urllib.parse import urlsplit

from infra.local.partners.shopify.records import Subscription
from infra.local.partners.shopify.refusals import NotModelled, Problem, Refused
from infra.local.partners.shopify.shop import Shop

EVENT_SOURCE = re.compile(r"arn:aws:events:[a-z0-9-]+::event-source/(aws\.partner/shopify\.com/[\w.-]+/[\w.-]+)")
"""The ARN of an event source that Shopify has made in somebody's AWS account."""
TOPICS = {
    "APP_UNINSTALLED": "app/uninstalled",
    "BULK_OPERATIONS_FINISH": "bulk_operations/finish",
    "CUSTOMERS_CREATE": "customers/create",
    "CUSTOMERS_DELETE": "customers/delete",
    "CUSTOMERS_DISABLE": "customers/disable",
    "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE": "customers_email_marketing_consent/update",
    "CUSTOMERS_ENABLE": "customers/enable",
    "CUSTOMERS_MARKETING_CONSENT_UPDATE": "customers_marketing_consent/update",
    "CUSTOMERS_MERGE": "customers/merge",
    "CUSTOMERS_UPDATE": "customers/update",
    "CUSTOMER_TAGS_ADDED": "customer.tags_added",
    "CUSTOMER_TAGS_REMOVED": "customer.tags_removed",
    "DISCOUNTS_CREATE": "discounts/create",
    "DISCOUNTS_DELETE": "discounts/delete",
    "DISCOUNTS_UPDATE": "discounts/update",
    "ORDERS_CANCELLED": "orders/cancelled",
    "ORDERS_CREATE": "orders/create",
    "ORDERS_DELETE": "orders/delete",
    "ORDERS_PAID": "orders/paid",
    "ORDERS_UPDATED": "orders/updated",
    "SEGMENTS_CREATE": "segments/create",
    "SEGMENTS_DELETE": "segments/delete",
    "SEGMENTS_UPDATE": "segments/update",
}
"""The API's name of a topic to the header's. The double knows what can be subscribed to; it has no merging of its own
and is never uninstalled, so that those two stay silent."""


def create_subscription(shop: Shop, topic: str, told: Mapping[str, Any]) -> Subscription:
    """Subscribe. Raises `Refused`."""
    if topic not in TOPICS:
        raise NotModelled(f"the webhook topic {topic}")
    now = shop.now()
    uri = told.get("uri") or told.get("callbackUrl")
    if not uri:
        raise Refused(Problem(("webhookSubscription", "uri"), "Address can't be blank", "BLANK"))
    subscription = _changed(Subscription(shop.new_number(), topic, uri, now, now), told)
    _check(shop, subscription)
    shop.subscriptions.put(subscription)
    return subscription


def change_subscription(shop: Shop, known: Subscription, told: Mapping[str, Any]) -> Subscription:
    """Change what is told. Raises `Refused`."""
    changed = _changed(known, told)
    if changed == known:
        return known
    changed = replace(changed, updated_at=shop.now())
    _check(shop, changed)
    shop.subscriptions.put(changed)
    return changed


def _changed(known: Subscription, told: Mapping[str, Any]) -> Subscription:
    if told.get("format") == "XML":
        raise NotModelled("webhooks in XML")
    uri = told.get("uri") or told.get("callbackUrl") or known.uri
    fields = told.get("includeFields")
    return replace(
        known,
        uri=uri,
        include_fields=known.include_fields if fields is None else tuple(fields),
        name=told.get("name", known.name),
    )


def _check(shop: Shop, subscription: Subscription) -> None:
    path = ("webhookSubscription", "uri")
    if subscription.uri.startswith("pubsub:"):
        raise NotModelled("webhooks to Pub/Sub")
    if not (EVENT_SOURCE.fullmatch(subscription.uri) or _is_secure(subscription.uri)):
        raise Refused(Problem(path, "Address is not a valid URL, or does not use https"))
    found = shop.subscriptions.live.first("address", f"{subscription.topic} {subscription.uri}")
    if found is not None and found.number != subscription.number:
        raise Refused(Problem(path, "Address for this topic has already been taken", "TAKEN"))


def _is_secure(uri: str) -> bool:
    """Over TLS, as Shopify wants it, or to this machine."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return False
    if not parts.hostname:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and _is_loopback(parts.hostname))


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
