"""Staff read one job, correct it, have it tried again, or put it away."""

from collections.abc import Callable
from datetime import datetime

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.customer import Erased
from customerhub.domain.ids import JobId, TenantId, enrolled_customer
from customerhub.domain.job import Job, JobChange
from customerhub.errors import Gone, NotFound
from customerhub.services.attempts import attempts
from customerhub.services.job_desk_parts import JobDesk
from customerhub.services.tell_queue import tell_queue

Change = Callable[[Job, datetime], Job]
"""What is to become of a job at that moment: one of `domain.job_desk`. The same job where nothing does."""


def get_job(job_id: JobId, caller: Caller, *, desk: JobDesk) -> Job:
    """One job. Raises NotFound, StoreUnavailable, and Forbidden without sync:read."""
    caller.require(Scope.SYNC_READ)
    return _read(caller.tenant.id, job_id, desk)


def change_job(
    job_id: JobId,
    change: Change,
    caller: Caller,
    *,
    desk: JobDesk,
    before_write: Callable[[], object] = lambda: None,
) -> Job:
    """The job after the change. A worker that is at it is not interrupted: it finds the job changed when it is done,
    and goes by that. A repeated call changes nothing more. Raises NotFound, Gone where values are set for somebody who
    was erased, StoreUnavailable, TooMuchContention, Forbidden without sync:write, and whatever `change` and
    `before_write` raise."""
    caller.require(Scope.SYNC_WRITE)
    return attempts(desk.clock, lambda: _attempt(caller.tenant.id, job_id, change, desk, before_write))


def _attempt(tenant: TenantId, job_id: JobId, change: Change, desk: JobDesk, before_write: Callable[[], object]) -> Job:
    job = _read(tenant, job_id, desk)
    after = change(job, desk.clock.now())
    before_write()
    if after == job:
        return job
    if after.overrides and not job.overrides:
        _require_there(job, desk)
    changed = JobChange(after, job)
    desk.jobs.write_jobs([changed])
    tell_queue([changed.stored], queue=desk.queue)
    return changed.stored


def _read(tenant: TenantId, job_id: JobId, desk: JobDesk) -> Job:
    job = desk.jobs.get_jobs(tenant, [job_id]).get(job_id)
    if job is None:
        raise NotFound("there is no such job")
    return job


def _require_there(job: Job, desk: JobDesk) -> None:
    """Nothing personal is kept of somebody who was erased."""
    customer = job.customer or (enrolled_customer(job.enrollment) if job.enrollment else None)
    found = desk.identities.get_customers(job.tenant, [customer]).get(customer) if customer else None
    if found is None or isinstance(found, Erased):
        raise Gone("the person whom the job is about was erased")
