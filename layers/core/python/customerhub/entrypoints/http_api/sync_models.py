"""Jobs and health figures as JSON."""

import datetime
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from customerhub.domain.integration import Integration
from customerhub.domain.job import Job, JobKind, JobStatus
from customerhub.domain.sync_health import SyncFigures, percentile_ms
from customerhub.entrypoints.http_api.customer_models import Name, Text
from customerhub.entrypoints.http_api.models import Body, RequestBody
from customerhub.services.change_jobs import Changed
from customerhub.services.report_sync_health import SyncHealth

MAX_IDS = 100
JobIdText = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]
IntegrationText = Annotated[str, StringConstraints(pattern=r"^[a-z0-9][a-z0-9-]{0,39}$")]
ReasonText = Annotated[str, StringConstraints(min_length=1, max_length=100)]
CustomerText = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Status = Literal["waiting", "done", "skipped", "parked", "discarded"]
Kind = Literal["sync_customer", "sync_stage", "end_enrollment", "send_welcome", "register_webhooks", "owe_members"]


class OverridesBody(RequestBody):
    """Values in place of the customer's own, for this job alone. Null: it is not told at all."""

    email: Text | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    phone: Text | None = Field(None, description="In any spelling.")


class JobPatch(RequestBody):
    """What is absent stays as it is."""

    due_at: AwareDatetime | None = Field(
        None,
        strict=False,
        description="When the job is to be tried next, with a time zone; for one that waits. Null is now.",
        examples=["2026-11-25T18:00:00Z"],
    )
    overrides: OverridesBody | None = Field(
        None, description="Set beside those that are there; null takes all of them away."
    )


class FailureBody(Body):
    """An attempt that failed."""

    at: str
    code: str = Field(examples=["partner_answered_503"])
    message: str


class JobBody(Body):
    """One thing that is owed to a shop or CRM, or at a later time."""

    id: str = Field(examples=["0d9b4a4f3b7c1e6a5d2f8c9b7a6e5d4c"])
    kind: Kind
    status: Status
    reason: str | None = Field(
        description="Why it is parked or skipped, or what the last attempt failed for.", examples=["partner_refused"]
    )
    integration: str | None = Field(description="Null: the job is for none.", examples=["commerce7"])
    customer_id: str | None
    enrollment_id: str | None
    stage_id: str | None
    due_at: str = Field(description="When it is tried next.")
    created_at: str
    updated_at: str
    owed_since: str | None = Field(description="Since when it has been owed without having been done.")
    is_running: bool = Field(description="Whether a worker is at it.")
    attempts: int = Field(description="Since it was last owed.")
    failures: list[FailureBody] = Field(description="The last ten, the oldest first.")
    overrides: dict[str, str | None] | None = Field(
        description="What staff set in place of the customer's own values. Null without customers:read."
    )


class OneJobResponse(Body):
    """One job."""

    job: JobBody


class JobsResponse(Body):
    """A page of jobs; `nextCursor` is null on the last one."""

    jobs: list[JobBody]
    next_cursor: str | None


class JobFilterBody(RequestBody):
    """Which jobs are meant."""

    status: Status = Field("parked", description="Parked ones by default.")
    integration: IntegrationText | None = None
    kind: Kind | None = None
    customer_id: CustomerText | None = None
    reason: ReasonText | None = None


class ManyJobsRequest(RequestBody):
    """Either `ids`, or `all` that match `filter`."""

    ids: Annotated[list[JobIdText], Field(min_length=1, max_length=MAX_IDS)] | None = None
    all: Literal[True] | None = None
    filter: JobFilterBody | None = Field(
        None, description="With `all`. Ends of enrollments are meant only where `kind` names them."
    )
    cursor: str | None = Field(None, max_length=1024, description="The `nextCursor` of the call before, with `all`.")


class ManyJobsResponse(Body):
    """What became of them: `matched` is the sum of the other counts."""

    matched: int
    changed: int
    unchanged: int = Field(description="They were as asked for already.")
    refused: int = Field(description="It does not fit what they are by now.")
    missing: int = Field(description="There are no such jobs.")
    next_cursor: str | None = Field(description="Leads to those that this call did not come to. Null: that was all.")


class CustomersSynced(Body):
    """Customers by whether the integration has them as the hub does."""

    synced: int
    pending: int = Field(description="A job waits for its turn, or for its next attempt.")
    parked: int = Field(description="A person must look.")


class QueueBody(Body):
    """What waits for a worker."""

    length: int
    oldest_due_at: str | None = Field(description="When the job that is due longest fell due; null: none is due.")
    oldest_age_s: float | None


class ResponseTimesBody(Body):
    """How long the platform took to answer, over the last 24 hours. Null without an answer."""

    answers: int
    p50_ms: float | None
    p95_ms: float | None


class SyncFiguresBody(Body):
    """The figures of one integration, or of all."""

    customers: CustomersSynced
    jobs: dict[str, int] = Field(description="Jobs of every kind by status.")
    attempts: int
    failed_attempts: int
    last_success_at: str | None
    queue: QueueBody
    response_times: ResponseTimesBody


class IntegrationHealth(SyncFiguresBody):
    """The figures of one integration."""

    integration: str
    platform: str
    active: bool


class SyncHealthResponse(Body):
    """How the work towards shops and CRMs is going."""

    at: str
    total: SyncFiguresBody
    integrations: list[IntegrationHealth]


def job_body(job: Job, now: datetime.datetime, *, with_overrides: bool) -> JobBody:
    """The body of a job."""
    return JobBody(
        id=job.id,
        kind=job.kind.value,
        status=job.status.value,
        reason=job.reason,
        integration=job.integration,
        customer_id=job.customer,
        enrollment_id=job.enrollment,
        stage_id=job.stage,
        due_at=job.due_at.isoformat(),
        created_at=job.created_at.isoformat(),
        updated_at=job.updated_at.isoformat(),
        owed_since=_time(job.owed_since),
        is_running=job.is_leased(now),
        attempts=job.attempts,
        failures=[FailureBody(at=f.at.isoformat(), code=f.code, message=f.message) for f in job.failures],
        overrides=dict(job.overrides) if with_overrides else None,
    )


def many_body(changed: Changed, next_cursor: str | None) -> ManyJobsResponse:
    """The body of what became of many jobs."""
    return ManyJobsResponse(
        matched=changed.matched,
        changed=changed.changed,
        unchanged=changed.unchanged,
        refused=changed.refused,
        missing=changed.missing,
        next_cursor=next_cursor,
    )


def health_body(health: SyncHealth) -> SyncHealthResponse:
    """The body of the figures."""
    return SyncHealthResponse(
        at=health.at.isoformat(),
        total=SyncFiguresBody(**_figures(health.total, health.at)),
        integrations=[_integration(one, figures, health.at) for one, figures in health.integrations],
    )


def _integration(integration: Integration, figures: SyncFigures, now: datetime.datetime) -> IntegrationHealth:
    about = {"integration": integration.id, "platform": integration.platform.value, "active": integration.active}
    return IntegrationHealth.model_validate(about | _figures(figures, now))


def _figures(figures: SyncFigures, now: datetime.datetime) -> dict[str, object]:
    oldest = figures.oldest_due_at
    return {
        "customers": CustomersSynced(
            synced=figures.count(JobKind.SYNC_CUSTOMER, JobStatus.DONE),
            pending=figures.count(JobKind.SYNC_CUSTOMER, JobStatus.WAITING),
            parked=figures.count(JobKind.SYNC_CUSTOMER, JobStatus.PARKED),
        ),
        "jobs": {status.value: figures.of_status(status) for status in JobStatus},
        "attempts": figures.attempts,
        "failed_attempts": figures.failed_attempts,
        "last_success_at": _time(figures.last_success_at),
        "queue": QueueBody(
            length=figures.queue_length,
            oldest_due_at=_time(oldest),
            oldest_age_s=max((now - oldest).total_seconds(), 0) if oldest else None,
        ),
        "response_times": ResponseTimesBody(
            answers=sum(figures.buckets.values()),
            p50_ms=percentile_ms(figures.buckets, 0.5),
            p95_ms=percentile_ms(figures.buckets, 0.95),
        ),
    }


def _time(at: datetime.datetime | None) -> str | None:
    return at.isoformat() if at else None
