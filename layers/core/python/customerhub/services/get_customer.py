"""One customer by id, as far as the caller may see."""

from customerhub.domain.caller import Caller, Scope, TrustedCaller
from customerhub.domain.customer import Alias, Customer, Erased, StoredCustomer
from customerhub.domain.ids import CustomerId
from customerhub.errors import Gone, NotFound
from customerhub.ports import IdentityStore

MAX_MERGES_FOLLOWED = 50


def get_customer(customer_id: CustomerId, caller: Caller, *, store: IdentityStore) -> Customer:
    """The customer of that id, or the one that it was merged into, however often.

    A user sees the own record only. Raises NotFound for everything else, so that nobody learns which ids exist, and
    Gone where a trusted caller asks for a person who was erased.
    """
    if isinstance(caller, TrustedCaller):
        caller.require(Scope.CUSTOMERS_READ)
    found: StoredCustomer | None = _read(customer_id, caller, store)
    for _ in range(MAX_MERGES_FOLLOWED):
        if not isinstance(found, Alias):
            break
        found = _read(found.merged_into, caller, store)
    if isinstance(found, Customer) and _may_see(caller, found):
        return found
    if isinstance(found, Erased) and isinstance(caller, TrustedCaller):
        raise Gone("this person was erased")
    raise NotFound("there is no such customer")


def _read(customer_id: CustomerId, caller: Caller, store: IdentityStore) -> StoredCustomer | None:
    return store.get_customers(caller.tenant.id, [customer_id]).get(customer_id)


def _may_see(caller: Caller, customer: Customer) -> bool:
    return isinstance(caller, TrustedCaller) or customer.auth_user_id == caller.subject
