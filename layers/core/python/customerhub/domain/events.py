"""The timeline: what happened to a customer, by whom, from where, before and after."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import datetime
from enum import StrEnum

from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CredentialId, CustomerId, EventId, TenantId, new_event_id


class EventType(StrEnum):
    """What can happen to a customer; past tense."""

    CUSTOMER_CREATED = "CustomerCreated"
    CUSTOMER_UPDATED = "CustomerUpdated"
    CUSTOMER_MERGED = "CustomerMerged"
    """Another customer was absorbed into this one."""
    CUSTOMER_ABSORBED = "CustomerAbsorbed"
    """This customer went into another one."""
    CUSTOMER_UNMERGED = "CustomerUnmerged"
    """A merge was undone: this customer is by itself again."""
    IDENTIFIER_LOST = "IdentifierLost"
    """Somebody else proved an identifier that this customer had merely typed."""
    IDENTIFIER_RELEASED = "IdentifierReleased"
    """Staff gave an identifier of this customer to its new owner."""
    IDENTIFIER_RECEIVED = "IdentifierReceived"
    """Staff gave this customer an identifier that had been another's."""
    CONFLICT_FOUND = "ConflictFound"
    """Nobody but a person can tell who is meant: this customer or somebody else."""
    CONFLICT_RESOLVED = "ConflictResolved"
    """A person told."""
    CUSTOMER_ENROLLED = "CustomerEnrolled"
    """The customer became a member of a stage."""
    ENROLLMENT_MOVED = "EnrollmentMoved"
    """The member went on to another stage."""
    ENROLLMENT_CANCELLED = "EnrollmentCancelled"
    """Somebody ended the membership."""
    ENROLLMENT_EXPIRED = "EnrollmentExpired"
    """The membership's time was up."""


@dataclass(frozen=True)
class Circumstances:
    """Of one request: who, from where, when, and the id under which the logs know it."""

    credential: CredentialId
    source: str
    request_id: str
    now: datetime


@dataclass(frozen=True)
class Event:
    """One entry of a customer's timeline. `before` and `after` hold the changed fields only; `via` are the identifiers
    by which the request named the customer."""

    id: EventId
    tenant: TenantId
    customer: CustomerId
    type: EventType
    circumstances: Circumstances
    before: Mapping[str, object]
    after: Mapping[str, object]
    via: tuple[IdentifierKey, ...] = ()
    redacted: bool = False
    """Whether something was taken out, because it spoke of a person who was erased."""


_BOOKKEEPING = frozenset({"tenant", "id", "version", "updated_at", "last_updated_via"})


def change_event(
    kind: EventType,
    before: Customer | None,
    after: Customer,
    circumstances: Circumstances,
    via: tuple[IdentifierKey, ...] = (),
) -> Event:
    """An event that holds what differs between the two; a created customer has no before."""
    names = [f.name for f in fields(Customer) if f.name not in _BOOKKEEPING]
    changed = [name for name in names if getattr(before, name, None) != getattr(after, name)]
    if before is None:
        changed = [name for name in changed if getattr(after, name)]
    return Event(
        new_event_id(),
        after.tenant,
        after.id,
        kind,
        circumstances,
        before={name: getattr(before, name) for name in changed} if before else {},
        after={name: getattr(after, name) for name in changed},
        via=via,
    )


def absorbed_event(absorbed: Customer, survivor: CustomerId, circumstances: Circumstances) -> Event:
    """The last event of a customer that went into another one."""
    return Event(
        new_event_id(),
        absorbed.tenant,
        absorbed.id,
        EventType.CUSTOMER_ABSORBED,
        circumstances,
        before={},
        after={"merged_into": survivor},
    )
