"""Tells subscribers what has happened in the shop."""

from infra.local.partners.shopify.deliveries import RETRY_DELAYS_S, deliveries, has_given_up
from infra.local.partners.shopify.shop import Shop
from infra.local.partners.webhooks import Attempt, Delivery, WebhookSender


class Broadcast:
    """Hands the shop's events to the sender, signed with the app's secret."""

    def __init__(self, shop: Shop, secret: str, sender: WebhookSender) -> None:
        self._shop = shop
        self._secret = secret
        self._sender = sender
        sender.retry_delays_s = RETRY_DELAYS_S

    def send_news(self) -> None:
        """Send whatever has happened since this was called last."""
        for event in self._shop.take_events():
            for delivery in deliveries(self._shop, self._secret, event):
                self._sender.send(delivery)

    def delivered(self, delivery: Delivery, attempt: Attempt) -> None:
        """A subscription of which a delivery was given up is deleted."""
        if has_given_up(attempt):
            self._shop.subscriptions.remove(int(delivery.subscription))
