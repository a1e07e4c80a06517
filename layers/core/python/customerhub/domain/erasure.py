"""Erasures: what is left of a person who asked to be forgotten is the proof that it was done. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from customerhub.domain.customer import Alias, Customer, Erased
from customerhub.domain.ids import (
    ConflictId,
    CredentialId,
    CustomerId,
    ErasureId,
    ExternalId,
    IntegrationId,
    JobId,
    TenantId,
)
from customerhub.domain.tenant import Tenant

TEMPORARY_RETENTION = timedelta(days=30)
"""How long an erasure that no person has asked for leaves traces: longer than any call is under way."""


class Cause(StrEnum):
    """Why somebody is erased."""

    REQUEST = "request"
    """The person wants to be forgotten, and is not to come back by any other path than an own proof."""
    TEMPORARY = "temporary"
    """Nobody in particular: an account that nothing was ever known of but what somebody typed."""
    SHOP = "shop"
    """The person came from a shop alone, which has left and wants everything of its own forgotten. Should the shop come
    back, the person may come with it."""


class Store(StrEnum):
    """Where things were erased."""

    PROFILES = "profiles"
    """The customer's, and the aliases of those who were merged into it."""
    IDENTIFIERS = "identifiers"
    RECORDS = "records"
    """Links, orders, enrollments and leads."""
    EVENTS = "events"
    MERGES = "merges"
    """Ledger records, also with other customers."""
    CONFLICTS = "conflicts"
    ANSWERS = "answers"
    """Given under idempotency keys."""
    VERIFICATIONS = "verifications"
    """One-time codes that were on the way."""
    JOBS = "jobs"
    """Values that staff had set for one job in place of the person's own."""


@dataclass(frozen=True)
class Erasure:
    """One erasure, from the moment when nobody can find the person any more to the one when nothing is left.

    It holds nothing personal: `customers` are the ids whose collections go, `identifiers` keyed hashes of what the
    person owned, `recipients` of where codes were sent. `requested_by` is None where the person asked; `requester`
    then tells that it is the same caller who asks again. `platforms` are the integrations that the person was linked
    to, and `remote` the ids of the person's records in those where a discount may still have to be taken back.
    `counts` are made before the first item goes, so that they are right however often the work is interrupted; None
    until then. `version` counts the writes.
    """

    tenant: TenantId
    customers: tuple[CustomerId, ...]
    cause: Cause
    identifiers: tuple[str, ...]
    recipients: tuple[str, ...]
    platforms: tuple[str, ...]
    requested_at: datetime
    requested_by: CredentialId | None
    requester: str
    counts: Mapping[Store, int] | None = None
    completed_at: datetime | None = None
    version: int = 0
    remote: Mapping[IntegrationId, ExternalId] = field(default_factory=dict)

    @property
    def id(self) -> ErasureId:
        """That of the customer."""
        return ErasureId(self.customers[0])

    def left(self, integration: IntegrationId) -> "Erasure":
        """The erasure once the person has no discount of the hub's there any more."""
        return replace(self, remote={name: at for name, at in self.remote.items() if name != integration})

    def stored(self) -> "Erasure":
        """The erasure once it is written as it is here."""
        return replace(self, version=self.version + 1)

    @property
    def stub_expires_at(self) -> datetime | None:
        """When what stands in the customer's place may go; None: never."""
        return None if self.cause is Cause.REQUEST else self.requested_at + TEMPORARY_RETENTION

    def stub(self, customer: Customer | Alias) -> Erased:
        """What takes the place of the customer, or of one who was merged into it."""
        return Erased(self.tenant, customer.id, customer.version, self.requested_at, self.id, self.stub_expires_at)


def requester_hash(requester: CredentialId, tenant: Tenant) -> str:
    """What tells a caller from others and not who it is: a user's credential is a personal datum."""
    return tenant.keyed_hash("erasure requester", requester)


@dataclass(frozen=True)
class References:
    """Some of what speaks of a person and is stored elsewhere: answers by digest, conflicts, jobs, and the survivors
    whose ledger does. `places` are the addresses of the references themselves, for the store."""

    answers: tuple[str, ...]
    conflicts: tuple[ConflictId, ...]
    survivors: tuple[CustomerId, ...]
    places: tuple[tuple[str, str], ...]
    jobs: tuple[JobId, ...] = ()
