"""Whoever an id stands for by now, as far as the caller may know."""

from customerhub.domain.caller import Caller, TrustedCaller
from customerhub.domain.customer import Customer, Erased
from customerhub.domain.ids import CustomerId
from customerhub.errors import Gone, NotFound
from customerhub.ports import IdentityStore
from customerhub.services.follow_aliases import follow_aliases


def find_customer(customer_id: CustomerId, caller: Caller, *, store: IdentityStore) -> Customer:
    """The customer of that id, or the one that it was merged into, however often; one round trip for each.

    A user finds the own record only. Raises NotFound for everything else, so that nobody learns which ids exist, and
    Gone where a trusted caller asks for a person who was erased. What the caller may do there is not asked.
    """
    found = follow_aliases(customer_id, caller.tenant.id, store=store)
    if isinstance(found, Customer) and _may_see(caller, found):
        return found
    if isinstance(found, Erased) and isinstance(caller, TrustedCaller):
        raise Gone("this person was erased")
    raise NotFound("there is no such customer")


def _may_see(caller: Caller, customer: Customer) -> bool:
    return isinstance(caller, TrustedCaller) or customer.auth_user_id == caller.subject
