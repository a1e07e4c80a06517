"""One customer by id, as far as the caller may see."""

from customerhub.domain.caller import Caller, Scope, TrustedCaller
from customerhub.domain.customer import Customer
from customerhub.domain.ids import CustomerId
from customerhub.ports import IdentityStore
from customerhub.services.find_customer import find_customer


def get_customer(customer_id: CustomerId, caller: Caller, *, store: IdentityStore) -> Customer:
    """The customer of that id, or the one that it was merged into; a user sees the own record only.

    Raises NotFound and Gone as `find_customer` does, and Forbidden without customers:read.
    """
    if isinstance(caller, TrustedCaller):
        caller.require(Scope.CUSTOMERS_READ)
    return find_customer(customer_id, caller, store=store)
