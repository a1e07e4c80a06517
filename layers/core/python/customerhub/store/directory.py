"""Lists of live customers, over the indexes of the table of people.

An index is a moment late: whoever it lists is read again, and left out where the profile no longer stands there.
"""

from collections.abc import Collection, Iterator, Sequence

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
from customerhub.store.listing import Entry, ShardReader
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
        return Page(tuple(to_customer(item) for _, item in self._current(page.items)), page.after)

    def by_name(self, tenant: TenantId, folded: str, after: str | None, limit: int) -> Page[Customer]:
        """One query per index and shard, all at once, and one BatchGetItem."""
        shards = name_shards(self._customers, tenant, folded)
        page = self._shards.read_page(shards, Sorted(folded, after), limit)
        current = self._current(page.items)
        items = (item for entry, item in current if entry.position == _first_name_position(item, folded))
        return Page(tuple(map(to_customer, items)), page.after)

    def by_contact(
        self, tenant: TenantId, contact: IdentifierKey, but: Collection[CustomerId], after: str | None, limit: int
    ) -> Page[Customer]:
        """One query, and one BatchGetItem where it finds anybody."""
        index, partition = CONTACT_INDEXES[contact.kind], contact_partition(tenant, contact)
        start = self._profile(tenant, CustomerId(after)) if after else None
        found = self._database.query_unsorted(self._customers, index, partition, start, limit + 1)
        known = {self._profile(tenant, customer) for customer in but}
        items = self._read([key for key in found[:limit] if key not in known])
        customers = tuple(to_customer(item) for item in items if item.get(index.partition_key) == partition)
        return Page(customers, keys.customer_of(found[limit - 1]) if len(found) > limit else None)

    def _current(self, entries: Sequence[Entry]) -> Iterator[tuple[Entry, Item]]:
        """The entries that are true, each with its profile's item."""
        read = self._database.batch_get([entry.key for entry in entries])
        found = ((entry, read[entry.key]) for entry in entries if entry.key in read)
        return ((entry, item) for entry, item in found if entry.item.items() <= item.items())

    def _read(self, wanted: list[Key]) -> list[Item]:
        found = self._database.batch_get(wanted)
        return [found[key] for key in wanted if key in found]

    def _profile(self, tenant: TenantId, customer: CustomerId) -> Key:
        return keys.profile(self._customers, tenant, customer)


def _first_name_position(item: Item, folded: str) -> str | None:
    """Who is found by the first name and by the last stands in the list twice, and counts where that is first."""
    positions = (item.get(index.attributes[1], "") for index in NAME_INDEXES)
    return min((position for position in positions if position.startswith(folded)), default=None)
