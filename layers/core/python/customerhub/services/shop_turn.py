"""What everything needs that takes in what a shop says."""

import threading
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

from customerhub.domain.caller import Scope, TrustedCaller
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import CredentialId, ExternalId, TenantId
from customerhub.domain.integration import Integration
from customerhub.domain.job import Job
from customerhub.domain.tenant import Tenant
from customerhub.ports import IdentityStore
from customerhub.ports.connector import Connector
from customerhub.ports.duties import DutyStore
from customerhub.ports.shop_records import ShopRecordStore
from customerhub.services.club_parts import ClubParts
from customerhub.services.owing_identities import Integrations, OwingIdentityStore

SCOPES = frozenset({Scope.CUSTOMERS_WRITE, Scope.CUSTOMERS_MERGE, Scope.CLUB_ENROLL})


@dataclass(frozen=True)
class ShopTurn:
    """One integration, read in one go: for a delivery, or for a page of a run.

    `club` works on the plain identity store; what is written of customers themselves goes through `identities`. `via`
    begins the request id under which timeline and logs know what comes of it (`webhook-<delivery>`, `run-<run>`).
    `unforeseen` is told of a fault that nobody foresaw, with the id of the record. `jobs` collects the jobs that came
    to be owed and that nobody was told of yet.
    """

    tenant: Tenant
    integration: Integration
    connector: Connector
    club: ClubParts
    records: ShopRecordStore
    duties: DutyStore
    via: str
    unforeseen: Callable[[Exception, ExternalId], object] = lambda *_: None
    jobs: list[Job] = field(default_factory=list)

    @cached_property
    def identities(self) -> IdentityStore:
        """Customers: what is written of them is owed to the tenant's other shops, never back to this one. The
        integrations are listed once for the whole turn."""
        club = self.club
        listed = _ListedOnce(club.integrations)
        return OwingIdentityStore(
            club.identities, listed, club.jobs, club.clock, without=self.integration.id, notice=self.jobs.extend
        )

    @property
    def caller(self) -> TrustedCaller:
        """The shop is believed in what it says of its own customers."""
        credential = CredentialId(f"integration:{self.integration.id}")
        return TrustedCaller(self.tenant, credential, SCOPES, calls_per_minute=0)

    def circumstances(self, record: ExternalId) -> Circumstances:
        """Under which one record is taken in; the integration's id is the source."""
        request_id = f"{self.via}-{record}"
        return Circumstances(self.caller.credential, self.integration.id, request_id, self.club.clock.now())


@dataclass(frozen=True)
class _ListedOnce:
    """Implements `Integrations` for as long as a turn takes."""

    inner: Integrations
    known: dict[TenantId, Sequence[Integration]] = field(default_factory=dict)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def list_integrations(self, tenant: TenantId) -> Sequence[Integration]:
        """One round trip, the first time."""
        with self.lock:
            if tenant not in self.known:
                self.known[tenant] = self.inner.list_integrations(tenant)
            return self.known[tenant]
