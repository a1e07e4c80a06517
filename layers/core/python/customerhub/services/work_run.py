"""The work of a run: page by page, resumable at any moment, each record with one verdict."""

import math
import random
import secrets
from collections.abc import Callable, Iterator, Mapping, Sequence
from concurrent.futures import Executor, ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from customerhub.domain.attempt import WORKER_LOST, code_of
from customerhub.domain.feed import Drift, Feed, FeedKind, PullState
from customerhub.domain.ids import ExternalId, RunId, TenantId
from customerhub.domain.integration import Integration
from customerhub.domain.job import Lease
from customerhub.domain.remote import RemoteCustomer
from customerhub.domain.run import SCHEDULE, Position, RecordPage, RecordVerdict, Run, RunKind, RunStatus
from customerhub.domain.tenant import Tenant
from customerhub.domain.verdict import Counts, Verdict
from customerhub.errors import (
    CredentialsRefused,
    HubError,
    LostRace,
    NotReadyYet,
    Parked,
    RetryLater,
    ServiceUnavailable,
    UnreadableRecord,
)
from customerhub.services.attempts import attempts
from customerhub.services.find_gone import unshown_records
from customerhub.services.read_feed import OVERLAP, ExportUnderWay, FeedPage, FeedReader
from customerhub.services.run_parts import PullParts
from customerhub.services.settle_record import unreadable
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.tell_queue import tell_queue

LEASE = timedelta(minutes=3)
"""Longer than any page takes; each page renews it. Who loses it all the same finds out when the page is committed."""
PATIENCE = timedelta(hours=6)
"""How long a page is tried that fails, and how often at least."""
ENOUGH_ATTEMPTS = 8
FIRST_CEILING_S = 2.0
LAST_CEILING_S = 900.0
MAX_DELAY_S = 900
"""Of a message; what is due later than that is left to the sweep."""
EARLY = timedelta(seconds=1)
"""How much too early a message may come: clocks differ."""
SWEPT_AT_ONCE = 25
"""Records that the platform is asked for one by one."""

FEW = 100
CREDIBLE_SHARE = 1 / 3
"""Of the records that the platform shows: so many may be gone, and a few always, before a comparison that the schedule
has started stops. One that was asked for by somebody goes through with it."""

TOO_MANY_GONE = "too_many_gone"
ACCESS_DENIED = "access_denied"
"""Of credentials that are good, but not for this."""
INACTIVE = "integration_inactive"
UNBALANCED = "unbalanced"
UNKNOWN_TENANT = "unknown_tenant"


class Ending(StrEnum):
    """Why a worker laid a run down."""

    ENDED = "ended"
    """There is nothing left to do."""
    CONTINUED = "continued"
    """Time is up; another message goes on."""
    WAITING = "waiting"
    """It failed for now, or the platform's export is not ready; another message goes on then."""
    BUSY = "busy"
    """Another worker is at it, or has taken it over."""
    NOT_DUE = "not_due"
    """It is to go on later."""
    NOT_RUNNING = "not_running"
    """It has ended before, or is not there any more."""


def work_run(tenant: TenantId, run_id: RunId, until: datetime, *, parts: PullParts) -> Ending:
    """Go on with a run from where it stands, until it has ended or time is up.

    One worker at a time, by a lease. Verdicts, counts, the place of the next page and the feed's watermark are written
    in one transaction; a page that was taken in but not committed is read and taken in again, to the same state. A
    request to cancel, and that the integration was disconnected, are honoured between two pages. A fault of the moment
    is written down in the run, which goes on later; refused credentials end it. Beside what taking in costs, a page
    costs a read of the integration, the call of the platform's, one transaction and a message.

    Raises RetryLater where not even that could be written down: then the sweep has it gone on with.
    """
    run = parts.runs.get_run(tenant, run_id)
    if run is None or run.status is not RunStatus.RUNNING:
        return Ending.NOT_RUNNING
    now = parts.club.clock.now()
    if run.is_leased(now):
        return Ending.BUSY
    if not run.is_due(now + EARLY):
        return Ending.NOT_DUE
    lease, lost = Lease(secrets.token_hex(16), now + LEASE), run.lease is not None
    try:
        taken = replace(run, lease=lease, attempts=run.attempts + lost, reason=WORKER_LOST if lost else run.reason)
        leased = parts.runs.put_run(taken)
    except LostRace:
        return Ending.BUSY
    return _Worker(parts, leased, lease.token, until).work()


class _LostLeaseError(Exception):
    """Another worker has the run now, or it has ended."""


@dataclass(frozen=True)
class _Step:
    """A page that was taken in: what became of its records, and how the run goes on. `gone` counts the records that the
    platform no longer has; `refused` says why the feed cannot be read."""

    verdicts: Sequence[RecordVerdict]
    records: int
    page: FeedPage
    gone: int = 0
    refused: str | None = None


class _Worker:
    """One worker at one run, as far as it is known to have come."""

    def __init__(self, parts: PullParts, run: Run, token: str, until: datetime) -> None:
        self._parts = parts
        self._run = run
        self._token = token
        self._until = until
        self._feeds: Mapping[FeedKind, Feed] = {}
        self._reader: FeedReader | None = None
        self._unshown: Iterator[ExternalId] | None = None

    def work(self) -> Ending:
        """Until it has ended, has to wait or time is up."""
        try:
            return self._work_or_fail()
        except _LostLeaseError:
            return Ending.BUSY

    def _work_or_fail(self) -> Ending:
        try:
            if self._run.reason == WORKER_LOST and self._is_out_of_patience():
                return self._end(RunStatus.FAILED, WORKER_LOST)
            return self._work_with_credentials()
        except Parked as refused:
            return self._end(RunStatus.FAILED, refused.reason)
        except RetryLater as fault:
            return self._wait(fault)

    def _work_with_credentials(self) -> Ending:
        """A process hears some minutes late that an integration has other credentials: these are tried first."""
        try:
            return self._work()
        except CredentialsRefused as refused:
            if not self._parts.connectors.are_renewed(self._run.tenant, self._run.integration):
                raise
            raise NotReadyYet("the integration has other credentials by now") from refused

    def _work(self) -> Ending:
        run = self._run
        tenant = self._parts.tenants.get_tenant(run.tenant)
        if tenant is None:
            return self._end(RunStatus.FAILED, UNKNOWN_TENANT)
        self._feeds = self._parts.runs.get_feeds(run.tenant, run.integration)
        with ThreadPoolExecutor(self._parts.threads, thread_name_prefix="records") as threads:
            while True:
                ending = self._work_page(tenant, threads)
                if ending:
                    return ending

    def _work_page(self, tenant: Tenant, threads: Executor) -> Ending | None:
        """What the run ends with, or None where it goes on."""
        run = self._run
        integration = self._parts.club.integrations.get_integration(run.tenant, run.integration)
        if run.cancel_requested:
            return self._end(RunStatus.CANCELLED)
        if integration is None or not integration.active:
            return self._end(RunStatus.CANCELLED, INACTIVE)
        if not run.feeds:
            return self._end(RunStatus.COMPLETED)
        if self._now() >= self._until:
            return self._hand_over()
        return self._take_in_page(self._turn(tenant, integration), threads)

    def _turn(self, tenant: Tenant, integration: Integration) -> ShopTurn:
        parts = self._parts
        return ShopTurn(
            tenant,
            integration,
            parts.connectors.open(integration),
            parts.club,
            parts.records,
            parts.duties,
            f"run-{self._run.id}",
            parts.unforeseen,
        )

    def _take_in_page(self, turn: ShopTurn, threads: Executor) -> Ending | None:
        position = self._begun()
        try:
            step = self._swept(turn, threads) if position.sweeping else self._read(position, turn, threads)
            if isinstance(step, ExportUnderWay):
                return self._look_again(step)
            self._commit(step)
        finally:
            tell_queue(turn.jobs, queue=self._parts.job_queue)
        return None

    def _begun(self) -> Position:
        """Where the run stands; at the beginning of a feed it is decided from when on it is pulled."""
        run, position = self._run, self._run.position
        if position.began_at:
            return position
        watermark = self._feeds[position.feed].watermark
        if run.kind is RunKind.COMPARE or watermark is None:
            return replace(position, since=None, began_at=self._now())
        return replace(position, since=watermark - OVERLAP, began_at=self._now())

    def _read(self, position: Position, turn: ShopTurn, threads: Executor) -> _Step | ExportUnderWay:
        """An app may lack the right to read orders or products: that is no reason to do without the customers."""
        self._reader = self._reader or FeedReader(turn.connector, self._parts.club.clock, self._parts.page_records)
        try:
            page = self._reader.read(position)
        except CredentialsRefused as refused:
            if refused.reason != ACCESS_DENIED or position.feed is FeedKind.CUSTOMERS:
                raise
            return _Step([], 0, FeedPage((), position, is_last=True), refused=refused.reason)
        if isinstance(page, ExportUnderWay):
            return page
        verdicts = self._parts.take_in.pages[position.feed](page.records, turn, threads) if page.records else []
        return _Step([*verdicts, *map(unreadable, page.unreadable)], len(page.records) + len(page.unreadable), page)

    def _swept(self, turn: ShopTurn, threads: Executor) -> _Step:
        """Some of the records that the platform's list has not shown: it is asked for each."""
        run, parts = self._run, self._parts
        self._unshown = self._unshown or unshown_records(run, runs=parts.runs, records=parts.records)
        candidates = list(islice(self._unshown, SWEPT_AT_ONCE))
        ids = tuple(dict.fromkeys(candidates))
        found: dict[ExternalId, RemoteCustomer | None] = {}
        unread: list[RecordVerdict] = []
        for record in ids:
            try:
                found[record] = turn.connector.get_customer(record)
            except UnreadableRecord:
                unread.append(unreadable(record))
        self._require_credible(sum(customer is None for customer in found.values()))
        there: list[RemoteCustomer] = [customer for customer in found.values() if customer]
        now = self._now()
        deleted = [parts.take_in.deletion(record, now, turn) for record, customer in found.items() if not customer]
        others = parts.take_in.pages[FeedKind.CUSTOMERS](there, turn, threads) if there else []
        gone = sum(one.verdict is Verdict.UPDATED for one in deleted)
        page = FeedPage((), run.position, is_last=len(candidates) < SWEPT_AT_ONCE)
        return _Step([*deleted, *others, *unread], len(ids), page, gone)

    def _require_credible(self, missing: int) -> None:
        """A platform that shows next to nothing is more likely to be wrong than to have lost its customers: what nobody
        has asked for does not believe it."""
        run = self._run
        shown, gone = run.counts.get(FeedKind.CUSTOMERS, Counts()).rows - run.gone, run.gone + missing
        if run.asked_by == SCHEDULE and gone > max(FEW, shown * CREDIBLE_SHARE):
            raise Parked("more records are gone than can be believed", reason=TOO_MANY_GONE)

    def _look_again(self, export: ExportUnderWay) -> Ending | None:
        """Remember the export. One that is ready is read at once."""
        now = self._now()
        due_at = now + timedelta(seconds=export.wait_s)

        def waiting(known: Run) -> Run:
            known = replace(known, position=export.position, updated_at=now, attempts=0, reason=None)
            return replace(known, lease=None, due_at=due_at) if export.wait_s else self._renewed(known)

        self._update(waiting)
        if not export.wait_s:
            return None
        self._send(export.wait_s)
        return Ending.WAITING

    def _commit(self, step: _Step) -> None:
        """Move on. The run may have been asked to be cancelled meanwhile, which is no reason to lose what was worked;
        and a write whose answer was lost may have taken effect."""
        run, feed = self._run, self._run.position.feed
        position, feeds = _behind(run, step)
        page = RecordPage(run.position.pages, feed, tuple(step.verdicts)) if step.verdicts else None
        readings, marks = self._readings(), self._feed_readings(feed)

        def attempt() -> Run:
            known = next(readings)
            if (known.position, known.feeds) == (position, feeds):
                return known
            now = self._now()
            counts = known.counts.get(feed, Counts()).plus((v.verdict for v in step.verdicts), rows=step.records)
            after = replace(
                known,
                position=position,
                feeds=feeds,
                counts={**known.counts, feed: counts},
                gone=known.gone + step.gone,
                refused={**known.refused, **({feed: step.refused} if step.refused else {})},
                updated_at=now,
                attempts=0,
                due_at=None,
                reason=None,
            )
            moved = _moved(next(marks), step.page.watermark)
            written = self._parts.runs.commit_page(self._renewed(after), page, moved)
            if moved:
                self._feeds = {**self._feeds, feed: replace(moved, version=moved.version + 1)}
            return written

        self._run = attempts(self._parts.club.clock, attempt)

    def _wait(self, fault: RetryLater) -> Ending:
        """Go on later, or give up what has failed for long enough."""
        if self._is_out_of_patience():
            return self._end(RunStatus.FAILED, code_of(fault))
        ceiling_s = min(FIRST_CEILING_S * 2.0 ** min(self._run.attempts, 20), LAST_CEILING_S)
        wait_s = fault.retry_after_s + random.uniform(0, ceiling_s)  # noqa: S311 - spreads retries, guards nothing
        due_at = self._now() + timedelta(seconds=wait_s)

        def waiting(known: Run) -> Run:
            return replace(known, lease=None, attempts=known.attempts + 1, due_at=due_at, reason=code_of(fault))

        self._update(waiting)
        if wait_s <= MAX_DELAY_S:
            self._send(math.ceil(wait_s))
        return Ending.WAITING

    def _is_out_of_patience(self) -> bool:
        """Since the last page was committed."""
        return self._run.attempts >= ENOUGH_ATTEMPTS and self._now() >= self._run.updated_at + PATIENCE

    def _hand_over(self) -> Ending:
        """Without the lease, so that the next one need not wait; where the message is lost, the sweep sends another."""
        self._update(lambda known: replace(known, lease=None))
        self._send()
        return Ending.CONTINUED

    def _end(self, status: RunStatus, reason: str | None = None) -> Ending:
        """What was counted on the way must be what is stored."""
        parts, run = self._parts, self._update(self._renewed)
        if not run.is_balanced or _count_verdicts(run, parts) != dict(run.counts):
            status, reason = RunStatus.FAILED, UNBALANCED
        now, readings = self._now(), self._readings()

        def attempt() -> Run:
            state, known = parts.runs.get_pull_state(run.tenant, run.integration), next(readings)
            ended = replace(
                known, status=status, reason=reason, finished_at=now, updated_at=now, due_at=None, lease=None
            )
            has_compared = status is RunStatus.COMPLETED or reason == TOO_MANY_GONE
            was_compared = run.kind is RunKind.COMPARE and has_compared and state.last_sync_at
            return parts.runs.end_run(ended, _state_after(state, ended), _drift(ended, now) if was_compared else None)

        self._run = attempts(parts.club.clock, attempt)
        with suppress(HubError):  # it is looked at again, every hour
            integration = parts.club.integrations.get_integration(run.tenant, run.integration)
            if integration:
                parts.ended(integration)
        return Ending.ENDED

    def _update(self, change: Callable[[Run], Run]) -> Run:
        """The run, changed; it may have been asked to be cancelled since it was read."""
        readings = self._readings()
        self._run = attempts(self._parts.club.clock, lambda: self._parts.runs.put_run(change(next(readings))))
        return self._run

    def _readings(self) -> Iterator[Run]:
        """What is known of it, and from then on what is stored, as long as it is this worker's."""
        yield self._run
        while True:
            known = self._parts.runs.get_run(self._run.tenant, self._run.id)
            if known is None or known.lease is None or known.lease.token != self._token:
                raise _LostLeaseError
            yield known

    def _feed_readings(self, kind: FeedKind) -> Iterator[Feed]:
        yield self._feeds[kind]
        while True:
            self._feeds = self._parts.runs.get_feeds(self._run.tenant, self._run.integration)
            yield self._feeds[kind]

    def _renewed(self, run: Run) -> Run:
        return replace(run, lease=Lease(self._token, self._now() + LEASE))

    def _send(self, delay_s: int = 0) -> None:
        with suppress(ServiceUnavailable):
            self._parts.queue.send([(self._run.tenant, self._run.id)], delay_s)

    def _now(self) -> datetime:
        return self._parts.club.clock.now()


def _behind(run: Run, step: _Step) -> tuple[Position, tuple[FeedKind, ...]]:
    """Where the run stands after a page, and which feeds are left. Of customers, a comparison looks for those that the
    platform has no more."""
    pages = run.position.pages + bool(step.verdicts)
    if not step.page.is_last:
        return replace(step.page.position, pages=pages), run.feeds
    feed = run.position.feed
    if run.kind is RunKind.COMPARE and feed is FeedKind.CUSTOMERS and not run.position.sweeping:
        return Position(feed, pages, began_at=step.page.position.began_at, sweeping=True), run.feeds
    left = run.feeds[1:]
    return Position(left[0] if left else feed, pages), left


def _moved(feed: Feed, watermark: datetime | None) -> Feed | None:
    """The feed with a newer watermark; None where it has none."""
    if watermark is None or (feed.watermark and feed.watermark >= watermark):
        return None
    return replace(feed, watermark=watermark)


def _state_after(state: PullState, run: Run) -> PullState:
    after, compares = replace(state, run=None if state.run == run.id else state.run), run.kind is RunKind.COMPARE
    match run.status:
        case RunStatus.COMPLETED:
            synced = replace(after, last_run=run.id, last_began_at=run.started_at, last_sync_at=run.finished_at)
            synced = replace(synced, failures=0, reason=None)
            return replace(synced, failed_comparisons=0, comparison_reason=None) if compares else synced
        case RunStatus.FAILED if compares:
            return replace(after, failed_comparisons=state.failed_comparisons + 1, comparison_reason=run.reason)
        case RunStatus.FAILED:
            return replace(after, failures=state.failures + 1, reason=run.reason)
        case _:
            return after


def _drift(run: Run, now: datetime) -> Drift:
    """What the comparison has found, and repaired, among what webhooks tell of: products wait for the next pull. What
    changed in the shop a moment ago, and is on its way, counts."""
    told_of: dict[FeedKind, Counts] = {**run.counts, FeedKind.PRODUCTS: Counts()}
    total = replace(run, counts=told_of).total
    different = total.of(Verdict.UPDATED) - run.gone
    return Drift(run.id, now, total.rows - run.gone, total.of(Verdict.CREATED), run.gone, different)


def _count_verdicts(run: Run, parts: PullParts) -> dict[FeedKind, Counts]:
    """Of the verdicts that are stored, in memory that does not grow with them."""
    counted = {kind: Counts() for kind in run.counts}
    for page in parts.runs.record_pages(run.tenant, run.id):
        verdicts = (one.verdict for one in page.verdicts)
        counted[page.feed] = counted.get(page.feed, Counts()).plus(verdicts, rows=len(page.verdicts))
    return counted
