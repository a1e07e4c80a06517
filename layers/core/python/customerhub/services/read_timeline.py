"""What happened to one customer, as far as the caller may see."""

from dataclasses import replace

from customerhub.domain.caller import Caller, UserCaller
from customerhub.domain.events import Event
from customerhub.domain.ids import CustomerId
from customerhub.domain.page import Page
from customerhub.domain.shared_life import own_part, shared_times
from customerhub.ports import IdentityStore, MergeLedger, TimelineStore
from customerhub.services.get_customer import get_customer


def read_timeline(
    customer_id: CustomerId,
    caller: Caller,
    before: str | None,
    limit: int,
    *,
    identities: IdentityStore,
    timeline: TimelineStore,
    ledger: MergeLedger,
) -> Page[Event]:
    """A page of the events of the customer and of all who were merged into it, the newest first. Of a time at which
    somebody else was merged in by mistake, a user learns that something happened, and not what.

    Raises NotFound, Gone and Forbidden as `get_customer` does.
    """
    customer = get_customer(customer_id, caller, store=identities)
    page = timeline.read_events(customer.tenant, customer.ids, before, limit)
    if not isinstance(caller, UserCaller):
        return page
    undone = (record for one in customer.ids for record in ledger.undone_merges(customer.tenant, one))
    times = shared_times(undone, customer.ids)
    return replace(page, items=tuple(own_part(event, times) for event in page.items))
