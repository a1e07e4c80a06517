"""Duties: what a platform has passed on that the law wants done, from the request to its receipt. Pure."""

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from customerhub.domain.ids import CredentialId, CustomerId, DutyId, ErasureId, ExternalId, IntegrationId, TenantId

TERM = timedelta(days=30)
"""Within which Shopify's merchants must have it done (compliance webhooks, shopify.dev, October 2026)."""
NEAR = timedelta(days=7)
"""Before its end a duty that is still open is brought to somebody's attention."""


class DutyKind(StrEnum):
    """What is to be done."""

    DATA_REQUEST = "data_request"
    """A person wants to see what is kept. Staff hand the export over, and say so."""
    REDACT = "redact"
    """A person is to be erased; the hub does it by itself."""
    SHOP_REDACT = "shop_redact"
    """What came from a shop is to go, some time after the shop has uninstalled; the hub does it by itself."""


class DutyStatus(StrEnum):
    """Where a duty stands."""

    OPEN = "open"
    DONE = "done"


class Outcome(StrEnum):
    """What was done."""

    ERASED = "erased"
    HANDED_OVER = "handed_over"
    NOTHING_KEPT = "nothing_kept"
    """Nobody was known whom it could have been about."""
    SHOP_FORGOTTEN = "shop_forgotten"
    SHOP_RETURNED = "shop_returned"
    """It was connected again before all of it was looked at; what was counted until then has gone, or was about to."""


class Part(StrEnum):
    """What is counted of a shop that is forgotten."""

    ERASED = "customers_erased"
    """Those who came from the shop alone."""
    DETACHED = "customers_detached"
    """Those who are known otherwise, too, and lost what came from the shop."""
    LINKS = "links"
    ORDERS = "orders"
    PRODUCTS = "products"
    DELIVERIES = "deliveries"


@dataclass(frozen=True)
class Receipt:
    """That a duty was done: what, when, and by whom, None for the hub itself; with the erasures that it led to, and of
    a shop how many things went."""

    outcome: Outcome
    at: datetime
    by: CredentialId | None = None
    erasures: tuple[ErasureId, ...] = ()
    counts: Mapping[Part, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Duty:
    """One duty. It holds nothing personal beyond ids, and is kept.

    `customer` is the platform's id of the person, None where a whole shop is concerned; `customers` are whom the hub
    knew by what came with the request. A shop is forgotten piece by piece: up to `position` it is done; up to
    `counted` is what `counts` tell of, with the customers in `pending`, who are being worked. So nothing is counted
    twice where that is interrupted. `version` counts the writes; 0 is not stored yet.
    """

    tenant: TenantId
    id: DutyId
    kind: DutyKind
    integration: IntegrationId
    received_at: datetime
    due_at: datetime
    customer: ExternalId | None = None
    customers: tuple[CustomerId, ...] = ()
    receipt: Receipt | None = None
    position: str | None = None
    counted: str | None = None
    pending: tuple[CustomerId, ...] = ()
    counts: Mapping[Part, int] = field(default_factory=dict)
    version: int = 0

    @property
    def status(self) -> DutyStatus:
        """Done once there is a receipt."""
        return DutyStatus.DONE if self.receipt else DutyStatus.OPEN

    @property
    def is_for_staff(self) -> bool:
        """Whether a person has to do it."""
        return self.kind is DutyKind.DATA_REQUEST

    def is_near(self, now: datetime) -> bool:
        """Whether it is still open and must be done soon."""
        return self.receipt is None and now >= self.due_at - NEAR

    def done(self, receipt: Receipt) -> "Duty":
        """The duty as it is kept."""
        return replace(self, receipt=receipt, position=None, counted=None, pending=(), counts={})

    def stored(self) -> "Duty":
        """The duty once it is written as it is here."""
        return replace(self, version=self.version + 1)


@dataclass(frozen=True)
class Request:
    """What a platform has passed on. `reference` tells the request from others about the same person: its own id, or
    else when it was made."""

    tenant: TenantId
    kind: DutyKind
    integration: IntegrationId
    about: ExternalId
    reference: str

    @property
    def duty(self) -> DutyId:
        """The same however often the request comes."""
        told = json.dumps([self.kind, self.integration, self.about, self.reference])
        return DutyId(hashlib.sha256(told.encode()).hexdigest()[:32])


def new_duty(request: Request, customers: tuple[CustomerId, ...], now: datetime) -> Duty:
    """The duty that comes of a request."""
    return Duty(
        request.tenant,
        request.duty,
        request.kind,
        request.integration,
        received_at=now,
        due_at=now + TERM,
        customer=None if request.kind is DutyKind.SHOP_REDACT else request.about,
        customers=customers,
    )
