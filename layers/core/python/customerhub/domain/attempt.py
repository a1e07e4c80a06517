"""What becomes of a job: taken, done, tried again, waiting for its turn, parked. Pure.

Jitter comes in as a number from 0 to 1, so that nothing here is left to chance.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from enum import StrEnum

from customerhub import errors
from customerhub.domain.job import Failure, Job, JobStatus, Lease

LEASE = timedelta(minutes=2)
"""Longer than a worker may live: whoever holds a lease that has run out is gone."""
FIRST_CEILING_S = 2.0
LAST_CEILING_S = 3_600.0
PATIENCE = timedelta(days=7)
"""How long a job is tried that fails."""
MAX_TURN_CEILING_S = 900.0
"""A job whose turn has not come looks again in at most about this time."""
MAX_FAILURES = 10
"""Of those that are kept to be shown."""
TOLD = timedelta(minutes=1)
"""How long the sweep leaves a worker that was told of a job, before it tells one again."""

LOST_AT_ONCE = 3
"""A job is gone on with at once where its worker was lost, unless it has had so many attempts: it may be what kills
them."""

RETRIES_EXHAUSTED = "retries_exhausted"
WORKER_LOST = "worker_lost"


class Verdict(StrEnum):
    """What an error means for the job that met it."""

    RETRY = "retry"
    """It failed, and is tried again later."""
    WAIT = "wait"
    """It is tried again as if it had not been tried."""
    PARK = "park"
    """A person must look."""
    SKIP = "skip"
    """There is nothing left to do."""


VERDICTS: Mapping[type[errors.HubError], Verdict] = {
    errors.Refused: Verdict.PARK,
    errors.RetryLater: Verdict.RETRY,
    errors.NotReadyYet: Verdict.WAIT,
    errors.Parked: Verdict.PARK,
    errors.Skipped: Verdict.SKIP,
}
"""One row per class, the nearest class counts. LostRace is absent: a job that loses a race is read and run again."""


def verdict_of(error: errors.HubError) -> Verdict:
    """What the error means. Raises LookupError for one that never leaves a use case."""
    for kind in type(error).__mro__:
        if kind in VERDICTS:
            return VERDICTS[kind]
    raise LookupError(type(error).__name__)


def code_of(error: errors.HubError) -> str:
    """The stable name of what went wrong."""
    match error:
        case errors.Refused():
            return error.code
        case errors.Parked() | errors.Skipped():
            return error.reason
        case errors.PartnerUnavailable():
            return "partner_unavailable" if error.status is None else f"partner_answered_{error.status}"
        case errors.RetryLater():
            return "try_again"
    raise LookupError(type(error).__name__)


def can_be_taken(job: Job, now: datetime) -> bool:
    """Whether the job is owed by now, and nobody is at it."""
    return job.status is JobStatus.WAITING and job.due_at <= now and not job.is_leased(now)


def taken(job: Job, token: str, now: datetime) -> Job:
    """The job under a lease; the sweep looks after it once that has run out."""
    return replace(job, lease=Lease(token, now + LEASE), quiet_until=now + LEASE)


def abandoned(job: Job, now: datetime, share: float) -> Job:
    """The job whose worker never came back. That is an attempt that failed, or else what kills its workers would be
    tried for ever. The reason stays as it is: it may say what was begun."""
    failure = Failure(now, WORKER_LOST, "the worker that was at it did not come back")
    if job.attempts < LOST_AT_ONCE and not _is_out_of_patience(job, now):
        return replace(with_failure(job, failure), attempts=job.attempts + 1, lease=None)
    after = failed(job, failure, 0, share)
    return after if after.status is JobStatus.PARKED else replace(after, reason=job.reason)


def told_of(job: Job, now: datetime, share: float) -> Job:
    """The job after the sweep has told a worker of it. The longer it has waited, the longer is the pause before it is
    told of again: a backlog is not sent over and over."""
    age_s = (now - (job.owed_since or job.due_at)).total_seconds()
    pause_s = min(max(age_s / 2, 300.0), LAST_CEILING_S)
    return replace(job, quiet_until=now + timedelta(seconds=pause_s * (0.75 + share / 2)))


def ended(job: Job, status: JobStatus, now: datetime, reason: str | None = None) -> Job:
    """The job with nothing left to do, or nothing that a machine can."""
    return replace(
        job,
        status=status,
        reason=reason,
        attempts=job.attempts + (status is not JobStatus.SKIPPED),
        updated_at=now,
        lease=None,
        quiet_until=None,
    )


def done(job: Job, now: datetime) -> Job:
    """The job after it succeeded. What had failed before stays to be seen."""
    return replace(ended(job, JobStatus.DONE, now), owed_since=None)


def parked(job: Job, failure: Failure) -> Job:
    """The job that a person must look at."""
    return ended(with_failure(job, failure), JobStatus.PARKED, failure.at, failure.code)


def failed(job: Job, failure: Failure, retry_after_s: float, share: float) -> Job:
    """The job after an attempt that may succeed another time: waiting, at random up to a ceiling that doubles with
    every attempt, beside what the partner asked for; parked where it has been tried for `PATIENCE`."""
    now = failure.at
    if _is_out_of_patience(job, now):
        return replace(parked(job, failure), reason=RETRIES_EXHAUSTED)
    wait_s = retry_after_s + share * min(FIRST_CEILING_S * 2.0 ** min(job.attempts, 20), LAST_CEILING_S)
    after = replace(with_failure(job, failure), attempts=job.attempts + 1, reason=failure.code)
    return waiting(after, now + timedelta(seconds=wait_s), now)


def not_ready(job: Job, retry_after_s: float, now: datetime, share: float) -> Job:
    """The job whose turn has not come. The longer it has been owed, the less often it asks: a backlog that a partner
    takes days for must not keep everybody busy with asking."""
    age_s = (now - (job.owed_since or now)).total_seconds()
    wait_s = retry_after_s + share * min(max(age_s / 4, retry_after_s), MAX_TURN_CEILING_S)
    return waiting(job, now + timedelta(seconds=wait_s), now)


def again(job: Job, now: datetime) -> Job:
    """The job that is still owed, or owed anew, and that somebody else shall go on with."""
    return waiting(job, now, now)


def waiting(job: Job, due_at: datetime, now: datetime) -> Job:
    """The job without its lease. Its worker tells the queue; the sweep looks after it a while later."""
    return replace(job, status=JobStatus.WAITING, due_at=due_at, updated_at=now, lease=None, quiet_until=due_at + TOLD)


def with_failure(job: Job, failure: Failure) -> Job:
    """The job with one more failure, of which the last are kept."""
    return replace(job, failures=(*job.failures, failure)[-MAX_FAILURES:])


def _is_out_of_patience(job: Job, now: datetime) -> bool:
    return now - (job.owed_since or now) >= PATIENCE
