"""An order that a customer placed somewhere, as the hub keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime

from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CustomerId, ExternalId, TenantId
from customerhub.domain.money import Money


@dataclass(frozen=True)
class StatedOrder:
    """An order as somebody tells it: a shop, a backend, a webhook, a pull.

    `source` is the integration or the backend whose `external_id` it is: the two tell it from all others. `placed_at`
    is when the buyer bought. `updated_at` is when the source changed it last, None where it does not say: what is older
    than what is known says nothing.
    """

    source: str
    external_id: ExternalId
    total: Money
    placed_at: datetime
    updated_at: datetime | None = None
    number: str | None = None
    is_paid: bool = False
    is_cancelled: bool = False
    is_refunded: bool = False
    is_test: bool = False
    is_correction: bool = False
    """It takes something back from orders before it, or adds to them: no order of its own, but part of what was
    spent. Its total may be negative."""
    is_deleted: bool = False
    """The source has it no more; then it is cancelled, too."""

    @property
    def counts(self) -> bool:
        """Whether it speaks for the buyer: paid for, and not taken back."""
        return self.is_paid and not (self.is_cancelled or self.is_refunded or self.is_test)


@dataclass(frozen=True)
class Order:
    """An order in the collection of `customer`, who may have been merged since. `written_at` is when it was first
    recorded, `via` are the identifiers by which it came to the customer. `version` counts the writes; 0 is not stored
    yet."""

    tenant: TenantId
    customer: CustomerId
    stated: StatedOrder
    written_at: datetime
    via: tuple[IdentifierKey, ...] = ()
    version: int = 0

    @property
    def record_id(self) -> str:
        """What it is stored by; it sorts by when the buyer bought."""
        return f"{order_time(self.stated.placed_at)}#{self.stated.source}#{self.stated.external_id}"


@dataclass(frozen=True)
class OrderChange:
    """An order as it is to be written, and as it was read; `before` is None for a new one."""

    after: Order
    before: Order | None = None


def order_time(at: datetime) -> str:
    """Of equal length always, so that it sorts."""
    return at.astimezone(UTC).replace(tzinfo=None).isoformat(timespec="microseconds")


def updated(known: Order, stated: StatedOrder) -> Order:
    """The order as it is after another word about it: the same object where that is old, or says nothing new."""
    last, at = known.stated.updated_at, stated.updated_at
    if last and at and at < last:
        return known
    if last and not at:
        stated = replace(stated, updated_at=last)
    return known if stated == known.stated else replace(known, stated=stated)


def from_stated(stated: StatedOrder) -> Mapping[str, object]:
    """Plain values, as they are stored and exported."""
    return {
        "source": stated.source,
        "external_id": stated.external_id,
        "number": stated.number,
        "total_minor": stated.total.amount_minor,
        "currency": stated.total.currency,
        "placed_at": stated.placed_at.isoformat(),
        "updated_at": stated.updated_at.isoformat() if stated.updated_at else None,
        "paid": stated.is_paid,
        "cancelled": stated.is_cancelled,
        "refunded": stated.is_refunded,
        "test": stated.is_test,
        "correction": stated.is_correction,
        "deleted": stated.is_deleted,
    }
