"""Whom several ids stand for by now."""

from collections.abc import Collection, Mapping

from customerhub.domain.customer import Alias, Customer, StoredCustomer
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.ports import IdentityStore
from customerhub.services.follow_aliases import MAX_MERGES_FOLLOWED


def live_customers(
    ids: Collection[CustomerId], tenant: TenantId, *, store: IdentityStore
) -> Mapping[CustomerId, Customer]:
    """By each id the customer of that id, or the one that it was merged into, however often; nobody by that of an
    erased one. One round trip for all of them, and one more for all merges of one step."""
    found: dict[CustomerId, StoredCustomer] = {}
    unread = set(ids)
    for _ in range(MAX_MERGES_FOLLOWED):
        if not unread:
            break
        read = store.get_customers(tenant, unread)
        found |= read
        unread = {one.merged_into for one in read.values() if isinstance(one, Alias)} - found.keys()
    live = {customer_id: _followed(customer_id, found) for customer_id in ids}
    return {customer_id: customer for customer_id, customer in live.items() if customer}


def _followed(customer_id: CustomerId, found: Mapping[CustomerId, StoredCustomer]) -> Customer | None:
    one = found.get(customer_id)
    for _ in range(MAX_MERGES_FOLLOWED):
        if not isinstance(one, Alias):
            break
        one = found.get(one.merged_into)
    return one if isinstance(one, Customer) else None
