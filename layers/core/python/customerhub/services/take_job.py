"""Take a job, so that nobody else works on it."""

import secrets

from customerhub.domain.attempt import can_be_taken, taken
from customerhub.domain.ids import JobId, TenantId
from customerhub.domain.job import Job, JobChange
from customerhub.ports import Clock
from customerhub.ports.jobs import JobStore
from customerhub.services.attempts import attempts


def take_job(tenant: TenantId, job_id: JobId, *, jobs: JobStore, clock: Clock) -> Job | None:
    """The job, leased to the caller for two minutes; None where it is not owed, not due yet, or somebody is at it.

    Of several who ask at once one gets it: the lease is a guarded write. Raises StoreUnavailable, after which the job
    may be leased to nobody until the lease runs out, and TooMuchContention.
    """
    token = secrets.token_hex(8)

    def attempt() -> Job | None:
        job = jobs.get_jobs(tenant, [job_id]).get(job_id)
        now = clock.now()
        if job is None or not can_be_taken(job, now):
            return None
        change = JobChange(taken(job, token, now), job)
        jobs.write_jobs([change])
        return change.stored

    return attempts(clock, attempt)
