"""Webhooks of a shop: what is subscribed to, and who has signed a delivery."""

import base64
import hashlib
import hmac
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError

from customerhub.connectors.base import plain_words
from customerhub.connectors.payload import places_of
from customerhub.connectors.shopify.client import ShopifyClient
from customerhub.connectors.shopify.documents import WEBHOOK_CREATE, WEBHOOKS
from customerhub.connectors.shopify.ids import to_external_id
from customerhub.connectors.shopify.pages import PageReader
from customerhub.connectors.shopify.payloads import ShopifyWebhookPayload
from customerhub.domain.remote import VerifiedDelivery, WebhookSubscription
from customerhub.errors import (
    CredentialsRefused,
    MalformedRequest,
    PartnerRefused,
    PartnerUnavailable,
    Unauthenticated,
)

TOPICS = {
    "CUSTOMERS_CREATE": "customers/create",
    "CUSTOMERS_UPDATE": "customers/update",
    "CUSTOMERS_DELETE": "customers/delete",
    "CUSTOMERS_MERGE": "customers/merge",
    "CUSTOMER_TAGS_ADDED": "customer.tags_added",
    "CUSTOMER_TAGS_REMOVED": "customer.tags_removed",
    "CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE": "customers_email_marketing_consent/update",
    "CUSTOMERS_MARKETING_CONSENT_UPDATE": "customers_marketing_consent/update",
    "ORDERS_CREATE": "orders/create",
    "ORDERS_PAID": "orders/paid",
    "ORDERS_UPDATED": "orders/updated",
    "ORDERS_CANCELLED": "orders/cancelled",
    "ORDERS_DELETE": "orders/delete",
    "APP_UNINSTALLED": "app/uninstalled",
}
"""What is subscribed to: Shopify's name in the API, and in a delivery."""
OPTIONAL_TOPICS = frozenset({"CUSTOMERS_MERGE"})
"""Needs a scope of its own (`read_customer_merge`): done without where the app has it not."""


class ShopifyWebhooks:
    """The subscriptions of one shop, as far as they were made over the API."""

    def __init__(self, client: ShopifyClient) -> None:
        self._client = client
        self._pages = PageReader(client, WEBHOOKS, "webhookSubscriptions", rows=100)

    def list(self) -> Sequence[WebhookSubscription]:
        """All of them, whomever they report to."""
        return [_to_subscription(node) for node in self._pages.everything()]

    def register(self, url: str) -> Sequence[WebhookSubscription]:
        """Those that report to `url`, with what was missing created. Creating one twice is refused by Shopify, which is
        as good."""
        known = {subscription.topic for subscription in self.list() if subscription.url == url}
        for name, topic in TOPICS.items():
            if topic not in known:
                self._create(name, url)
        return [subscription for subscription in self.list() if subscription.url == url]

    def _create(self, topic: str, url: str) -> None:
        try:
            created = self._client.mutate(
                WEBHOOK_CREATE, {"topic": topic, "subscription": {"uri": url, "format": "JSON"}}
            )
        except CredentialsRefused:
            if topic in OPTIONAL_TOPICS:
                return
            raise
        errors = [error for error in created.errors if "taken" not in error.message.casefold()]
        if errors and topic not in OPTIONAL_TOPICS:
            shown = plain_words(error.message for error in errors)
            raise PartnerRefused(f"Shopify refuses to report {TOPICS[topic]}: {shown}", reason="webhook_refused")


def verify_webhook(
    headers: Mapping[str, str], body: bytes, *, account: str, secrets: Sequence[str]
) -> VerifiedDelivery:
    """Check the signature, over the raw bytes, against the app's secret and the one before it; then that the delivery
    is of this shop: its domain is not signed, and all shops of an app share the secret.

    Deliveries of one event are the same by X-Shopify-Event-Id; where it is missing by X-Shopify-Webhook-Id, which may
    change from one attempt to the next; else by their bytes.
    """
    signature = headers.get("x-shopify-hmac-sha256", "").encode("utf-8", "replace")
    if not _is_signed(body, signature, secrets):
        raise Unauthenticated("the webhook's signature is missing or wrong", code="invalid_signature")
    topic = _required(headers, "x-shopify-topic")
    if _required(headers, "x-shopify-shop-domain").casefold() != account.casefold():
        raise Unauthenticated("the webhook is another shop's", code="invalid_signature")
    return VerifiedDelivery(
        account=account,
        topic=topic,
        event_id=_event_id(headers, account, topic, body),
        body=body,
        occurred_at=_moment(headers.get("x-shopify-triggered-at")),
    )


def _is_signed(body: bytes, signature: bytes, secrets: Sequence[str]) -> bool:
    """Every secret is tried, whichever fits."""
    fits = [
        hmac.compare_digest(base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)), signature)
        for secret in secrets
    ]
    return any(fits)


def _required(headers: Mapping[str, str], name: str) -> str:
    value = headers.get(name)
    if not value:
        raise MalformedRequest(f"the header {name} is missing", field=name)
    return value


def _event_id(headers: Mapping[str, str], account: str, topic: str, body: bytes) -> str:
    if event := headers.get("x-shopify-event-id"):
        return f"{account}/{topic}/{event}"
    if webhook := headers.get("x-shopify-webhook-id"):
        return f"{account}/{webhook}"
    return f"{account}/{topic}/sha256:{hashlib.sha256(body).hexdigest()}"


def _moment(told: str | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(told) if told else None
    except ValueError:
        return None
    return moment.astimezone(UTC) if moment and moment.tzinfo else None


def _to_subscription(node: Mapping[str, object]) -> WebhookSubscription:
    try:
        told = ShopifyWebhookPayload.model_validate(node)
    except ValidationError as error:
        raise PartnerUnavailable(f"Shopify answered a subscription that cannot be read: {places_of(error)}") from error
    return WebhookSubscription(to_external_id(told.id), TOPICS.get(told.topic, told.topic), told.uri)
