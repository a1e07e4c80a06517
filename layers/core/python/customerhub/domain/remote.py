"""Records of shops and CRMs, in our words: what connectors read and write."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Generic, TypeVar

from customerhub.domain.ids import ExternalId
from customerhub.domain.money import Money

Read = TypeVar("Read")


@dataclass(frozen=True)
class RemoteCustomer:
    """A customer as a platform has it.

    The first e-mail and phone are the primary ones; spellings are the platform's. `tags` are what the connector knows a
    tag by (Shopify: its text; Commerce7: its id), each as often as the platform lists it; None where it does not tell.
    `withheld` names fields that came empty because we may not see them: they say nothing. `refused` are fields of ours
    that the platform has just not taken, each with the reason (`taken`: another of its customers has it; `invalid`).
    `state` is the account's (Shopify: `enabled`, `disabled`, …), `email_consent` and `sms_consent` the marketing states
    (`subscribed`, `unsubscribed`, `not_subscribed`, `pending`, …), all in lower case; None where they are not told.
    `raw` is the payload.
    """

    id: ExternalId
    emails: tuple[str, ...] = ()
    phones: tuple[str, ...] = ()
    first_name: str | None = None
    last_name: str | None = None
    tags: tuple[str, ...] | None = None
    address: Mapping[str, str] = field(default_factory=dict)
    created_at: datetime | None = None
    updated_at: datetime | None = None
    state: str | None = None
    email_consent: str | None = None
    sms_consent: str | None = None
    withheld: frozenset[str] = frozenset()
    refused: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class OutgoingCustomer:
    """What a platform is to be told of a customer. None is not told: nothing on the other side is ever blanked.

    `phone` is in E.164.
    """

    email: str
    first_name: str | None = None
    last_name: str | None = None
    phone: str | None = None


@dataclass(frozen=True)
class RemoteOrder:
    """An order as a platform has it. `customer` is None for a guest; `placed_at` is when the buyer bought.

    `is_correction` says that it changes what earlier orders came to, and is no purchase of its own: a refund, whose
    total is negative, or an exchange, on platforms where these are orders. `address` is where it goes.
    """

    id: ExternalId
    number: str
    total: Money
    placed_at: datetime
    updated_at: datetime
    is_paid: bool
    is_cancelled: bool = False
    is_test: bool = False
    is_correction: bool = False
    customer: ExternalId | None = None
    email: str | None = None
    phone: str | None = None
    address: Mapping[str, str] = field(default_factory=dict)
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class RemoteVariant:
    """What of a product is sold. `price` is None where the platform does not tell."""

    id: ExternalId
    title: str
    sku: str | None = None
    price: Money | None = None


@dataclass(frozen=True)
class RemoteProduct:
    """A product as a platform has it. `status` is `active`, or why it is not sold (`draft`, `archived`, …)."""

    id: ExternalId
    title: str
    status: str
    updated_at: datetime
    vendor: str | None = None
    kind: str | None = None
    variants: tuple[RemoteVariant, ...] = ()
    raw: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class UnreadableRow:
    """A record that a platform shows, and that cannot be read but for its id."""

    id: ExternalId


ExportedRow = RemoteCustomer | RemoteOrder | UnreadableRow
"""What a file of a whole list holds."""


@dataclass(frozen=True)
class RemotePage(Generic[Read]):
    """A page of records. `cursor` leads to the next one, None after the last; `watermark` is the newest `updated_at`
    that the page has shown, None where it shows none. `is_ordered` says that no later page shows anything that changed
    before what this one shows, so that the watermark may move once this page is worked; else it may only once all are.
    `unreadable` are the records of the page that cannot be read.
    """

    items: tuple[Read, ...]
    cursor: str | None = None
    watermark: datetime | None = None
    is_ordered: bool = True
    unreadable: tuple[ExternalId, ...] = ()


@dataclass(frozen=True)
class WebhookSubscription:
    """A topic that a platform reports to a URL."""

    id: ExternalId
    topic: str
    url: str


@dataclass(frozen=True)
class VerifiedDelivery:
    """A webhook whose sender was verified over its raw bytes; only `verify_webhook` makes one.

    `event_id` tells deliveries of one event as the same, as far as the platform lets us.
    """

    account: str
    topic: str
    event_id: str
    body: bytes
    occurred_at: datetime | None = None


@dataclass(frozen=True)
class RemoteChange:
    """What a delivery says has happened to one record: `kind` is `customer` or `order`, or `integration` for the
    connection itself; `action` is what happened to it (`created`, `updated`, `deleted`, `tags`, `merged`,
    `uninstalled`, …); the record itself where the delivery tells it. Of a merge, `id` is who was kept, `absorbed` who
    went into it.

    Of what the law wants done (`data_request`, `redact`), `customer` is who is concerned, as far as that is told,
    `orders` are those named, and `reference` is the platform's own id of the request where it has one."""

    kind: str
    action: str
    id: ExternalId
    customer: RemoteCustomer | None = None
    order: RemoteOrder | None = None
    orders: tuple[ExternalId, ...] = ()
    reference: ExternalId | None = None
    absorbed: tuple[ExternalId, ...] = ()
