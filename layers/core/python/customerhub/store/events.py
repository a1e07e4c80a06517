"""The timeline, read over all collections that hold a customer's life."""

from collections.abc import Sequence

from customerhub.domain.events import Event
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.domain.page import Page
from customerhub.store import keys
from customerhub.store.listing import Shard, ShardReader
from customerhub.store.table import Sorted
from customerhub.store.timeline import to_event


class DynamoTimelineStore:
    """Implements `ports.TimelineStore`. `customers` is the physical name of the table."""

    def __init__(self, shards: ShardReader, customers: str) -> None:
        self._shards = shards
        self._customers = customers

    def read_events(
        self, tenant: TenantId, customers: Sequence[CustomerId], before: str | None, limit: int
    ) -> Page[Event]:
        """One query per collection, all at once. Event ids sort by time, in whichever collection they are."""
        holders = {keys.collection(tenant, customer): customer for customer in customers}
        shards = [Shard(self._customers, partition) for partition in holders]
        page = self._shards.read_page(shards, Sorted(keys.EVENT_PREFIX, before, descending=True), limit)
        events = (to_event(entry.item, tenant, holders[entry.shard.partition]) for entry in page.items)
        return Page(tuple(events), page.after)
