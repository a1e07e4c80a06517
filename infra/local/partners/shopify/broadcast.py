"""Tells subscribers what has happened in the shop."""

import json
import uuid
from collections import deque
from collections.abc import Sequence
from typing import Any

from infra.local.partners.shopify.deliveries import RETRY_DELAYS_S, deliveries, has_given_up
from infra.local.partners.shopify.shop import Shop
from infra.local.partners.shopify.subscriptions import EVENT_SOURCE
from infra.local.partners.webhooks import Attempt, Delivery, WebhookSender

KEPT_EVENTS = 1_000


class Broadcast:
    """Hands the shop's events to the sender, signed with the app's secret. What goes to EventBridge is kept instead, as
    AWS would be given it: the double knows no AWS."""

    def __init__(self, shop: Shop, secret: str, sender: WebhookSender) -> None:
        self._shop = shop
        self._secret = secret
        self._sender = sender
        self._events: deque[dict[str, Any]] = deque(maxlen=KEPT_EVENTS)
        sender.retry_delays_s = RETRY_DELAYS_S

    def send_news(self) -> None:
        """Send whatever has happened since this was called last."""
        for event in self._shop.take_events():
            for delivery in deliveries(self._shop, self._secret, event):
                source = EVENT_SOURCE.fullmatch(delivery.url)
                if source is None:
                    self._sender.send(delivery)
                elif self._sender.network.enabled:
                    self._events.append(_event(source[1], delivery))

    def events(self) -> Sequence[dict[str, Any]]:
        """What EventBridge was given, the oldest first."""
        return list(self._events)

    def reset(self) -> None:
        """Forget what EventBridge was given."""
        self._events.clear()

    def delivered(self, delivery: Delivery, attempt: Attempt) -> None:
        """A subscription of which a delivery was given up is deleted."""
        if has_given_up(attempt):
            self._shop.subscriptions.remove(int(delivery.subscription))


def _event(source: str, delivery: Delivery) -> dict[str, Any]:
    """As a rule's target sees it. There is no signature: nobody but Shopify writes to its event source."""
    metadata = {name: value for name, value in delivery.headers.items() if name != "X-Shopify-Hmac-Sha256"}
    return {
        "version": "0",
        "id": str(uuid.uuid4()),
        "detail-type": "shopifyWebhook",
        "source": source,
        "time": metadata["X-Shopify-Triggered-At"],
        "resources": [],
        "detail": {"payload": json.loads(delivery.body), "metadata": metadata},
    }
