"""Members, and whoever else a shop knows by our doing, are owed to the shops whenever they change."""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

from customerhub.domain.changes import Changes
from customerhub.domain.club import owed, sync_debts
from customerhub.domain.conflict import Conflict
from customerhub.domain.customer import Customer, StoredCustomer
from customerhub.domain.erasure import Erasure
from customerhub.domain.idempotency import IdempotencyKey, StoredAnswer
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, IntegrationId, TenantId
from customerhub.domain.integration import Integration
from customerhub.domain.job import Job, JobKind
from customerhub.domain.link import external_entry
from customerhub.domain.owing import Debt, sync_customer
from customerhub.domain.records import RecordKind
from customerhub.domain.tenant import Tenant
from customerhub.domain.verification import ProofKey
from customerhub.ports import Clock, IdentityReading, IdentityStore
from customerhub.ports.jobs import JobStore
from customerhub.services.club_parts import due_jobs

SHOWN_TO_SHOPS = frozenset({"first_name", "last_name", "identifiers", "membership", "former_ids"})
"""What shops have of a customer, or which records of theirs are one customer's; allergies and the like stay here."""


class Integrations(Protocol):
    """Of `ports.partners.IntegrationStore` what is needed here."""

    def list_integrations(self, tenant: TenantId) -> Sequence[Integration]:
        """All of a tenant's. Raises StoreUnavailable."""


@dataclass(frozen=True)
class OwingIdentityStore:
    """Implements `ports.IdentityStore` over another one: what is written of a customer whom shops are concerned with
    is owed to them in the same transaction, by whichever use case it is written.

    A member of the club is owed to every active integration; anybody else to those that have a record of the customer,
    since nobody asked for the customers of one shop to be copied to the others. A merge and its undoing are owed, too.
    It costs two round trips for a member (one for somebody new), one for who has a record, and none elsewhere; nor for
    a customer whom the changes owe already. Of somebody who is erased each shop with a record is owed that no discount
    is left there. `without` is an integration that is owed nothing by this, what it has said itself, but a member who
    comes to have a record there: the discount is still to be granted. `notice` hears of the jobs that are due at once,
    after they were written.
    """

    inner: IdentityStore
    integrations: Integrations
    jobs: JobStore
    clock: Clock
    without: IntegrationId | None = None
    notice: Callable[[tuple[Job, ...]], object] = lambda _: None

    def write(self, tenant: Tenant, changes: Changes, answer: StoredAnswer | None) -> None:
        """All changes, what they owe, and the answer, in one transaction."""
        changes = self._with_debts(tenant.id, changes)
        self.inner.write(tenant, changes, answer)
        self.notice(due_jobs(changes))

    def read_identity(
        self,
        tenant: Tenant,
        identifiers: Sequence[IdentifierKey],
        key: IdempotencyKey | None,
        proofs: Sequence[ProofKey] = (),
    ) -> IdentityReading:
        """As the other one."""
        return self.inner.read_identity(tenant, identifiers, key, proofs)

    def get_customers(self, tenant: TenantId, ids: Collection[CustomerId]) -> Mapping[CustomerId, StoredCustomer]:
        """As the other one."""
        return self.inner.get_customers(tenant, ids)

    def put_answer_if_absent(self, answer: StoredAnswer) -> None:
        """As the other one."""
        self.inner.put_answer_if_absent(answer)

    def record_conflict(self, tenant: Tenant, conflict: Conflict) -> None:
        """As the other one."""
        self.inner.record_conflict(tenant, conflict)

    def _with_debts(self, tenant: TenantId, changes: Changes) -> Changes:
        owed_already = {change.after.customer for change in changes.jobs if change.after.kind is JobKind.SYNC_CUSTOMER}
        customers = [one for one in changes.customers if isinstance(one, Customer) and one.id not in owed_already]
        concerned = [one for one in customers if _concerns_shops(one, changes)]
        debts = [debt for erasure in changes.erasures for debt in _left_behind(erasure)]
        active = self._active(tenant) if any(one.membership for one in concerned) else ()
        owed_now = [(one, debt) for one in concerned for debt in sync_debts(one, active if one.membership else ())]
        debts += [debt for one, debt in owed_now if debt.integration != self.without or self._joins(one, changes)]
        if not debts:
            return changes
        new = {one.id for one in concerned if not one.version}
        known = [debt.job for debt in debts if debt.customer not in new]
        jobs = self.jobs.get_jobs(tenant, known) if known else {}
        return changes.along_with(Changes(jobs=owed(debts, jobs, self.clock.now())))

    def _joins(self, customer: Customer, changes: Changes) -> bool:
        """Whether a member comes to have a record there, or who has one comes to be a member: a link is put, and not
        revised, where there was no record before."""
        if self.without is None or not customer.membership or external_entry(customer, self.without) is None:
            return False
        link = (customer.id, RecordKind.LINK, self.without)
        is_tied = any((one.customer, one.kind, one.id) == link for one in changes.records)
        return is_tied or "membership" in _changed(customer.id, changes)

    def _active(self, tenant: TenantId) -> Sequence[IntegrationId]:
        return [one.id for one in self.integrations.list_integrations(tenant) if one.active]


def is_known_to_shops(customer: Customer) -> bool:
    """Whether shops are concerned with the customer: a member of the club, or one who has a record in a shop."""
    return customer.membership is not None or any(i.kind is Kind.EXTERNAL for i in customer.identifiers)


def _left_behind(erasure: Erasure) -> list[Debt]:
    return [sync_customer(erasure.tenant, integration, erasure.customers[0]) for integration in erasure.remote]


def _concerns_shops(customer: Customer, changes: Changes) -> bool:
    return is_known_to_shops(customer) and not SHOWN_TO_SHOPS.isdisjoint(_changed(customer.id, changes))


def _changed(customer: CustomerId, changes: Changes) -> Iterable[str]:
    """The fields that differ, as the events tell them."""
    return (name for event in changes.events if event.customer == customer for name in event.after)
