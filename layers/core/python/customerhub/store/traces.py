"""What the lives of others, and conflicts, hold of a person who is erased: read and written back item by item."""

from collections.abc import Iterator, Sequence

from customerhub.deployment import SORT_KEY
from customerhub.domain.conflict_record import ConflictRecord
from customerhub.domain.events import Event
from customerhub.domain.ids import ConflictId, CustomerId, MergeId, TenantId
from customerhub.domain.merge import MergeRecord
from customerhub.store import keys
from customerhub.store.conflicts import put_conflict, to_conflict
from customerhub.store.pages import read_pages
from customerhub.store.table import Database, Delete, Guard, Item, Key, Put, if_version
from customerhub.store.timeline import from_event, put_merge, to_event, to_merge

PAGE = 100
_IF_THERE = Guard("attribute_exists(PK)", {})
"""Whose life it is may be erased at the same time."""


class DynamoTraceStore:
    """Implements `ports.TraceStore`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, customers: str, work: str) -> None:
        self._database = database
        self._customers = customers
        self._work = work

    def get_conflict(self, tenant: TenantId, conflict_id: ConflictId) -> ConflictRecord | None:
        """One GetItem."""
        item = self._database.get(keys.conflict(self._work, tenant, conflict_id))
        return to_conflict(item) if item else None

    def put_conflict(self, record: ConflictRecord) -> None:
        """One PutItem."""
        self._database.put(put_conflict(self._work, record))

    def delete_conflict(self, record: ConflictRecord) -> None:
        """One transaction: it is the only guarded removal that there is."""
        key = keys.conflict(self._work, record.tenant, record.id)
        self._database.write_all([Delete(key, if_version(record.version))])

    def events(self, tenant: TenantId, customer: CustomerId) -> Iterator[Sequence[Event]]:
        """One query for each page."""
        for items in self._pages(tenant, customer, keys.EVENT_PREFIX):
            yield [to_event(item, tenant, customer) for item in items]

    def put_event(self, event: Event) -> None:
        """One PutItem."""
        key = keys.event(self._customers, event.tenant, event.customer, event.id)
        self._database.put(Put(key, from_event(event), _IF_THERE))

    def merges(self, tenant: TenantId, survivor: CustomerId) -> Sequence[MergeRecord]:
        """One query for each page."""
        pages = self._pages(tenant, survivor, keys.MERGE_PREFIX)
        return [to_merge(item) for items in pages for item in items]

    def merges_into_others(self, tenant: TenantId, absorbed: CustomerId) -> Sequence[MergeRecord]:
        """One query for each page, and one BatchGetItem per 100 where it finds any."""
        prefix = f"{keys.REFERENCE_PREFIX}MERGE#"
        sorts = [item[SORT_KEY] for items in self._pages(tenant, absorbed, prefix) for item in items]
        places = [sort.removeprefix(prefix).split("#") for sort in sorts]
        found = self._database.batch_get(
            [keys.merge(self._customers, tenant, CustomerId(survivor), MergeId(merge)) for survivor, merge in places]
        )
        return [to_merge(item) for item in found.values()]

    def put_merge(self, record: MergeRecord) -> None:
        """One PutItem."""
        self._database.put(put_merge(self._customers, record))

    def delete_merge(self, record: MergeRecord) -> None:
        """One BatchWriteItem."""
        self._database.delete_all([keys.merge(self._customers, record.survivor.tenant, record.survivor.id, record.id)])

    def _pages(self, tenant: TenantId, customer: CustomerId, prefix: str) -> Iterator[list[Item]]:
        return read_pages(self._database, Key(self._customers, keys.collection(tenant, customer), prefix), PAGE)
