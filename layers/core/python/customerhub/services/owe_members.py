"""A newly connected shop or CRM is owed every stage and every member that was there before it."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from customerhub.domain.care import OwingProgress
from customerhub.domain.changes import Changes
from customerhub.domain.club import owed
from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.ids import EnrollmentId
from customerhub.domain.integration import Integration
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.owing import Debt, sync_customer, sync_stage
from customerhub.domain.page import Page
from customerhub.domain.tenant import Tenant
from customerhub.errors import Gone, NotFound
from customerhub.ports.care import CareStore
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.find_member import find_member
from customerhub.services.job_parts import Effect, JobParts, Turn
from customerhub.services.sync_stage import INACTIVE, connected

PAGE = 50


def owe_members(
    integration: Integration,
    tenant: Tenant,
    *,
    parts: ClubParts,
    after: str | None = None,
    stop: Callable[[str], object] = lambda _: None,
) -> None:
    """Owe them, one after the other, and whoever changed while it was disconnected; after a fault, to be called again.
    Who is enrolled at the same moment, and in neither view, is owed to it by the worker that is at that enrollment.

    Begins behind the position `after` of the list of members; `stop` is told of each position that was reached, and may
    raise. Up to five round trips for each member. Raises StoreUnavailable and TooMuchContention.
    """
    owing = _Owing(integration, tenant, parts)
    if after is None:
        owing.stages()
        owing.skipped()
    owing.members(after, stop)


def perform_owing(turn: Turn, *, parts: JobParts, care: CareStore) -> Effect:
    """The job of it, page by page: a worker that has no time left leaves the rest to the next one. Raises Skipped where
    the integration is not connected, and NotReadyYet at the end of the worker's time."""
    integration, _ = connected(turn, parts)
    known = care.get_progress(turn.tenant.id, integration.id)
    is_of_now = known is not None and known.renewed_at == integration.renewed_at

    def reached(position: str) -> None:
        care.put_progress(turn.tenant.id, integration.id, OwingProgress(integration.renewed_at, position))
        turn.require()

    after = known.after if known and is_of_now else None
    owe_members(integration, turn.tenant, parts=parts.of_the_club, after=after, stop=reached)
    care.put_progress(turn.tenant.id, integration.id, OwingProgress(integration.renewed_at))
    return Effect()


@dataclass(frozen=True)
class _Owing:
    integration: Integration
    tenant: Tenant
    parts: ClubParts

    def stages(self) -> None:
        """Those that are archived are withdrawn where they still stand."""
        tenant, name = self.tenant.id, self.integration.id
        placed = self.parts.integrations.placed_offers(tenant, name)
        for stage in self.parts.club.list_stages(tenant):
            if not stage.archived or stage.id in placed:
                self._owe(sync_stage(tenant, name, stage.id))

    def skipped(self) -> None:
        """Of members who left meanwhile there is nothing else to tell them by."""
        after: str | None = None
        while True:
            page = self.parts.jobs.list_jobs(self.tenant.id, [self.integration.id], JobStatus.SKIPPED, after, PAGE)
            for job in page.items:
                if job.kind is JobKind.SYNC_CUSTOMER and job.reason == INACTIVE and job.customer:
                    self._owe(sync_customer(self.tenant.id, self.integration.id, job.customer))
            after = page.after
            if after is None:
                return

    def members(self, after: str | None, stop: Callable[[str], object]) -> None:
        """Those behind `after`."""
        stages = [stage.id for stage in self.parts.club.list_stages(self.tenant.id)]
        while stages:
            page: Page[Enrollment] = self.parts.club.list_enrollments(
                self.tenant.id, stages, EnrollmentStatus.ACTIVE, after, PAGE
            )
            for found in page.items:
                self._owe_member(found.id)
            after = page.after
            if after is None:
                return
            stop(after)

    def _owe(self, debt: Debt) -> None:
        parts = self.parts

        def attempt() -> None:
            known = parts.jobs.get_jobs(debt.tenant, [debt.job])
            parts.jobs.write_jobs(owed([debt], known, parts.clock.now()))

        attempts(parts.clock, attempt)

    def _owe_member(self, enrollment_id: EnrollmentId) -> None:
        """Unless the member is gone. The enrollment counts as synced only once this integration has it too."""
        parts, tenant, name = self.parts, self.tenant, self.integration.id

        def attempt() -> None:
            try:
                customer, enrollment = find_member(enrollment_id, tenant.id, parts=parts)
            except (NotFound, Gone):
                return
            if not enrollment.is_active:
                return
            debt = sync_customer(tenant.id, name, customer.id)
            jobs = owed([debt], parts.jobs.get_jobs(tenant.id, [debt.job]), parts.clock.now())
            awaited = tuple(dict.fromkeys((*enrollment.owed_to, name)))
            changed = () if awaited == enrollment.owed_to else (replace(enrollment, owed_to=awaited),)
            parts.identities.write(tenant, Changes(enrollments=changed, jobs=jobs), None)

        attempts(parts.clock, attempt)
