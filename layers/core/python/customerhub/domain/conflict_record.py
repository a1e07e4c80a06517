"""A conflict as it is kept: what was found, how it was resolved, and found again."""

from dataclasses import dataclass, replace
from datetime import datetime
from enum import StrEnum

from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.identity import Known
from customerhub.domain.ids import ConflictId, CredentialId, CustomerId, TenantId


class ConflictStatus(StrEnum):
    """Whether a person has yet to decide."""

    OPEN = "open"
    RESOLVED = "resolved"


class ResolutionKind(StrEnum):
    """How a conflict ends."""

    MERGE = "merge"
    """They are one person."""
    KEEP_SEPARATE = "keep_separate"
    """They are different people, for ever."""
    HOUSEHOLD = "household"
    """They are different people who share a phone."""
    RELEASE = "release"
    """The identifier has a new owner."""
    SETTLED = "settled"
    """Nobody had to decide: there was nothing left to tell apart when somebody looked."""


@dataclass(frozen=True)
class Resolution:
    """How, when and by whom a conflict was ended; `by` is None where it settled itself. A release tells which
    identifier went to whom."""

    kind: ResolutionKind
    at: datetime
    request_id: str
    by: CredentialId | None = None
    note: str | None = None
    identifier: IdentifierKey | None = None
    to: CustomerId | None = None


@dataclass(frozen=True)
class ConflictRecord:
    """A conflict and its history: it was `found`, resolved, perhaps found again after an unmerge, and so on in turn.

    `customers` are the ids of those who were found; `contact` is what the call said that found it last, None where it
    was no call. `version` counts the writes; 0 is not stored yet.
    """

    tenant: TenantId
    id: ConflictId
    kind: ConflictKind
    customers: tuple[CustomerId, ...]
    identifiers: tuple[IdentifierKey, ...]
    contact: Contact | None
    found: tuple[Circumstances, ...]
    resolutions: tuple[Resolution, ...] = ()
    version: int = 0

    @property
    def status(self) -> ConflictStatus:
        """Open since it was found last, or resolved since."""
        is_open = len(self.found) > len(self.resolutions)
        return ConflictStatus.OPEN if is_open else ConflictStatus.RESOLVED

    @property
    def resolution(self) -> Resolution | None:
        """How it was ended; None while it is open."""
        return self.resolutions[-1] if self.status is ConflictStatus.RESOLVED else None

    def found_again(self, conflict: Conflict) -> "ConflictRecord":
        """The record, open again: the same customers are in the same conflict once more."""
        again = new_record(conflict)
        return replace(again, found=self.found + again.found, resolutions=self.resolutions, version=self.version)

    def resolved(self, resolution: Resolution) -> "ConflictRecord":
        """The record of the conflict that this ends."""
        return replace(self, resolutions=(*self.resolutions, resolution))

    def settled(self, circumstances: Circumstances) -> "ConflictRecord":
        """The record of a conflict that needs no decision any more."""
        return self.resolved(Resolution(ResolutionKind.SETTLED, circumstances.now, circumstances.request_id))


def new_record(conflict: Conflict) -> ConflictRecord:
    """The record of a conflict that was never found before."""
    return ConflictRecord(
        conflict.tenant,
        conflict.id,
        conflict.kind,
        tuple(customer.id for customer in conflict.customers),
        conflict.identifiers,
        conflict.contact,
        found=(conflict.circumstances,),
    )


@dataclass(frozen=True)
class ConflictView:
    """A conflict, and who is behind it now: live customers, those counted once who have become one. `known` is what the
    hub knows now about the identifiers of the call; None where there was none, or while they change."""

    record: ConflictRecord
    customers: tuple[Customer, ...]
    known: Known | None = None
