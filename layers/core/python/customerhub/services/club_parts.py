"""What the use cases of the club work on, and what they come to."""

from dataclasses import dataclass

from customerhub.domain.changes import Changes
from customerhub.domain.club import NEW, Membership, Standing, sync_debts
from customerhub.domain.customer import Customer
from customerhub.domain.enrollment import Enrollment
from customerhub.domain.idempotency import Answer
from customerhub.domain.ids import EnrollmentId, IntegrationId, TenantId
from customerhub.domain.job import Job
from customerhub.ports import Clock, IdentityStore
from customerhub.ports.club import ClubStore
from customerhub.ports.jobs import JobStore
from customerhub.ports.partners import IntegrationStore


@dataclass(frozen=True)
class ClubParts:
    """The stores. What belongs to a customer is written through `identities` alone."""

    identities: IdentityStore
    club: ClubStore
    integrations: IntegrationStore
    jobs: JobStore
    clock: Clock

    def active_integrations(self, tenant: TenantId) -> tuple[IntegrationId, ...]:
        """Whom a change of a member is owed to. One round trip."""
        return tuple(one.id for one in self.integrations.list_integrations(tenant) if one.active)

    def standing(self, customer: Customer, integrations: tuple[IntegrationId, ...]) -> Standing:
        """The customer's active enrollment, and the jobs that keep integrations equal with the customer. None of it is
        read of a customer who is new; else one round trip for the jobs, and one for a member's enrollment."""
        if not customer.version:
            return NEW
        return self.standing_by(self._current(customer), customer, integrations)

    def standing_by(
        self, current: Enrollment | None, customer: Customer, integrations: tuple[IntegrationId, ...]
    ) -> Standing:
        """The same of a customer whose active enrollment is known. One round trip, none without integrations."""
        debts = [debt.job for debt in sync_debts(customer, integrations)]
        return Standing(current, self.jobs.get_jobs(customer.tenant, debts) if debts else {})

    def _current(self, customer: Customer) -> Enrollment | None:
        if customer.membership is None:
            return None
        found = self.club.get_enrollment(customer.tenant, EnrollmentId(customer.membership))
        return found if found and found.is_active else None


@dataclass(frozen=True)
class Enrolled:
    """A customer who is a member now, or was one already. `is_new` says whether the enrollment is of this call,
    `changed` whether anything was written."""

    customer: Customer
    enrollment: Enrollment
    is_new_customer: bool
    is_new: bool
    changed: bool


@dataclass(frozen=True)
class Done:
    """The answer of a call, and the jobs that the workers should be told of now."""

    answer: Answer
    jobs: tuple[Job, ...] = ()


def enrolled(membership: Membership, *, is_new_customer: bool, changed: bool | None = None) -> Enrolled:
    """What a membership is to the one who enrolled the customer. `changed` where the call changed more than that."""
    is_new = bool(membership.changes.enrollments)
    return Enrolled(
        membership.customer, membership.enrollment, is_new_customer, is_new, is_new if changed is None else changed
    )


def due_jobs(changes: Changes) -> tuple[Job, ...]:
    """The jobs of these changes that are due at once."""
    return tuple(change.after for change in changes.jobs if change.after.due_at <= change.after.updated_at)
