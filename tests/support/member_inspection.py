"""What must hold of members and shops once nothing is owed any more (design.md §6)."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from dataclasses import dataclass

from customerhub.domain.customer import Customer
from customerhub.domain.enrollment import Enrollment
from customerhub.domain.ids import CustomerId, EnrollmentId, IntegrationId
from customerhub.domain.job import Job, JobKind, JobStatus
from customerhub.domain.link import external_entry, external_id_of
from tests.support.audit import Books, audit
from tests.support.club import enrollments_in
from tests.support.member_town import MemberTown, Shop

FOR_A_PERSON = frozenset({"crm_record_of_another_customer", "crm_record_of_erased_person", "no_email"})
"""Why a job may be parked in the end: nobody but a person can tell what is right."""


def inspect(town: MemberTown) -> Books:
    """Check all of it; the books to look further. Invariants 1, 2 and 6."""
    return _Inspection(town, audit(town.tables)).run()


def recounted(jobs: Iterable[Job]) -> dict[IntegrationId | None, Counter[tuple[JobKind, JobStatus]]]:
    """How many jobs there are of each kind and status, for each integration."""
    counted: dict[IntegrationId | None, Counter[tuple[JobKind, JobStatus]]] = defaultdict(Counter)
    for job in jobs:
        counted[job.integration][job.kind, job.status] += 1
    return counted


@dataclass(frozen=True)
class _Inspection:
    town: MemberTown
    books: Books

    def run(self) -> Books:
        jobs = self.town.jobs()
        self._memberships()
        self._counts(jobs)
        app, tenant = self.town.app(), self.town.till.tenant.id
        for integration in app.integrations.list_integrations(tenant):
            if integration.active:
                parked = self._parked(jobs, integration.id)
                self._discounts(integration.id)
                self._customers(integration.id, parked)
                self._records(integration.id, parked)
                self._enrollments(integration.id, parked)
        return self.books

    def _live(self, customer: str) -> Customer | None:
        while customer in self.books.aliases:
            customer = self.books.aliases[CustomerId(customer)].merged_into
        return self.books.customers.get(customer)

    def _all_enrollments(self) -> list[Enrollment]:
        return enrollments_in(self.town.tables, self.town.till.tenant.id)

    def _memberships(self) -> None:
        """A customer is a member by the enrollment that is active, and by no other."""
        active = {one.id: self._live(one.collection) for one in self._all_enrollments() if one.is_active}
        for enrollment, customer in active.items():
            assert customer, "an enrollment is active and its customer is gone"
            assert customer.membership == enrollment, "an enrollment is active by which its customer is no member"
        memberships = {one.membership for one in self.books.customers.values() if one.membership}
        assert memberships == set(active)

    def _counts(self, jobs: list[Job]) -> None:
        app, tenant = self.town.app(), self.town.till.tenant.id
        counted = recounted(jobs)
        figures = app.jobs.read_figures(tenant, [*map(IntegrationId, self.town.shops), None], self.town.clock.now())
        shown = {one: {name: n for name, n in found.jobs.items() if n} for one, found in figures.items() if found.jobs}
        assert shown == {one: dict(counter) for one, counter in counted.items()}, "the counters lie"

    def _parked(self, jobs: list[Job], integration: IntegrationId) -> set[str]:
        """The customers whom only a person can bring in line."""
        parked = [job for job in jobs if job.status is JobStatus.PARKED and job.integration in (integration, None)]
        reasons = {job.reason for job in parked}
        assert reasons <= FOR_A_PERSON, [(job.kind, job.reason, job.failures[-1:]) for job in parked]
        live = (self._live(job.customer) for job in parked if job.customer)
        return {customer.id for customer in live if customer}

    def _shop(self, integration: IntegrationId) -> Shop:
        return self.town.shops[integration]

    def _discounts(self, integration: IntegrationId) -> None:
        """The shop has a discount for each stage that is not archived, as the stage says."""
        stages = self.town.app().club.list_stages(self.town.till.tenant.id)
        wanted = sorted((stage.offer for stage in stages if not stage.archived), key=lambda offer: offer.stage)
        assert sorted(self._shop(integration).offers.values(), key=lambda offer: offer.stage) == wanted

    def _customers(self, integration: IntegrationId, parked: set[str]) -> None:
        """Every member has a record, and every record that is somebody's has the discount of that one's stage."""
        shop, app, tenant = self._shop(integration), self.town.app(), self.town.till.tenant.id
        stages = {stage.id: stage for stage in app.club.list_stages(tenant)}
        granted = {one.id: stages[one.stage].name for one in self._all_enrollments() if one.is_active}
        for customer in self.books.customers.values():
            if customer.id in parked:
                continue
            entry = external_entry(customer, integration)
            wanted = [granted[EnrollmentId(customer.membership)]] if customer.membership else []
            assert entry or not wanted, "a member has no record"
            if entry and entry.owned and external_id_of(entry) in shop.customers:
                assert shop.grants()[external_id_of(entry)] == wanted, "invariant 2: the discounts are not the stage's"

    def _records(self, integration: IntegrationId, parked: set[str]) -> None:
        """No record has a discount that is nobody's; and each that the hub made is somebody's, or will be found."""
        shop, owners = self._shop(integration), self.books.customers.values()
        tied = {
            external_id_of(entry): one for one in owners if (entry := external_entry(one, integration)) and entry.owned
        }
        for record, names in shop.grants().items():
            assert not names or record in tied, "a discount is granted to nobody's record"
        for remote in shop.customers.values():
            if "hub" in (remote.tags or ()) and remote.id not in tied:
                known = [
                    one
                    for one in owners
                    if any(i.owned and i.shown in remote.emails for i in one.identifiers)
                    and external_entry(one, integration)
                    and one.id not in parked
                ]
                assert not known, "invariant 2: somebody has two records"

    def _enrollments(self, integration: IntegrationId, parked: set[str]) -> None:
        """Every enrollment is marked as synced where it is owed."""
        for enrollment in self._all_enrollments():
            customer = self._live(enrollment.collection)
            if customer and customer.id not in parked and integration in enrollment.owed_to:
                assert integration in enrollment.synced_at, "an enrollment is in line, and not marked so"
