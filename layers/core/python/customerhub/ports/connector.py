"""What a shop or CRM can be asked for, in our words. `connectors/ADDING_A_CONNECTOR.md` is the doctrine."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from customerhub.domain.feed import BulkExport, FeedKind
    from customerhub.domain.ids import ExternalId
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


class Connector(Protocol):
    """One integration's platform.

    Every method raises PartnerUnavailable on a fault, after which the effect of a write is unknown; NotReadyYet where
    the partner's allowance is used up for longer than is worth waiting; PartnerRefused, CredentialsRefused; and
    NotSupported for what the platform cannot do. Writes may be repeated: the second one finds what the first one left.
    """

    def get_customer(self, customer: ExternalId) -> RemoteCustomer | None:
        """One customer by the platform's id, as of now; None where it was deleted, or never was."""

    def find_customer_by_email(self, email: str) -> RemoteCustomer | None:
        """The one customer with exactly that e-mail, upper and lower case alike; None where there is none."""

    def upsert_customer(self, person: OutgoingCustomer) -> RemoteCustomer:
        """The customer with that e-mail, created where there is none, tagged as known to the hub. Values that are told
        are filled in or replaced; lists (addresses, tags, further e-mails and phones) keep what they have."""

    def update_customer(self, customer: ExternalId, person: OutgoingCustomer) -> RemoteCustomer | None:
        """The same of the customer with that id, whatever e-mail it has: that one stays the primary one. Writes nothing
        where nothing differs. None where it was deleted."""

    def place_offer(self, offer: Offer, placed: PlacedOffer | None) -> PlacedOffer:
        """Make the platform give the offer's discount to those who are granted it, once, however often it is asked for;
        `placed` is what was known of it, None at first or where that was lost."""

    def withdraw_offer(self, placed: PlacedOffer) -> None:
        """End the discount for everybody. Nothing happens where it was ended already."""

    def add_customer_to_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        """Grant the discount, once: nothing happens where `customer`, as just read, has it. The customer as it is
        then: what it says is of one moment, its `updated_at`, so that what others changed since is seen to be newer."""

    def remove_customer_from_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        """Revoke the discount. Nothing happens where `customer`, as just read, has it not. The customer as granting
        returns it."""

    def customers_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """A page of the customers that have changed at or after `since` (None: all), and perhaps of others; `cursor` is
        the page before's. Of a record that cannot be read the page keeps the id; where it has none, all of it is a
        fault."""

    def orders_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteOrder]:
        """The same of orders."""

    def products_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteProduct]:
        """The same of products."""

    def get_order(self, order: ExternalId) -> RemoteOrder | None:
        """One order by the platform's id, as of now; None where it was deleted, or never was."""

    def start_export(self, kind: FeedKind) -> BulkExport:
        """Have the platform write a whole list to a file. One that is under way is gone on with. Raises NotSupported
        where a platform has no such thing: then its pages are read."""

    def get_export(self, export: ExternalId) -> BulkExport | None:
        """How an export is going; None where the platform knows it no more. Raises NotSupported."""

    def read_export(self, export: BulkExport, offset: int) -> Iterator[tuple[ExportedRow, int]]:
        """The records of an export that is done, from that byte of its file on, each with the byte at which the next
        one begins; in memory that does not grow with their number. Those that cannot be read are shown as such. Raises
        NotSupported."""

    def changed_in_bulk(self, reference: ExternalId, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """A page of the customers of a bulk update, whose change's id is `reference`. Raises NotSupported."""

    def missed_deliveries_since(self, since: datetime, cursor: str | None) -> RemotePage[VerifiedDelivery]:
        """A page of the webhooks that the platform could not deliver since then, from its own log. Raises NotSupported
        where it keeps none."""

    def list_webhooks(self) -> Sequence[WebhookSubscription]:
        """What is reported to whom."""

    def register_webhooks(self, url: str) -> Sequence[WebhookSubscription]:
        """Have everything that concerns the hub reported to `url`. Idempotent; returns all of its subscriptions."""

    def unregister_webhooks(self, url: str) -> None:
        """Have nothing reported to `url` any more. Idempotent."""

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> VerifiedDelivery:
        """Check who sent a webhook, over its raw bytes, in constant time. Header names are lower-case. Raises
        Unauthenticated, and MalformedRequest where something that the platform always sends is missing."""

    def read_event(self, headers: Mapping[str, str], body: bytes) -> VerifiedDelivery:
        """The same of what came over the platform's own source of events, which nobody else can put anything on:
        nothing is signed there. Raises NotSupported where a platform has no such thing."""

    def parse_webhook(self, delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        """What a delivery says; nothing where it does not concern the hub. Raises MalformedRequest."""
