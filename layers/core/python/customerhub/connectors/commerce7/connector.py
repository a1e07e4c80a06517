"""Commerce7 behind the port that all connectors have."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from customerhub.connectors.commerce7.client import Commerce7Client, to_credentials
from customerhub.connectors.commerce7.customers import Commerce7Customers
from customerhub.connectors.commerce7.discounts import Commerce7Discounts
from customerhub.connectors.commerce7.orders import Commerce7Orders
from customerhub.connectors.commerce7.tags import Commerce7Tags
from customerhub.connectors.commerce7.webhooks import Commerce7Webhooks, bulk_params
from customerhub.domain.ids import ExternalId
from customerhub.domain.integration import Integration
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.domain.remote import (
    OutgoingCustomer,
    RemoteChange,
    RemoteCustomer,
    RemoteOrder,
    RemotePage,
    VerifiedDelivery,
    WebhookSubscription,
)
from customerhub.ports import Clock
from customerhub.ports.partners import Pacer, ResponseTimes, SecretStore


class Commerce7Connector:
    """Implements `ports.connector.Connector`, and beyond it `changed_in_bulk` and `failed_deliveries_since`.

    Its credentials do not rotate, so that it needs no `secrets`.
    """

    def __init__(
        self,
        integration: Integration,
        credentials: Mapping[str, Any],
        http: httpx.Client,
        pacer: Pacer,
        clock: Clock,
        *,
        times: ResponseTimes | None = None,
        secrets: SecretStore | None = None,  # noqa: ARG002 - other platforms' tokens rotate
    ) -> None:
        known = to_credentials(credentials)
        client = Commerce7Client(integration, known, http, pacer, clock, times=times)
        tags = Commerce7Tags(client)
        self._customers = Commerce7Customers(client, tags)
        self._orders = Commerce7Orders(client, known.currency)
        self._discounts = Commerce7Discounts(client, tags, self._customers, clock)
        self._webhooks = Commerce7Webhooks(integration, known, client, self._orders, clock)

    def get_customer(self, customer: ExternalId) -> RemoteCustomer | None:
        """One GET."""
        return self._customers.get(customer)

    def find_customer_by_email(self, email: str) -> RemoteCustomer | None:
        """A text search, of which the exact match is taken."""
        return self._customers.find_by_email(email)

    def upsert_customer(self, person: OutgoingCustomer) -> RemoteCustomer:
        """A search, then what is missing. A phone that Commerce7 does not take is left out (`refused`)."""
        return self._customers.upsert(person)

    def update_customer(self, customer: ExternalId, person: OutgoingCustomer) -> RemoteCustomer | None:
        """A GET, then a PUT of what differs."""
        return self._customers.update(customer, person)

    def place_offer(self, offer: Offer, placed: PlacedOffer | None) -> PlacedOffer:
        """A tag, and a promotion for its bearers."""
        return self._discounts.place(offer, placed)

    def withdraw_offer(self, placed: PlacedOffer) -> None:
        """Disables the promotion; the tag stays, so that nothing is taken from anybody who has it."""
        self._discounts.withdraw(placed)

    def add_customer_to_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> None:
        """Assigns the tag, after another look unless `customer` has it: assigning twice counts twice there."""
        self._discounts.grant(customer, placed)

    def remove_customer_from_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> None:
        """Removes the tag, however often it was assigned."""
        self._discounts.revoke(customer, placed)

    def customers_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """By cursor, which costs nothing of the allowance."""
        return self._customers.changed_since(since, cursor)

    def changed_in_bulk(self, reference: ExternalId, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """A page of the customers of a bulk update, whose change's id is `reference`."""
        return self._customers.page(bulk_params(reference), None, cursor)

    def orders_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteOrder]:
        """By cursor, which costs nothing of the allowance."""
        return self._orders.changed_since(since, cursor)

    def list_webhooks(self) -> Sequence[WebhookSubscription]:
        """All of the merchant's; our own without the secret segment of their URL."""
        return self._webhooks.subscriptions()

    def register_webhooks(self, url: str) -> Sequence[WebhookSubscription]:
        """At `url` and one more segment, which is secret."""
        return self._webhooks.register(url)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> VerifiedDelivery:
        """By the path's secret segment, under the name `:path` among `headers`, or by HTTP Basic."""
        return self._webhooks.verify(headers, body)

    def parse_webhook(self, delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        """At most one change."""
        return self._webhooks.parse(delivery)

    def failed_deliveries_since(self, since: datetime, cursor: str | None) -> RemotePage[VerifiedDelivery]:
        """A page of the webhooks that Commerce7 could not deliver, from its log."""
        return self._webhooks.failed_since(since, cursor)
