"""Customers as they would be, if everything so far had been written: for a preview, which writes nothing."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from typing import Any, cast

from customerhub.domain.changes import Changes
from customerhub.domain.conflict import Conflict
from customerhub.domain.customer import StoredCustomer
from customerhub.domain.enrollment import Enrollment
from customerhub.domain.idempotency import IdempotencyKey, StoredAnswer
from customerhub.domain.identifier import Claim, IdentifierKey
from customerhub.domain.ids import CustomerId, EnrollmentId, TenantId
from customerhub.domain.tenant import Tenant
from customerhub.domain.verification import ProofKey
from customerhub.ports import IdentityReading, IdentityStore
from customerhub.ports.club import ClubStore


class PreviewIdentities:
    """Implements `ports.IdentityStore` over another one, which it only reads, each thing once. For one thread.

    `made` are the customers who would be new, `enrollments` those that would be written.
    """

    def __init__(self, store: IdentityStore) -> None:
        self._store = store
        self._claims: dict[IdentifierKey, Claim | None] = {}
        self._gone: dict[IdentifierKey, int] = {}
        self._customers: dict[CustomerId, StoredCustomer | None] = {}
        self.made: set[CustomerId] = set()
        self.enrollments: dict[EnrollmentId, Enrollment] = {}

    def read_identity(
        self,
        tenant: Tenant,
        identifiers: Sequence[IdentifierKey],
        key: IdempotencyKey | None,  # noqa: ARG002 - a preview keeps no answers
        proofs: Sequence[ProofKey] = (),  # noqa: ARG002 - a trusted caller needs none
    ) -> IdentityReading:
        """Of what is not known yet, in one round trip for a hundred. No answer was kept of a preview."""
        unread = [identifier for identifier in dict.fromkeys(identifiers) if identifier not in self._claims]
        if unread:
            reading = self._store.read_identity(tenant, unread, None, ())
            self._claims |= {identifier: reading.claims.get(identifier) for identifier in unread}
            self._gone |= reading.gone
        claims = {identifier: claim for identifier in identifiers if (claim := self._claims[identifier])}
        gone = {identifier: self._gone[identifier] for identifier in identifiers if identifier in self._gone}
        return IdentityReading(claims, gone, None)

    def get_customers(self, tenant: TenantId, ids: Collection[CustomerId]) -> Mapping[CustomerId, StoredCustomer]:
        """The same of customers."""
        unread = [customer for customer in ids if customer not in self._customers]
        if unread:
            found = self._store.get_customers(tenant, unread)
            self._customers |= {customer: found.get(customer) for customer in unread}
        return {customer: stored for customer in ids if (stored := self._customers[customer])}

    def write(self, _tenant: Tenant, changes: Changes, _answer: StoredAnswer | None) -> None:
        """In memory."""
        self.made |= {customer.id for customer in changes.customers if not customer.version}
        self._customers |= {c.id: replace(c, version=c.version + 1) for c in changes.customers}
        self.enrollments |= {enrollment.id: enrollment for enrollment in changes.enrollments}
        self._claims |= {claim.key: claim for claim in changes.claims}
        self._claims |= {claim.key: None for claim in (*changes.freed, *changes.buried)}
        for claim in changes.claims:
            self._gone.pop(claim.key, None)

    def put_answer_if_absent(self, answer: StoredAnswer) -> None:
        """Not at all."""

    def record_conflict(self, tenant: Tenant, conflict: Conflict) -> None:
        """Not at all."""


def preview_club(store: ClubStore, identities: PreviewIdentities) -> ClubStore:
    """The club as it would be: enrollments of the preview are found as well."""
    return cast("ClubStore", _PreviewClub(store, identities))


class _PreviewClub:
    """Implements `ports.club.ClubStore` over another one."""

    def __init__(self, store: ClubStore, identities: PreviewIdentities) -> None:
        self._store = store
        self._identities = identities

    def __getattr__(self, name: str) -> Any:
        """Everything else is as it is stored."""
        return getattr(self._store, name)

    def get_enrollment(self, tenant: TenantId, enrollment: EnrollmentId) -> Enrollment | None:
        """One of the preview, or a stored one."""
        return self._identities.enrollments.get(enrollment) or self._store.get_enrollment(tenant, enrollment)
