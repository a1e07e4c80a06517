"""Webhooks of a shop: what is subscribed to, and who has signed a delivery."""

import base64
import hashlib
import hmac
import json
from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime

from pydantic import ValidationError

from customerhub.connectors.base import plain_words
from customerhub.connectors.payload import places_of
from customerhub.connectors.shopify.client import ShopifyClient
from customerhub.connectors.shopify.documents import WEBHOOK_CREATE, WEBHOOK_DELETE, WEBHOOKS
from customerhub.connectors.shopify.ids import from_external_id, to_external_id
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
    "CUSTOMERS_ENABLE": "customers/enable",
    "CUSTOMERS_DISABLE": "customers/disable",
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
RECORD_NAMES = ("id", "customerId", "customer_id", "admin_graphql_api_customer_kept_id")
"""Where bodies say which record they are about."""
SHOP_DOMAIN = "x-shopify-shop-domain"
OPTIONAL_TOPICS = frozenset({"CUSTOMERS_MERGE"})
"""Needs a scope of its own (`read_customer_merge`): done without where the app has it not."""
ACCESS_DENIED = "access_denied"
"""Why the client says that credentials are refused of which only a scope is missing."""


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
        as good. Raises PartnerRefused, once all were tried, with the topics that Shopify will not report: one that the
        app has no scope for keeps none of the others from being reported."""
        known = {subscription.topic for subscription in self.list() if subscription.url == url}
        missing = {name: topic for name, topic in TOPICS.items() if topic not in known}
        refused = {topic: why for name, topic in missing.items() if (why := self._create(name, url))}
        if refused:
            shown = f"Shopify refuses to report {', '.join(refused)}: {plain_words(dict.fromkeys(refused.values()))}"
            raise PartnerRefused(shown, reason="webhook_refused", fields=tuple(refused))
        return [subscription for subscription in self.list() if subscription.url == url]

    def unregister(self, url: str) -> None:
        """Delete those that report to `url`. One that is gone already is as good. Raises PartnerRefused where any of
        them stays."""
        for subscription in self.list():
            if subscription.url == url:
                self._client.mutate(WEBHOOK_DELETE, {"id": from_external_id("WebhookSubscription", subscription.id)})
        if left := [subscription.topic for subscription in self.list() if subscription.url == url]:
            raise PartnerRefused(f"Shopify goes on reporting {plain_words(left)}", reason="webhook_refused")

    def _create(self, topic: str, url: str) -> str | None:
        """None where it is there now, or where nobody misses it; else why it is not."""
        try:
            created = self._client.mutate(
                WEBHOOK_CREATE, {"topic": topic, "subscription": {"uri": url, "format": "JSON"}}
            )
        except (CredentialsRefused, PartnerRefused) as refused:
            if isinstance(refused, CredentialsRefused) and refused.reason != ACCESS_DENIED:
                raise
            return None if topic in OPTIONAL_TOPICS else refused.message
        errors = [error.message for error in created.errors if "taken" not in error.message.casefold()]
        return plain_words(errors) if errors and topic not in OPTIONAL_TOPICS else None


def verify_webhook(
    headers: Mapping[str, str], body: bytes, *, account: str, secrets: Sequence[str]
) -> VerifiedDelivery:
    """Check the signature, over the raw bytes, against the app's secret and the one before it; then that the delivery
    is of this shop: its domain is not signed, and all shops of an app share the secret.

    Deliveries of one event about one record are the same by X-Shopify-Event-Id, which is one merchant action's; where
    it is missing by X-Shopify-Webhook-Id, which may change from one attempt to the next; else by their bytes.
    """
    signature = headers.get("x-shopify-hmac-sha256", "").encode("utf-8", "replace")
    if not _is_signed(body, signature, secrets):
        raise Unauthenticated("the webhook's signature is missing or wrong", code="invalid_signature")
    return read_event(headers, body, account=account)


def named_account(headers: Mapping[str, str]) -> str:
    """The shop that a delivery names. Raises MalformedRequest."""
    return _required(headers, SHOP_DOMAIN)


def read_event(headers: Mapping[str, str], body: bytes, *, account: str) -> VerifiedDelivery:
    """The same of what came over EventBridge, where nothing is signed: only Shopify can put something on its source,
    whose metadata are the headers."""
    topic = _required(headers, "x-shopify-topic")
    if named_account(headers).casefold() != account.casefold():
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
        return "/".join((account, topic, event, *_records(body)))
    if webhook := headers.get("x-shopify-webhook-id"):
        return f"{account}/{webhook}"
    return f"{account}/{topic}/sha256:{hashlib.sha256(body).hexdigest()}"


def _records(body: bytes) -> Iterator[str]:
    """What the body is about, as far as it can be read: one action of a merchant's may concern many records."""
    try:
        told = json.loads(body)
    except (ValueError, RecursionError):
        return
    if isinstance(told, dict):
        yield from (str(told[name]) for name in RECORD_NAMES if isinstance(told.get(name), str | int))


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
