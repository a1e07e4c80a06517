"""Enrollments to be read: one, those of a customer, and lists."""

from collections.abc import Iterable, Sequence

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.club import sync_debts
from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.enrollment_view import EnrollmentView
from customerhub.domain.ids import CustomerId, EnrollmentId, StageId
from customerhub.domain.page import Page
from customerhub.domain.stage import Stage
from customerhub.errors import Gone, NotFound
from customerhub.services.club_parts import ClubParts
from customerhub.services.find_customer import find_customer
from customerhub.services.live_customers import live_customers


def get_enrollment(enrollment_id: EnrollmentId, caller: Caller, *, parts: ClubParts) -> EnrollmentView:
    """One enrollment, with how far each integration has it. Raises NotFound, Gone, and Forbidden without club:read."""
    caller.require(Scope.CLUB_READ)
    tenant = caller.tenant.id
    enrollment = parts.club.get_enrollment(tenant, enrollment_id)
    if enrollment is None:
        raise NotFound("there is no such enrollment")
    live = live_customers([enrollment.collection], tenant, store=parts.identities).get(enrollment.collection)
    if live is None:
        raise Gone("this person was erased")
    debts = {debt.job: debt.integration for debt in sync_debts(live, enrollment.owed_to)}
    jobs = parts.jobs.get_jobs(tenant, list(debts)) if debts else {}
    stage = parts.club.get_stage(tenant, enrollment.stage)
    by_integration = {integration: jobs[job] for job, integration in debts.items() if integration and job in jobs}
    return EnrollmentView(enrollment, live.id, stage, by_integration)


def list_enrollments(
    stage_id: StageId | None,
    status: EnrollmentStatus,
    caller: Caller,
    after: str | None,
    limit: int,
    *,
    parts: ClubParts,
) -> Page[EnrollmentView]:
    """Those of one stage, or of all, that have that status, the newest first, as of a moment ago. Raises Forbidden
    without club:read, and NotFound for a stage that there is not."""
    caller.require(Scope.CLUB_READ)
    stages = parts.club.list_stages(caller.tenant.id)
    wanted = [stage.id for stage in stages if stage_id in (None, stage.id)]
    if stage_id and not wanted:
        raise NotFound("there is no such stage")
    page = parts.club.list_enrollments(caller.tenant.id, wanted, status, after, limit)
    return Page(_views(page.items, stages, caller, parts), page.after)


def enrollments_of_customer(
    customer_id: CustomerId,
    stage_id: StageId | None,
    status: EnrollmentStatus | None,
    caller: Caller,
    *,
    parts: ClubParts,
) -> Sequence[EnrollmentView]:
    """All that a customer has and had, the newest first, also those of customers who were merged into this one. Raises
    NotFound, Gone, and Forbidden without club:read."""
    caller.require(Scope.CLUB_READ)
    customer = find_customer(customer_id, caller, store=parts.identities)
    found = parts.club.enrollments_of(customer.tenant, customer.ids)
    chosen = (one for one in found if stage_id in (None, one.stage) and status in (None, one.status))
    newest_first = sorted(chosen, key=lambda one: (one.started_at, one.id), reverse=True)
    stages = {stage.id: stage for stage in parts.club.list_stages(customer.tenant)}
    return [EnrollmentView(one, customer.id, stages.get(one.stage)) for one in newest_first]


def _views(
    enrollments: Iterable[Enrollment], stages: Sequence[Stage], caller: Caller, parts: ClubParts
) -> tuple[EnrollmentView, ...]:
    """Without those of the erased, whose records are on their way out."""
    by_id = {stage.id: stage for stage in stages}
    found = tuple(enrollments)
    holders = {enrollment.collection for enrollment in found}
    live = live_customers(holders, caller.tenant.id, store=parts.identities) if holders else {}
    return tuple(
        EnrollmentView(one, live[one.collection].id, by_id.get(one.stage)) for one in found if one.collection in live
    )
