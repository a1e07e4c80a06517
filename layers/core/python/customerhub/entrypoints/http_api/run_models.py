"""Runs as JSON."""

from typing import Literal

from pydantic import AwareDatetime, Field

from customerhub.domain.feed import FeedKind
from customerhub.domain.run import RecordVerdict, Run, RunStatus
from customerhub.domain.verdict import Counts, Verdict
from customerhub.entrypoints.http_api.customer_timeline import ActorBody
from customerhub.entrypoints.http_api.models import Body, RequestBody


class SyncRequest(RequestBody):
    """How much is to be looked at."""

    full: bool = Field(
        default=False,
        description=(
            "Compare every record on both sides, and repair the hub's; else what has changed since the last time."
        ),
    )


class RecordCounts(Body):
    """What became of the records: `records` is the sum of the others."""

    records: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    conflict: int
    failed: int
    balanced: bool = Field(description="Whether it is; if not, the run has failed.")


class FeedBody(Body):
    """One list of the platform's."""

    feed: FeedKind
    status: Literal["waiting", "under_way", "done", "refused"]
    reason: str | None = Field(description="Why it was refused.", examples=["access_denied"])
    counts: RecordCounts


class RunBody(Body):
    """One run."""

    id: str
    integration: str
    kind: Literal["pull", "compare"]
    status: Literal["running", "completed", "cancelled", "failed"]
    cancel_requested: bool
    reason: str | None = Field(description="Why it failed, or what it waits for.", examples=["credentials_refused"])
    asked_by: ActorBody = Field(description="`hub` is the schedule.")
    started_at: AwareDatetime
    updated_at: AwareDatetime = Field(description="When it last got on.")
    finished_at: AwareDatetime | None
    due_at: AwareDatetime | None = Field(description="When it goes on, after a fault or once an export may be ready.")
    attempts: int = Field(description="Of the present page, as far as they failed.")
    gone: int = Field(description="Records that only the hub had: the shop has deleted them.")
    counts: RecordCounts
    feeds: list[FeedBody]


class RunResponse(Body):
    """One run."""

    run: RunBody


class RunsResponse(Body):
    """A page of runs; `nextCursor` is null on the last one."""

    runs: list[RunBody]
    next_cursor: str | None


class RunUnderWayResponse(Body):
    """Another run has to end first."""

    error: str = Field(examples=["Conflict"])
    message: str
    code: Literal["run_under_way"]
    request_id: str
    run: RunBody


class RecordBody(Body):
    """What became of one record."""

    id: str = Field(description="The platform's own id.", examples=["7351254589461"])
    verdict: Verdict
    code: str | None = Field(description="Why.", examples=["shared_phone"])
    customer_id: str | None = Field(description="Whom the record ended at.")


class RecordsResponse(Body):
    """A page of verdicts; `nextCursor` is null on the last one."""

    records: list[RecordBody]
    next_cursor: str | None


def run_body(run: Run) -> RunBody:
    """The body of a run."""
    kind, _, name = run.asked_by.partition(":")
    return RunBody(
        id=run.id,
        integration=run.integration,
        kind=run.kind.value,
        status=run.status.value,
        cancel_requested=run.cancel_requested,
        reason=run.reason,
        asked_by=ActorBody(kind=kind, id=name),
        started_at=run.started_at,
        updated_at=run.updated_at,
        finished_at=run.finished_at,
        due_at=run.due_at,
        attempts=run.attempts,
        gone=run.gone,
        counts=record_counts(run.total),
        feeds=[_feed_body(run, feed) for feed in FeedKind],
    )


def record_counts(counts: Counts) -> RecordCounts:
    """The counts of a run or of a feed."""
    by_name = {verdict.value: counts.of(verdict) for verdict in Verdict}
    return RecordCounts(records=counts.rows, balanced=counts.is_balanced, **by_name)


def record_body(verdict: RecordVerdict) -> RecordBody:
    """The body of a verdict."""
    return RecordBody(id=verdict.id, verdict=verdict.verdict, code=verdict.code, customer_id=verdict.customer)


def _feed_body(run: Run, feed: FeedKind) -> FeedBody:
    refused = run.refused.get(feed)
    return FeedBody(
        feed=feed,
        status="refused" if refused else _status(run, feed),
        reason=refused,
        counts=record_counts(run.counts.get(feed, Counts())),
    )


def _status(run: Run, feed: FeedKind) -> Literal["waiting", "under_way", "done"]:
    if feed not in run.feeds:
        return "done"
    return "under_way" if feed is run.position.feed and run.status is RunStatus.RUNNING else "waiting"
