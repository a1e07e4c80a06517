"""A customer who changes is owed to the shops and CRMs."""

from collections.abc import Callable

from customerhub.domain.changes import Changes
from customerhub.domain.club import owed, sync_debts
from customerhub.domain.customer import Customer
from customerhub.domain.ids import IntegrationId
from customerhub.domain.job import Job
from customerhub.services.club_parts import ClubParts, due_jobs
from customerhub.services.resolve_identity import Also


def owe_sync(
    integrations: tuple[IntegrationId, ...],
    *,
    parts: ClubParts,
    notice: Callable[[tuple[Job, ...]], object] = lambda _: None,
) -> Also:
    """An addition to `resolve_identity`: where the customer changes, each of the integrations is owed it in the same
    transaction. `notice` hears of the jobs in every attempt. One round trip for a customer who is known."""

    def also(customer: Customer, changes: Changes) -> tuple[Customer, Changes]:
        if not any(changed.id == customer.id for changed in changes.customers):
            return customer, changes
        jobs = parts.standing_by(None, customer, integrations).jobs if customer.version else {}
        debts = owed(sync_debts(customer, integrations), jobs, parts.clock.now())
        joined = changes.along_with(Changes(jobs=debts))
        notice(due_jobs(joined))
        return customer, joined

    return also
