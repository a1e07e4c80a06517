"""What the use cases need from the outside.

The domain is imported for the type checker alone: the authorizer needs some of these ports, and must not load at every
cold start what only the others speak of.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from customerhub.domain.changes import Changes
    from customerhub.domain.conflict import Conflict
    from customerhub.domain.credentials import Issuer, ServiceKey
    from customerhub.domain.customer import StoredCustomer
    from customerhub.domain.idempotency import IdempotencyKey, StoredAnswer
    from customerhub.domain.identifier import Claim, IdentifierKey
    from customerhub.domain.ids import CustomerId, TenantId
    from customerhub.domain.tenant import Tenant


class Clock(Protocol):
    """Time, as the hub sees it."""

    def now(self) -> datetime:
        """The present moment, aware, in UTC."""

    def sleep(self, duration_s: float) -> None:
        """Wait."""


@dataclass(frozen=True)
class IdentityReading:
    """What is stored about a call's identifiers and its idempotency key, as of one moment each. `gone` are tombstones
    of the erased, with their versions."""

    claims: Mapping[IdentifierKey, Claim]
    gone: Mapping[IdentifierKey, int]
    answer: StoredAnswer | None


class IdentityStore(Protocol):
    """Customers, claims and what is written with them. Reads are strongly consistent.

    Every method raises StoreUnavailable on a fault; writes raise LostRace when something changed since it was read.
    """

    def read_identity(
        self, tenant: Tenant, identifiers: Sequence[IdentifierKey], key: IdempotencyKey | None
    ) -> IdentityReading:
        """All claims and the stored answer in one round trip."""

    def get_customers(self, tenant: TenantId, ids: Collection[CustomerId]) -> Mapping[CustomerId, StoredCustomer]:
        """Those that exist, in one round trip; none for no ids."""

    def write(self, tenant: Tenant, changes: Changes, answer: StoredAnswer | None) -> None:
        """All changes and the answer in one transaction."""

    def put_answer_if_absent(self, answer: StoredAnswer) -> None:
        """The answer alone, of a call that changed nothing."""

    def put_conflict_if_absent(self, conflict: Conflict) -> None:
        """Record a conflict once; a known one is left as it is, without LostRace."""


RATE_WINDOW_S = 60


@dataclass(frozen=True)
class RateStatus:
    """Where a caller stands: of `limit` calls a minute about one person, `remaining` are left for `reset_s` seconds.

    `ceiling` is the limit of the credential as a whole.
    """

    limit: int
    ceiling: int
    remaining: int
    reset_s: int


class RateVerdict(Protocol):
    """A count that is under way beside the work."""

    def require(self) -> RateStatus:
        """Where the caller stands; asked again, the same. Raises TooManyRequests beyond a limit. A count that is late
        or fails lets the call pass: the limit protects the hub, and must not take it down."""


class RateLimiter(Protocol):
    """Counts calls per credential and person, and per credential."""

    def count(self, tenant: TenantId, credential: str, person: str | None, ceiling: int) -> RateVerdict:
        """Start to count one call; returns at once. Without a `person` the credential's ceiling alone counts."""


class CredentialStore(Protocol):
    """Tenants, service keys and issuers. Reads are strongly consistent; methods raise StoreUnavailable on a fault."""

    def get_service_key(self, tenant: TenantId, key_id: str) -> tuple[Tenant, ServiceKey] | None:
        """A key and its tenant's settings, in one round trip."""

    def get_issuer(self, url: str) -> tuple[Tenant, Issuer] | None:
        """The identity provider of that exact `iss`, and its tenant's settings, in two round trips."""

    def get_tenant(self, tenant: TenantId) -> Tenant | None:
        """A tenant's settings, in one round trip."""

    def get_registration(self, tenant: TenantId) -> tuple[Tenant, Issuer | None] | None:
        """A tenant's settings and its identity provider, in two round trips."""

    def put_registration(self, tenant: Tenant, issuer: Issuer | None, replaced: Issuer | None) -> None:
        """Register or change a tenant; tokens of `replaced` are no longer known. Raises GuardFailed where the issuer
        belongs to another tenant."""

    def put_service_key(self, key: ServiceKey) -> None:
        """Store a key, new or changed."""


class TokenVerifier(Protocol):
    """Checks tokens against the key set of their issuer."""

    def issuer_of(self, token: str) -> str:
        """The `iss` that a token says of itself, unproven. Raises Unauthenticated where it is no token."""

    def verify(self, token: str, issuer: Issuer) -> Mapping[str, object]:
        """The claims of a token whose signature, issuer, audience and times are right.

        Raises Unauthenticated when one is not, KeySetUnavailable when the key set cannot be fetched.
        """
