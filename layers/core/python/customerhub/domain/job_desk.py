"""What staff do with jobs: look for them, have them tried again, correct them, put them away. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime

from customerhub.domain.email import parse_email
from customerhub.domain.ids import CustomerId, IntegrationId
from customerhub.domain.job import Job, JobKind, JobStatus
from customerhub.domain.names import clean_name
from customerhub.domain.owing import afresh
from customerhub.domain.phone import parse_phone
from customerhub.domain.tenant import Tenant
from customerhub.errors import InvalidInput, StateConflict

CONVERGENT = (JobKind.SYNC_CUSTOMER, JobKind.SYNC_STAGE, JobKind.REGISTER_WEBHOOKS, JobKind.OWE_MEMBERS)
"""What may be done again and again. Another kind that is done was done for good."""
CORRECTABLE = (JobKind.SYNC_CUSTOMER, JobKind.SEND_WELCOME)
"""What tells the outside of a person."""
LISTED = (JobStatus.PARKED, JobStatus.WAITING, JobStatus.SKIPPED, JobStatus.DISCARDED, JobStatus.DONE)
"""The order in which jobs of any status are listed: what needs a person comes first."""


@dataclass(frozen=True)
class JobFilter:
    """Which jobs are meant; None: whatever it is."""

    status: JobStatus | None = None
    integration: IntegrationId | None = None
    kind: JobKind | None = None
    customer: CustomerId | None = None
    reason: str | None = None

    @property
    def statuses(self) -> tuple[JobStatus, ...]:
        """In the order in which they are listed."""
        return (self.status,) if self.status else LISTED

    def matches(self, job: Job) -> bool:
        """Whether the job is meant, but for its customer, which is looked for by another way."""
        return (
            (self.status is None or job.status is self.status)
            and (self.integration is None or job.integration == self.integration)
            and (self.kind is None or job.kind is self.kind)
            and (self.reason is None or job.reason == self.reason)
        )


@dataclass(frozen=True)
class JobEdit:
    """New values; None leaves what there is. `overrides` are set beside those that are there, `clears` takes all of
    these away first."""

    due_at: datetime | None = None
    overrides: Mapping[str, str | None] | None = None
    clears: bool = False


def retried(job: Job, now: datetime) -> Job:
    """The job as though it had not been tried yet, due now; the same job where it is due anyway. Raises StateConflict
    where it was done for good."""
    if job.status is JobStatus.WAITING and job.due_at <= now:
        return job
    if job.status is JobStatus.DONE and job.kind not in CONVERGENT:
        raise StateConflict("the job was done, and is not done twice", code="already_done")
    return afresh(job, now, now)


def discarded(job: Job, now: datetime) -> Job:
    """The job put away; the same where it is so already. Raises StateConflict where there is nothing left to do."""
    if job.status is JobStatus.DISCARDED:
        return job
    if job.status in (JobStatus.DONE, JobStatus.SKIPPED):
        raise StateConflict(f"there is nothing left to do: the job is {job.status}", code="not_open")
    return replace(job, status=JobStatus.DISCARDED, updated_at=now, lease=None, quiet_until=None)


def edited(job: Job, edit: JobEdit, now: datetime) -> Job:
    """The job with new values; the same where nothing changes. Raises InvalidInput and StateConflict."""
    overrides = {} if edit.clears else dict(job.overrides)
    if edit.overrides and job.kind not in CORRECTABLE:
        raise InvalidInput("this kind of job tells nobody of a person", field="overrides")
    overrides |= edit.overrides or {}
    if edit.due_at is not None and job.status is not JobStatus.WAITING:
        raise StateConflict(f"only a job that waits is due: this one is {job.status}", code="not_waiting")
    due_at = edit.due_at or job.due_at
    if overrides == dict(job.overrides) and due_at == job.due_at:
        return job
    quiet_until = job.quiet_until if job.is_leased(now) else None
    return replace(job, overrides=overrides, due_at=due_at, updated_at=now, quiet_until=quiet_until)


def read_overrides(stated: Mapping[str, str | None], tenant: Tenant) -> Mapping[str, str | None]:
    """Values that staff typed, as they are to be told; null is not told at all. Raises InvalidInput."""
    return {name: None if text is None else _read(name, text, tenant) for name, text in stated.items()}


def _read(name: str, text: str, tenant: Tenant) -> str:
    try:
        if name == "email":
            return parse_email(text).address
        if name == "phone":
            return parse_phone(text, region=tenant.region, default_area_code=tenant.default_area_code).e164
    except InvalidInput as error:
        raise InvalidInput(error.message, code=error.code, field=f"overrides.{name}") from error
    if not (cleaned := clean_name(text)):
        raise InvalidInput("blank; null keeps it from being told", field=f"overrides.{name}")
    return cleaned
