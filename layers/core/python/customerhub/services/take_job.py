"""Take a job, so that nobody else works on it."""

import random
import secrets

from customerhub.domain.attempt import abandoned, can_be_taken, taken
from customerhub.domain.ids import JobId, TenantId
from customerhub.domain.job import Attempt, Job, JobChange
from customerhub.ports import Clock
from customerhub.ports.jobs import JobStore
from customerhub.services.attempts import attempts


def take_job(tenant: TenantId, job_id: JobId, *, jobs: JobStore, clock: Clock) -> Job | None:
    """The job, leased to the caller for two minutes; None where it is not owed, not due yet, or somebody is at it.

    A lease that has run out is that of a worker who was lost, which counts as an attempt that failed. Of several who
    ask at once one gets the job: the lease is a guarded write. Raises StoreUnavailable, after which it may be leased to
    nobody until the lease runs out, and TooMuchContention.
    """
    token = secrets.token_hex(8)

    def attempt() -> Job | None:
        job = jobs.get_jobs(tenant, [job_id]).get(job_id)
        now = clock.now()
        if job is None or not can_be_taken(job, now):
            return None
        lost = Attempt(now, failed=True) if job.lease else None
        found = abandoned(job, now, _share()) if job.lease else job
        is_mine = can_be_taken(found, now)
        change = JobChange(taken(found, token, now) if is_mine else found, job, lost)
        jobs.write_jobs([change])
        return change.stored if is_mine else None

    return attempts(clock, attempt)


def _share() -> float:
    return random.random()  # noqa: S311 - spreads retries, guards nothing
