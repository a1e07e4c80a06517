"""Conflicts: identifiers that point at several customers, or at one who is probably somebody else."""

import hashlib
from dataclasses import dataclass
from enum import StrEnum

from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances, Event, EventType
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import ConflictId, TenantId, new_event_id


class ConflictKind(StrEnum):
    """Why the hub does not decide by itself."""

    SEVERAL_ACCOUNTS = "several_accounts"
    """The identifiers belong to several customers, who may well be one person."""
    CONTRADICTION = "contradiction"
    """The same, but merging is ruled out: two auth users, or more identifiers than a customer may have."""
    SHARED_PHONE = "shared_phone"
    """The phone belongs to somebody with another e-mail and another first name."""
    WHICH_PERSON = "which_person"
    """The phone is known to be shared, and the call does not say by whom of its holders it was made."""
    UNPROVEN = "unproven"
    """A user named an identifier of another account that the user's token does not prove."""
    DISPLACED = "displaced"
    """Somebody proved an identifier that an earlier account had merely typed; they may be one person."""


_ABOUT = {
    ConflictKind.SHARED_PHONE: (Kind.PHONE, Kind.EMAIL),
    ConflictKind.CONTRADICTION: (Kind.AUTH,),
    ConflictKind.DISPLACED: tuple(Kind),
}


@dataclass(frozen=True)
class Conflict:
    """What was found to be in conflict. `identifiers` are those of the call that led here; `contact` is all that it
    said, None where it was no call about a person."""

    tenant: TenantId
    kind: ConflictKind
    customers: tuple[Customer, ...]
    identifiers: tuple[IdentifierKey, ...]
    circumstances: Circumstances
    contact: Contact | None = None

    @property
    def id(self) -> ConflictId:
        """The same for the same customers in the same kind of conflict, however often and by whatever call.

        What the conflict is about counts too: the phone and the other person's e-mail, the second auth user, the
        identifier that changed hands. What changes hands can do so again, and is then another conflict.
        """
        about = sorted(":".join(key) for key in self.identifiers if key.kind in _ABOUT.get(self.kind, ()))
        parts = [self.tenant, self.kind, *sorted(map(self._party, self.customers)), *about]
        return ConflictId(hashlib.sha256("\n".join(parts).encode()).hexdigest()[:32])

    def _party(self, customer: Customer) -> str:
        return f"{customer.id}:{customer.version}" if self.kind is ConflictKind.DISPLACED else customer.id

    @property
    def named(self) -> tuple[IdentifierKey, ...]:
        """All that the conflict's record holds: also the e-mail that a token proves beside what the call says."""
        vouched = self.contact.vouched_email if self.contact else None
        return tuple(dict.fromkeys((*self.identifiers, *([vouched] if vouched else ()))))

    @property
    def is_for_review(self) -> bool:
        """Whether staff should see it. What a user cannot prove, and who of a household calls, is settled by asking."""
        return self.kind not in (ConflictKind.UNPROVEN, ConflictKind.WHICH_PERSON)

    def found_events(self) -> tuple[Event, ...]:
        """Fresh events that tell the timeline of each customer of the conflict."""
        after = {"conflict": self.id, "kind": self.kind}
        return tuple(
            Event(new_event_id(), c.tenant, c.id, EventType.CONFLICT_FOUND, self.circumstances, before={}, after=after)
            for c in self.customers
        )
