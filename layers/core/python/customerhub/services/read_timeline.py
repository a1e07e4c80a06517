"""What happened to one customer, as far as the caller may see."""

from customerhub.domain.caller import Caller
from customerhub.domain.events import Event
from customerhub.domain.ids import CustomerId
from customerhub.domain.page import Page
from customerhub.ports import IdentityStore, TimelineStore
from customerhub.services.get_customer import get_customer


def read_timeline(
    customer_id: CustomerId,
    caller: Caller,
    before: str | None,
    limit: int,
    *,
    identities: IdentityStore,
    timeline: TimelineStore,
) -> Page[Event]:
    """A page of the events of the customer and of all who were merged into it, the newest first.

    Raises NotFound, Gone and Forbidden as `get_customer` does.
    """
    customer = get_customer(customer_id, caller, store=identities)
    return timeline.read_events(customer.tenant, customer.ids, before, limit)
