"""Webhooks on their way out: to whom, with which headers, signed over the raw bytes."""

import base64
import hashlib
import hmac
import json
import uuid
from collections.abc import Iterator

from infra.local.partners.clock import iso_ms
from infra.local.partners.shopify.records import Subscription
from infra.local.partners.shopify.schema import API_VERSION
from infra.local.partners.shopify.shop import Event, Shop
from infra.local.partners.shopify.subscriptions import TOPICS
from infra.local.partners.webhooks import Attempt, Delivery

RETRY_DELAYS_S = (60, 120, 300, 600, 1200, 2400, 3600, 6120)
"""Eight retries within four hours (Shopify's changelog of September 2024), ever further apart."""
LOST = "lost"
"""The error of an attempt that the network was told to lose."""


def sign(secret: str, body: bytes) -> str:
    """`X-Shopify-Hmac-Sha256`."""
    return base64.b64encode(hmac.new(secret.encode(), body, hashlib.sha256).digest()).decode()


def deliveries(shop: Shop, secret: str, event: Event) -> Iterator[Delivery]:
    """One for each subscription of the event's topic."""
    for number in sorted(shop.subscriptions.live.found("topic", event.topic)):
        subscription = shop.subscriptions.get(number)
        if subscription is not None:
            yield _delivery(shop, secret, event, subscription)


def _delivery(shop: Shop, secret: str, event: Event, subscription: Subscription) -> Delivery:
    fields = subscription.include_fields
    payload = {name: event.payload[name] for name in fields if name in event.payload} if fields else event.payload
    body = json.dumps(payload, ensure_ascii=False, separators=(",", ":")).encode()
    topic = TOPICS[event.topic]
    headers = {
        "Content-Type": "application/json",
        "X-Shopify-Topic": topic,
        "X-Shopify-Hmac-Sha256": sign(secret, body),
        "X-Shopify-Shop-Domain": shop.domain,
        "X-Shopify-API-Version": API_VERSION,
        "X-Shopify-Webhook-Id": str(uuid.uuid4()),
        "X-Shopify-Event-Id": event.event_id,
        "X-Shopify-Triggered-At": iso_ms(event.occurred_at),
        **({"X-Shopify-Name": subscription.name} if subscription.name else {}),
    }
    return Delivery(subscription.uri, headers, body, topic, str(subscription.number))


def has_given_up(attempt: Attempt) -> bool:
    """Whether a delivery has failed for good, after which its subscription is deleted. What the network of the double
    was told to lose counts as delivered: Shopify would know no better."""
    return attempt.is_last and not attempt.succeeded and attempt.error != LOST
