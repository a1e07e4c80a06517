"""Jobs, read one by one and in lists, and written by themselves."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from customerhub.domain.ids import IntegrationId, JobId, TenantId
from customerhub.domain.job import Job, JobChange, JobStatus
from customerhub.domain.page import Page
from customerhub.domain.sync_health import SyncFigures
from customerhub.store import keys
from customerhub.store.job_items import due_shards, due_until, job_shards, job_writes, to_job
from customerhub.store.listing import Entry, ShardReader
from customerhub.store.sync_figures import read_figures
from customerhub.store.table import Database, Sorted


class DynamoJobStore:
    """Implements `ports.jobs.JobStore`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, shards: ShardReader, customers: str, work: str) -> None:
        self._database = database
        self._shards = shards
        self._customers = customers
        self._work = work

    def get_jobs(self, tenant: TenantId, ids: Collection[JobId]) -> Mapping[JobId, Job]:
        """One BatchGetItem per 100."""
        addresses = {keys.job(self._work, tenant, job): job for job in ids}
        found = self._database.batch_get(list(addresses)) if addresses else {}
        return {addresses[address]: to_job(item) for address, item in found.items()}

    def list_jobs(
        self,
        tenant: TenantId,
        integrations: Collection[IntegrationId | None],
        status: JobStatus,
        after: str | None,
        limit: int,
    ) -> Page[Job]:
        """One query per integration and shard, all at once, and one BatchGetItem per 100. The index is a moment late:
        what has another status by now is left out."""
        shards = [shard for one in integrations for shard in job_shards(self._work, tenant, one, status)]
        page = self._shards.read_page(shards, Sorted(after=after), limit) if shards else Page[Entry]()
        jobs = self._read(page.items)
        return Page(tuple(job for job in jobs if job.status is status), page.after)

    def due_jobs(self, until: datetime, limit: int) -> Sequence[Job]:
        """One query per shard, all at once, and one BatchGetItem per 100."""
        page = self._shards.read_page(due_shards(self._work), Sorted(), limit)
        bound = due_until(until)
        jobs = self._read([entry for entry in page.items if entry.position < bound])
        return [job for job in jobs if job.status is JobStatus.WAITING and (job.quiet_until or job.due_at) <= until]

    def write_jobs(self, changes: Sequence[JobChange]) -> None:
        """One TransactWriteItems."""
        self._database.write_all(job_writes(self._customers, self._work, changes))

    def read_figures(
        self, tenant: TenantId, integrations: Collection[IntegrationId | None], now: datetime
    ) -> Mapping[IntegrationId | None, SyncFigures]:
        """Two queries per shard of the counts, and one per integration and shard of the list of what waits."""
        counted = read_figures(self._database, self._work, tenant, now)
        return {
            one: replace(counted.get(one, SyncFigures()), oldest_due_at=self._oldest_due(tenant, one, now))
            for one in integrations
        }

    def _oldest_due(self, tenant: TenantId, integration: IntegrationId | None, now: datetime) -> datetime | None:
        page = self.list_jobs(tenant, [integration], JobStatus.WAITING, None, 1)
        return next((job.due_at for job in page.items if job.due_at <= now), None)

    def _read(self, entries: Sequence[Entry]) -> list[Job]:
        items = self._database.batch_get([entry.key for entry in entries]) if entries else {}
        return [to_job(items[entry.key]) for entry in entries if entry.key in items]
