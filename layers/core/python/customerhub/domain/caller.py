"""Who is calling. Nothing is read or written without one, and the tenant is always the caller's own."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from customerhub.domain.ids import CredentialId
from customerhub.domain.tenant import LinkingPolicy, Tenant
from customerhub.errors import Forbidden


class Scope(StrEnum):
    """What a service key may do."""

    CUSTOMERS_READ = "customers:read"
    CUSTOMERS_WRITE = "customers:write"
    CUSTOMERS_MERGE = "customers:merge"
    """Merge, unmerge, and decide conflicts."""
    CUSTOMERS_EXPORT = "customers:export"
    """Everything about a person at once."""
    CUSTOMERS_ERASE = "customers:erase"
    CLUB_READ = "club:read"
    """Stages and enrollments."""
    CLUB_ENROLL = "club:enroll"
    """Enroll, move and cancel; record orders that may enroll. A person who is not known yet needs `customers:write`
    besides."""
    CLUB_WRITE = "club:write"
    """Make and change stages, and with them discounts in the shops."""
    IMPORTS_WRITE = "imports:write"
    """Bring in spreadsheets, and read what became of them."""
    SYNC_READ = "sync:read"
    """The health of the work towards shops and CRMs, and its jobs."""
    SYNC_WRITE = "sync:write"
    """Retry, edit and discard jobs and webhooks; pull now."""
    INTEGRATIONS_WRITE = "integrations:write"
    """Connect and disconnect shops and CRMs."""


class Role(StrEnum):
    """The merchant's staff, by rank."""

    SUPER_ADMIN = "SUPER_ADMIN"
    CORPORATE_ADMIN = "CORPORATE_ADMIN"
    SUB_ADMIN = "SUB_ADMIN"
    VIEWER = "VIEWER"


ROLE_SCOPES = {
    Role.SUPER_ADMIN: frozenset(Scope),
    Role.CORPORATE_ADMIN: frozenset(Scope),
    Role.SUB_ADMIN: frozenset(
        {
            Scope.CUSTOMERS_READ,
            Scope.CUSTOMERS_WRITE,
            Scope.CLUB_READ,
            Scope.CLUB_ENROLL,
            Scope.IMPORTS_WRITE,
            Scope.SYNC_READ,
        }
    ),
    Role.VIEWER: frozenset({Scope.CUSTOMERS_READ, Scope.CLUB_READ, Scope.SYNC_READ}),
}


@dataclass(frozen=True)
class TrustedCaller:
    """A service key or a member of staff: what it says about a person is believed, as far as its scopes reach."""

    tenant: Tenant
    credential: CredentialId
    scopes: frozenset[Scope]
    calls_per_minute: int

    def require(self, scope: Scope) -> None:
        """Raise Forbidden unless the credential holds `scope`."""
        if scope not in self.scopes:
            raise Forbidden(f"this credential lacks the scope {scope}", code="insufficient_scope")


@dataclass(frozen=True)
class UserCaller:
    """A person with a token of the tenant's identity provider.

    `verified_email` and `verified_phone` are what the issuer vouches for, as it spelled them; None where it does not.
    """

    tenant: Tenant
    credential: CredentialId
    subject: str
    verified_email: str | None
    verified_phone: str | None
    expires_at: datetime
    calls_per_minute: int

    def require(self, scope: Scope) -> None:
        """Raise Forbidden: a user holds no scope."""
        raise Forbidden(f"only staff and service keys may hold the scope {scope}", code="insufficient_scope")

    @property
    def links_freely(self) -> bool:
        """Whether the tenant accepts what users type as if it were proven."""
        return self.tenant.linking is LinkingPolicy.TRUSTING


Caller = TrustedCaller | UserCaller
