"""What stands where an id leads to by now."""

from customerhub.domain.customer import Alias, StoredCustomer
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.ports import IdentityStore

MAX_MERGES_FOLLOWED = 50


def follow_aliases(customer_id: CustomerId, tenant: TenantId, *, store: IdentityStore) -> StoredCustomer | None:
    """The customer of that id, or the one that it was merged into, however often; what is left of an erased one; None
    where there never was one. One round trip, and one more for each merge."""
    found = _read(customer_id, tenant, store)
    for _ in range(MAX_MERGES_FOLLOWED):
        if not isinstance(found, Alias):
            break
        found = _read(found.merged_into, tenant, store)
    return found


def _read(customer_id: CustomerId, tenant: TenantId, store: IdentityStore) -> StoredCustomer | None:
    return store.get_customers(tenant, [customer_id]).get(customer_id)
