"""The work of an import: page by page, resumable at any moment, each row once."""

import secrets
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from customerhub.domain.caller import TrustedCaller
from customerhub.domain.ids import ImportId, TenantId
from customerhub.domain.imports.layout import Layout
from customerhub.domain.imports.reader import Place, Row
from customerhub.domain.imports.run import ImportRun, ImportStatus, VerdictPage
from customerhub.domain.imports.verdict import RowVerdict
from customerhub.domain.job import Lease
from customerhub.domain.tenant import Tenant
from customerhub.errors import HubError, LostRace, Refused, RetryLater, ServiceUnavailable
from customerhub.ports import TenantDirectory
from customerhub.ports.imports import ImportFiles, ImportQueue, ImportStore
from customerhub.ports.jobs import JobQueue
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.import_rows import RowsOfImport, import_rows
from customerhub.services.read_import_file import rows_of_file
from customerhub.services.tell_queue import tell_queue
from customerhub.services.write_error_file import count_verdicts, write_error_file

PAGE_ROWS = 200
"""Rows whose verdicts are kept together: what a crash has to look up again at most."""
READ_TRIES = 4
"""Of one block of the file."""
LEASE = timedelta(minutes=2)
"""Longer than any page takes; each page renews it. Who loses it all the same finds out when the page is committed."""


class Ending(StrEnum):
    """Why a worker laid an import down."""

    ENDED = "ended"
    """There is nothing left to do."""
    CONTINUED = "continued"
    """Time is up; another message goes on."""
    BUSY = "busy"
    """Another worker is at it, or has taken it over."""
    NOT_RUNNING = "not_running"
    """It was not started, has ended before, or is not there any more."""


@dataclass(frozen=True)
class ImportParts:
    """What the worker works with. `row_threads` rows are worked at a time."""

    imports: ImportStore
    files: ImportFiles
    queue: ImportQueue
    tenants: TenantDirectory
    club: ClubParts
    job_queue: JobQueue
    unforeseen: Callable[[Exception, int], object] = lambda *_: None
    row_threads: int = 16
    page_rows: int = PAGE_ROWS


def work_import(tenant: TenantId, import_id: ImportId, until: datetime, *, parts: ImportParts) -> Ending:
    """Go on with an import from where it stands, until it has ended or time is up.

    One worker at a time, by a lease. The verdicts of a page and the place of the next one are written in one
    transaction; a page that was worked but not committed is worked again and comes to the same verdicts, since each
    row's answer is kept with what it changed. A request to cancel is honoured between two pages. Raises RetryLater:
    then the import is left as it is, and goes on with the next message.
    """
    run = parts.imports.get_import(tenant, import_id)
    if run is None or run.status is not ImportStatus.RUNNING:
        return Ending.NOT_RUNNING
    now = parts.club.clock.now()
    if run.is_leased(now):
        return Ending.BUSY
    lease = Lease(secrets.token_hex(16), now + LEASE)
    try:
        leased = parts.imports.put_import(replace(run, lease=lease))
    except LostRace:
        return Ending.BUSY
    return _Worker(parts, lease.token, until, was_interrupted=run.lease is not None).work(leased)


def _opened(run: ImportRun, layout: Layout, files: ImportFiles) -> Iterator[Row]:
    """The rows from where the import stands. Started without a file there are none, and no import is."""
    return rows_of_file(run, run.file, layout, run.place, files=files) if run.file else iter(())


class _LostLeaseError(Exception):
    """Another worker has the import now."""


class _Worker:
    """One worker at one import. `was_interrupted`: the worker before was, perhaps in the middle of a page, which is
    then finished before anything else."""

    def __init__(self, parts: ImportParts, token: str, until: datetime, *, was_interrupted: bool) -> None:
        self._parts = parts
        self._token = token
        self._until = until
        self._is_amid_page = was_interrupted
        self._rows: Iterator[Row] | None = None

    def work(self, run: ImportRun) -> Ending:
        """Until it has ended or time is up."""
        try:
            return self._work(run)
        except _LostLeaseError:
            return Ending.BUSY
        except RetryLater:
            # The next message need not wait for the lease to end.
            with suppress(HubError, _LostLeaseError):
                self._update(run, self._laid_down)
            raise

    def _work(self, run: ImportRun) -> Ending:
        tenant = self._parts.tenants.get_tenant(run.tenant)
        if tenant is None:
            return self._end(run, ImportStatus.FAILED, "unknown_tenant")
        with ThreadPoolExecutor(self._parts.row_threads, thread_name_prefix="rows") as threads:
            return self._work_pages(run, tenant, threads)

    def _work_pages(self, run: ImportRun, tenant: Tenant, threads: ThreadPoolExecutor) -> Ending:
        while True:
            if run.cancel_requested and not self._is_amid_page:
                return self._end(run, ImportStatus.CANCELLED)
            if self._now() >= self._until:
                return self._hand_over(run)
            # Read anew for each page: within the hours of an import shops are connected, and stages archived.
            about = self._about(run, tenant)
            if about is None:
                return self._end(run, ImportStatus.FAILED, "unknown_stage")
            try:
                page = self._read_page(run, about.layout)
            except Refused as refusal:
                return self._end(run, ImportStatus.FAILED, refusal.code)
            if not page:
                return self._end(run, ImportStatus.COMPLETED)
            self._is_amid_page = True
            verdicts = import_rows(page, about, threads)
            run = self._commit(run, page, verdicts)
            self._tell_jobs(about)
            self._is_amid_page = False

    def _read_page(self, run: ImportRun, layout: Layout) -> list[Row]:
        """The next rows. After a fault the file is opened again where the page begins."""
        for _ in range(READ_TRIES):
            if self._rows is None:
                self._rows = _opened(run, layout, self._parts.files)
            try:
                return list(islice(self._rows, self._parts.page_rows))
            except ServiceUnavailable as fault:
                self._rows = None
                self._parts.club.clock.sleep(fault.retry_after_s)
        raise ServiceUnavailable("the file could not be read")

    def _about(self, run: ImportRun, tenant: Tenant) -> RowsOfImport | None:
        """None where the import's stage is not there."""
        club = self._parts.club
        if run.layout is None or run.columns is None:
            return None
        stages = {stage.id: stage for stage in club.club.list_stages(tenant.id)}
        if run.stage and run.stage not in stages:
            return None
        return RowsOfImport(
            run.id,
            TrustedCaller(tenant, run.created_by, run.scopes, calls_per_minute=0),
            run.layout,
            run.columns,
            run.source,
            stages,
            club.active_integrations(tenant.id),
            club,
            stage=run.stage,
            may_move=run.may_move,
            unforeseen=self._parts.unforeseen,
        )

    def _commit(self, run: ImportRun, page: Sequence[Row], verdicts: Sequence[RowVerdict]) -> ImportRun:
        """The import after the page. It may have been asked to be cancelled meanwhile, which is no reason to lose what
        was worked; and a write whose answer was lost may have taken effect."""
        place, stored = Place(page[-1].end, page[-1].number + 1), VerdictPage(tuple(verdicts))

        readings = self._readings(run)

        def attempt() -> ImportRun:
            known = next(readings)
            if known.place == place:
                return known
            after = known.after_page(verdicts, place, self._now())
            return self._parts.imports.commit_page(self._renewed(after), stored)

        return attempts(self._parts.club.clock, attempt)

    def _own(self, run: ImportRun) -> ImportRun:
        """The import as it is stored, as long as it is this worker's."""
        known = self._parts.imports.get_import(run.tenant, run.id)
        if known is None or known.lease is None or known.lease.token != self._token:
            raise _LostLeaseError
        return known

    def _renewed(self, run: ImportRun) -> ImportRun:
        return replace(run, lease=Lease(self._token, self._now() + LEASE))

    def _laid_down(self, run: ImportRun) -> ImportRun:
        """Without the lease; but one that has run out stays where a page may have been worked and not committed, so
        that the next one finishes it first."""
        return replace(run, lease=Lease(self._token, self._now()) if self._is_amid_page else None)

    def _hand_over(self, run: ImportRun) -> Ending:
        """Without the lease, so that the next one need not wait; where the message is lost, the sweep sends another."""
        self._update(run, self._laid_down)
        with suppress(ServiceUnavailable):
            self._parts.queue.send([(run.tenant, run.id)])
        return Ending.CONTINUED

    def _end(self, run: ImportRun, status: ImportStatus, reason: str | None = None) -> Ending:
        """With the file of rows that failed. What was counted on the way must be what is stored."""
        imports, files = self._parts.imports, self._parts.files
        run = self._update(run, self._renewed)
        if not run.counts.is_balanced or count_verdicts(run, imports=imports) != run.counts:
            status, reason = ImportStatus.FAILED, "unbalanced"
        has_error_file = False
        if run.has_correctable_rows:
            with suppress(Refused):  # the uploaded file is not there any more
                write_error_file(run, imports=imports, files=files)
                has_error_file = True
        now = self._now()

        def ended(known: ImportRun) -> ImportRun:
            return replace(
                known,
                status=status,
                reason=reason,
                has_error_file=has_error_file,
                finished_at=now,
                updated_at=now,
                lease=None,
            )

        self._update(run, ended, imports.end_import)
        return Ending.ENDED

    def _update(
        self,
        run: ImportRun,
        change: Callable[[ImportRun], ImportRun],
        write: Callable[[ImportRun], ImportRun] | None = None,
    ) -> ImportRun:
        """The import, changed; it may have been asked to be cancelled since it was read."""
        write, readings = write or self._parts.imports.put_import, self._readings(run)
        return attempts(self._parts.club.clock, lambda: write(change(next(readings))))

    def _readings(self, run: ImportRun) -> Iterator[ImportRun]:
        """What is known of it, and from then on what is stored."""
        yield run
        while True:
            yield self._own(run)

    def _tell_jobs(self, about: RowsOfImport) -> None:
        told, about.jobs[:] = list(about.jobs), []
        tell_queue(told, queue=self._parts.job_queue)

    def _now(self) -> datetime:
        return self._parts.club.clock.now()
