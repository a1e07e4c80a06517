"""A delivery: one webhook that was received, kept until it is worked."""

import hashlib
import json
import zlib
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum

from customerhub.domain.ids import DeliveryId, IntegrationId, TenantId
from customerhub.domain.remote import RemoteChange

RETENTION = timedelta(days=30)
"""How long it is known that an event came, once it was worked or put away: much longer than platforms send it again."""
WANTED_BY_LAW = frozenset({"data_request", "redact"})
"""Actions that are worked of an integration that was disconnected, too: they come days after it."""
MAX_PACKED_BYTES = 380_000
"""Of a body: an item of DynamoDB has 400 KB."""


class DeliveryStatus(StrEnum):
    """Where a delivery stands."""

    WAITING = "waiting"
    DONE = "done"
    SKIPPED = "skipped"
    """There was nothing to do; `reason` says why: it was old, or told of our own write."""
    PARKED = "parked"
    """A person must look; `reason` says why."""
    DISCARDED = "discarded"
    """A person said that it is not to be worked."""


@dataclass(frozen=True)
class Delivery:
    """One delivery. `event_id` is the platform's, `occurred_at` when it says that it happened. `body` are its bytes;
    None once it is worked, since what it told of a person is not kept longer than it is needed, and where they are too
    many to be kept. `changes` are what it says in short, ids alone, as far as it can be read: without its body the
    records are read again at the shop. `cursor` is how far a change of many records has been worked.

    `attempts` are those that failed; it is tried again at `due_at`. `retried_at` is when a person had it begun anew.
    The sweep leaves it alone until `quiet_until`. `version` counts the writes; 0 is not stored yet.
    """

    tenant: TenantId
    integration: IntegrationId
    event_id: str
    topic: str
    received_at: datetime
    due_at: datetime
    body: bytes | None = None
    changes: tuple[RemoteChange, ...] = ()
    cursor: str | None = None
    occurred_at: datetime | None = None
    status: DeliveryStatus = DeliveryStatus.WAITING
    reason: str | None = None
    attempts: int = 0
    worked_at: datetime | None = None
    retried_at: datetime | None = None
    quiet_until: datetime | None = None
    version: int = 0

    @property
    def id(self) -> DeliveryId:
        """The same for every delivery of one event to one integration."""
        about = json.dumps([self.integration, self.event_id])
        return DeliveryId(hashlib.sha256(about.encode()).hexdigest()[:32])

    @property
    def waits_since(self) -> datetime:
        """Since when it has been tried."""
        return self.retried_at or self.received_at

    @property
    def is_request_of_law(self) -> bool:
        """Whether it says that the law wants something done about a person, who may be known by what it says at length
        alone, an e-mail. False where it cannot be read."""
        return any(change.kind == "customer" and change.action in WANTED_BY_LAW for change in self.changes)

    @property
    def is_wanted_by_law(self) -> bool:
        """Whether it says that the law wants something done, about a person or about the whole shop. False where it
        cannot be read, and once it has ended."""
        return any(change.action in WANTED_BY_LAW for change in self.changes)

    @property
    def says_something(self) -> bool:
        """Whether there is anything left of it to be worked."""
        return self.body is not None or bool(self.changes)


@dataclass(frozen=True)
class DeliveryFigures:
    """How an integration's webhooks are going. `oldest_received_at` is that of those that wait, None where none does;
    `last_received_at` of all that are remembered. Of `waiting` and `parked` ones a thousand are counted at most."""

    waiting: int = 0
    oldest_received_at: datetime | None = None
    parked: int = 0
    last_received_at: datetime | None = None


def pack(body: bytes) -> bytes:
    """A body as it is stored."""
    return zlib.compress(body)


def unpack(packed: bytes) -> bytes:
    """A body as it came."""
    return zlib.decompress(packed)


def can_be_kept(body: bytes) -> bool:
    """Whether an item can hold the body."""
    return len(body) <= MAX_PACKED_BYTES or len(pack(body)) <= MAX_PACKED_BYTES


def in_short(change: RemoteChange) -> RemoteChange:
    """A change without the record: ids alone, nothing that a person is known by elsewhere."""
    return replace(change, customer=None, order=None)
