"""Lists of live customers over the indexes. An index is a moment late: what it lists is read again, and left out where
the profile no longer stands there."""

from collections.abc import Collection, Iterable

from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.domain.page import Page
from customerhub.store import keys
from customerhub.store.customer_indexes import (
    CONTACT_INDEXES,
    NAME_INDEXES,
    activity_shards,
    contact_partition,
    name_shards,
)
from customerhub.store.customers import to_customer
from customerhub.store.listing import Entry, Shard, ShardReader
from customerhub.store.table import Database, Item, Key, Sorted


class DynamoCustomerDirectory:
    """Implements `ports.CustomerDirectory`. `customers` is the physical name of the table."""

    def __init__(self, database: Database, shards: ShardReader, customers: str) -> None:
        self._database = database
        self._shards = shards
        self._customers = customers

    def by_activity(self, tenant: TenantId, after: str | None, limit: int) -> Page[Customer]:
        """One query per shard, all at once, and one BatchGetItem."""
        shards = activity_shards(self._customers, tenant)
        page = self._shards.read_page(shards, Sorted(after=after, descending=True), limit)
        return Page(tuple(map(to_customer, self._current(page.items))), page.after)

    def by_name(self, tenant: TenantId, folded: str, after: str | None, limit: int) -> Page[Customer]:
        """One query per index and shard, all at once, and one BatchGetItem."""
        shards = name_shards(self._customers, tenant, folded)
        page = self._shards.read_page(shards, Sorted(folded, after), limit)
        entries = [entry for entry in page.items if after is None or entry.position > after]
        items = [item for item in self._current(entries, folded)]
        return Page(tuple(map(to_customer, items)), page.after)

    def carrying(
        self, tenant: TenantId, contact: IdentifierKey, but: Collection[CustomerId], after: str | None, limit: int
    ) -> Page[Customer]:
        """One query, and one BatchGetItem where it finds anybody."""
        index, partition = CONTACT_INDEXES[contact.kind], contact_partition(tenant, contact)
        start = keys.profile(self._customers, tenant, CustomerId(after)) if after else None
        found = self._database.query_unsorted(self._customers, index, partition, start, limit + 1)
        excluded = {keys.profile(self._customers, tenant, customer) for customer in but}
        items = self._database.batch_get([key for key in found[:limit] if key not in excluded])
        customers = (to_customer(item) for item in items.values() if item.get(index.partition_key) == partition)
        return Page(tuple(customers), None)
