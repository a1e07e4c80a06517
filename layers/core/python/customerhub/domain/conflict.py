"""Conflicts: identifiers that point at several customers, or at one who is probably somebody else."""

import hashlib
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import ConflictId, TenantId


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


@dataclass(frozen=True)
class Conflict:
    """What was found to be in conflict. `identifiers` are those of the call that led here."""

    tenant: TenantId
    kind: ConflictKind
    customers: tuple[Customer, ...]
    identifiers: tuple[IdentifierKey, ...]
    found_at: datetime

    @property
    def id(self) -> ConflictId:
        """The same for the same customers in the same kind of conflict, however often and by whatever call.

        Where an identifier is what the conflict is about, it counts too: a shared phone may concern one stored
        customer only, and an account may lose more than one identifier.
        """
        parts = [self.kind, *sorted(customer.id for customer in self.customers)]
        if self.kind in (ConflictKind.SHARED_PHONE, ConflictKind.DISPLACED):
            parts += sorted(":".join(key) for key in self.identifiers)
        return ConflictId(hashlib.sha256("\n".join([self.tenant, *parts]).encode()).hexdigest()[:32])

    @property
    def is_for_review(self) -> bool:
        """Whether staff should see it. What a user cannot prove, and who of a household calls, is settled by asking."""
        return self.kind not in (ConflictKind.UNPROVEN, ConflictKind.WHICH_PERSON)
