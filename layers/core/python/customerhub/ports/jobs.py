"""What is owed, and the queue that carries it to the workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping, Sequence
    from datetime import datetime

    from customerhub.domain.ids import CustomerId, IntegrationId, JobId, TenantId
    from customerhub.domain.job import Job, JobChange, JobStatus
    from customerhub.domain.link import Link
    from customerhub.domain.page import Page
    from customerhub.domain.sync_health import SyncFigures


class JobStore(Protocol):
    """Jobs. Reads of single jobs are strongly consistent, lists are as of a moment ago. Every method raises
    StoreUnavailable on a fault; writes raise LostRace when something changed since it was read. Jobs are also written
    by `IdentityStore.write`, with what owes them or with what they brought about."""

    def get_jobs(self, tenant: TenantId, ids: Collection[JobId]) -> Mapping[JobId, Job]:
        """Those that there are, in one round trip; none for no ids."""

    def list_jobs(
        self,
        tenant: TenantId,
        integrations: Collection[IntegrationId | None],
        status: JobStatus,
        after: str | None,
        limit: int,
    ) -> Page[Job]:
        """A tenant's jobs of that status for these integrations (None: for none), the one that is due first (or was
        changed first) first."""

    def due_jobs(self, until: datetime, limit: int) -> Sequence[Job]:
        """Waiting jobs of all tenants that the sweep is to look after by `until`, the longest due first."""

    def write_jobs(self, changes: Sequence[JobChange]) -> None:
        """All of them in one transaction, at most 25."""

    def read_figures(
        self, tenant: TenantId, integrations: Collection[IntegrationId | None], now: datetime
    ) -> Mapping[IntegrationId | None, SyncFigures]:
        """What has been counted of a tenant's jobs for these integrations. The cost does not grow with jobs."""


class JobQueue(Protocol):
    """Tells the workers that jobs are due. Raises ServiceUnavailable."""

    def send(self, jobs: Sequence[Job]) -> None:
        """Have each job looked at when it is due, if that is within a quarter of an hour; others are left to the sweep.
        A job that is told of twice is done once."""


class LinkStore(Protocol):
    """What ties customers to records of shops and CRMs. Raises StoreUnavailable."""

    def get_links(
        self, tenant: TenantId, customers: Sequence[CustomerId], integration: IntegrationId
    ) -> Sequence[Link]:
        """The links to that integration in all these collections, in one round trip. Strongly consistent."""

    def list_links(self, tenant: TenantId, customers: Sequence[CustomerId]) -> Sequence[Link]:
        """The links to all integrations in these collections. One round trip for each. Strongly consistent."""


class JobTimes(Protocol):
    """How long platforms took to answer."""

    def drain(self) -> tuple[float, ...]:
        """Seconds for each answer that this thread has waited for since it was last asked."""
