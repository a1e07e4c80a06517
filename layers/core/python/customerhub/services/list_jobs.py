"""The jobs of a tenant, as far as a filter goes."""

from customerhub.domain import owing
from customerhub.domain.caller import Caller, Scope
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.job import Job
from customerhub.domain.job_desk import JobFilter
from customerhub.domain.page import Page
from customerhub.services.job_desk_parts import JobDesk
from customerhub.services.live_customers import live_customers

MAX_READS = 8
"""Pages that one call reads in search of what matches."""


def list_jobs(job_filter: JobFilter, caller: Caller, after: str | None, limit: int, *, desk: JobDesk) -> Page[Job]:
    """A page of the jobs that match: by status, what needs a person first, and of each status the one that is due, or
    was changed, longest ago.

    A page may be shorter than `limit` where few jobs match. Of one customer it is always all of them. Raises Forbidden
    without sync:read, and StoreUnavailable.
    """
    caller.require(Scope.SYNC_READ)
    return find_jobs(job_filter, caller.tenant.id, after, limit, desk=desk)


def find_jobs(job_filter: JobFilter, tenant: TenantId, after: str | None, limit: int, *, desk: JobDesk) -> Page[Job]:
    """The same for a caller who may see them."""
    if job_filter.customer is not None:
        return Page(_of_customer(job_filter, tenant, desk))
    wanted = [job_filter.integration] if job_filter.integration else [*_integrations(tenant, desk), None]
    statuses = list(job_filter.statuses)
    status, _, position = (after or "").partition("|")
    start = next((number for number, one in enumerate(statuses) if one == status), 0)
    found: list[Job] = []
    at: str | None = position or None
    reads = 0
    for number in range(start, len(statuses)):
        while reads < MAX_READS and len(found) < limit:
            page = desk.jobs.list_jobs(tenant, wanted, statuses[number], at, limit - len(found))
            found += [job for job in page.items if job_filter.matches(job)]
            at, reads = page.after, reads + 1
            if at is None:
                break
        else:
            return Page(tuple(found), f"{statuses[number]}|{at or ''}")
    return Page(tuple(found))


def _integrations(tenant: TenantId, desk: JobDesk) -> list[IntegrationId]:
    return [one.id for one in desk.integrations.list_integrations(tenant)]


def _of_customer(job_filter: JobFilter, tenant: TenantId, desk: JobDesk) -> tuple[Job, ...]:
    """By their ids, which follow from what they are about."""
    assert job_filter.customer is not None  # noqa: S101 - the caller has looked
    live = live_customers([job_filter.customer], tenant, store=desk.identities).get(job_filter.customer)
    ids = live.ids if live else (job_filter.customer,)
    debts = [
        *(owing.sync_customer(tenant, one, customer) for one in _integrations(tenant, desk) for customer in ids),
        *(
            debt(tenant, enrollment.id)
            for enrollment in desk.club.enrollments_of(tenant, ids)
            for debt in (owing.end_enrollment, owing.send_welcome)
        ),
    ]
    found = desk.jobs.get_jobs(tenant, [debt.job for debt in debts]).values()
    order = job_filter.statuses
    matching = [job for job in found if job_filter.matches(job)]
    return tuple(sorted(matching, key=lambda job: (order.index(job.status), job.due_at, job.id)))
