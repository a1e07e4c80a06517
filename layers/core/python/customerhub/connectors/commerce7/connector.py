"""Commerce7 behind the port that all connectors have."""

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

import httpx

from customerhub.connectors.commerce7.client import Commerce7Client, to_credentials
from customerhub.connectors.commerce7.customers import Commerce7Customers
from customerhub.connectors.commerce7.discounts import Commerce7Discounts
from customerhub.connectors.commerce7.orders import Commerce7Orders
from customerhub.connectors.commerce7.products import Commerce7Products
from customerhub.connectors.commerce7.tags import Commerce7Tags
from customerhub.connectors.commerce7.webhooks import Commerce7Webhooks, bulk_params
from customerhub.domain.feed import BulkExport, FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.integration import Integration
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.domain.remote import (
    ExportedRow,
    OutgoingCustomer,
    RemoteChange,
    RemoteCustomer,
    RemoteOrder,
    RemotePage,
    RemoteProduct,
    VerifiedDelivery,
    WebhookSubscription,
)
from customerhub.errors import NotSupported
from customerhub.ports import Clock
from customerhub.ports.partners import Pacer, ResponseTimes, SecretStore


class Commerce7Connector:
    """Implements `ports.connector.Connector`. Its credentials do not rotate, so that it needs no `secrets`.

    Lists come in the order of ids, whatever they are filtered by: no page says how far one has come in time.
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
        self._products = Commerce7Products(client, known.currency)
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

    def add_customer_to_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        """Assigns the tag, after another look unless `customer` has it: assigning twice counts twice there."""
        return self._discounts.grant(customer, placed)

    def remove_customer_from_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        """Removes the tag, however often it was assigned."""
        return self._discounts.revoke(customer, placed)

    def customers_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """By cursor, which costs nothing of the allowance."""
        return self._customers.changed_since(since, cursor)

    def get_order(self, order: ExternalId) -> RemoteOrder | None:
        """One GET."""
        return self._orders.get(order)

    def start_export(self, kind: FeedKind) -> BulkExport:  # noqa: ARG002 - it has none
        """Commerce7 exports nothing over its API; its pages by cursor cost nothing of the allowance."""
        raise _no_exports()

    def get_export(self, export: ExternalId) -> BulkExport | None:  # noqa: ARG002 - it has none
        """None can have been started."""
        raise _no_exports()

    def read_export(
        self,
        export: BulkExport,  # noqa: ARG002 - it has none
        offset: int,  # noqa: ARG002
    ) -> Iterator[tuple[ExportedRow, int]]:
        """None can have been started."""
        raise _no_exports()

    def changed_in_bulk(self, reference: ExternalId, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """A page of the customers of a bulk update, whose change's id is `reference`."""
        return self._customers.page(bulk_params(reference), None, cursor)

    def orders_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteOrder]:
        """By cursor, which costs nothing of the allowance."""
        return self._orders.changed_since(since, cursor)

    def products_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteProduct]:
        """By cursor, which costs nothing of the allowance."""
        return self._products.changed_since(since, cursor)

    def list_webhooks(self) -> Sequence[WebhookSubscription]:
        """All of the merchant's; our own without the secret segment of their URL."""
        return self._webhooks.subscriptions()

    def register_webhooks(self, url: str) -> Sequence[WebhookSubscription]:
        """At `url` and one more segment, which is secret."""
        return self._webhooks.register(url)

    def unregister_webhooks(self, url: str) -> None:
        """As the protocol says, whatever the secret segment."""
        self._webhooks.unregister(url)

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> VerifiedDelivery:
        """By the path's secret segment, under the name `:path` among `headers`, or by HTTP Basic."""
        return self._webhooks.verify(headers, body)

    def read_event(self, headers: Mapping[str, str], body: bytes) -> VerifiedDelivery:  # noqa: ARG002 - there are none
        """Commerce7 has no source of events."""
        raise NotSupported("Commerce7 sends no events over EventBridge")

    def parse_webhook(self, delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        """At most one change."""
        return self._webhooks.parse(delivery)

    def missed_deliveries_since(self, since: datetime, cursor: str | None) -> RemotePage[VerifiedDelivery]:
        """A page of its log of webhooks: those that nobody took."""
        return self._webhooks.missed_since(since, cursor)


def _no_exports() -> NotSupported:
    return NotSupported("Commerce7 has no exports")
