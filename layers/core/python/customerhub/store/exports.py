"""All items that speak of a customer, read page by page for an export."""

from collections.abc import Callable, Iterator, Sequence
from typing import TypeVar

from customerhub.deployment import PARTITION_KEY, SORT_KEY
from customerhub.domain.conflict_record import ConflictRecord
from customerhub.domain.customer import Customer
from customerhub.domain.events import Event
from customerhub.domain.export import ExportedRecord
from customerhub.domain.idempotency import IdempotencyKey, StoredAnswer
from customerhub.domain.ids import ConflictId, CustomerId, JobId, MergeId, TenantId
from customerhub.domain.job import Job
from customerhub.domain.merge import MergeRecord
from customerhub.domain.records import RecordKind
from customerhub.domain.tenant import Tenant
from customerhub.store import keys
from customerhub.store.answers import to_stored_answer
from customerhub.store.conflicts import to_conflict
from customerhub.store.job_items import to_job
from customerhub.store.pages import read_pages
from customerhub.store.records import PREFIXES
from customerhub.store.table import Database, Item, Key
from customerhub.store.timeline import to_event, to_merge

PAGE = 250
_Read = TypeVar("_Read")


class DynamoExportStore:
    """Implements `ports.ExportStore`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, customers: str, work: str) -> None:
        self._database = database
        self._customers = customers
        self._work = work

    def records(self, tenant: TenantId, ids: Sequence[CustomerId], kind: RecordKind) -> Iterator[ExportedRecord]:
        """One query for each page and collection."""
        for customer in ids:
            for item in self._items(keys.collection(tenant, customer), PREFIXES[kind]):
                content = {name: value for name, value in item.items() if name not in (PARTITION_KEY, SORT_KEY)}
                yield ExportedRecord(customer, item[SORT_KEY].removeprefix(PREFIXES[kind]), content)

    def events(self, tenant: TenantId, ids: Sequence[CustomerId]) -> Iterator[Event]:
        """The same."""
        for customer in ids:
            for item in self._items(keys.collection(tenant, customer), keys.EVENT_PREFIX):
                yield to_event(item, tenant, customer)

    def merges(self, tenant: TenantId, ids: Sequence[CustomerId]) -> Iterator[MergeRecord]:
        """The same, and one BatchGetItem for those in others' collections."""
        for customer in ids:
            yield from map(to_merge, self._items(keys.collection(tenant, customer), keys.MERGE_PREFIX))
        places = (target.split("#") for target in self._referenced(tenant, ids, "MERGE#"))
        elsewhere = [(CustomerId(survivor), MergeId(merge)) for survivor, merge in places if survivor not in ids]
        yield from self._read([keys.merge(self._customers, tenant, *place) for place in elsewhere], to_merge)

    def conflicts(self, tenant: Tenant, customer: Customer) -> Iterator[ConflictRecord]:
        """One query for each collection and identifier, and BatchGetItem for the conflicts."""
        mentions = (keys.claim(self._customers, tenant, i.key).partition for i in customer.identifiers if i.owned)
        prefix = f"{keys.REFERENCE_PREFIX}CONFLICT#"
        mentioned = [i[SORT_KEY].removeprefix(prefix) for at in mentions for i in self._items(at, prefix)]
        found = dict.fromkeys([*self._referenced(tenant.id, customer.ids, "CONFLICT#"), *mentioned])
        yield from self._read([keys.conflict(self._work, tenant.id, ConflictId(i)) for i in found], to_conflict)

    def answers(self, tenant: TenantId, ids: Sequence[CustomerId]) -> Iterator[StoredAnswer]:
        """One query for each page and collection, and BatchGetItem for the answers."""
        digests = dict.fromkeys(self._referenced(tenant, ids, "ANSWER#"))
        yield from self._read(
            [keys.answer(self._work, tenant, digest) for digest in digests],
            lambda item: to_stored_answer(item, IdempotencyKey(tenant, item["digest"], item["fingerprint"])),
        )

    def jobs(self, tenant: TenantId, ids: Sequence[CustomerId]) -> Iterator[Job]:
        """The same for the jobs."""
        found = dict.fromkeys(self._referenced(tenant, ids, "JOB#"))
        yield from self._read([keys.job(self._work, tenant, JobId(job)) for job in found], to_job)

    def _referenced(self, tenant: TenantId, ids: Sequence[CustomerId], kind: str) -> list[str]:
        prefix = keys.REFERENCE_PREFIX + kind
        found = (item for customer in ids for item in self._items(keys.collection(tenant, customer), prefix))
        return [item[SORT_KEY].removeprefix(prefix) for item in found]

    def _read(self, wanted: Sequence[Key], convert: Callable[[Item], _Read]) -> Iterator[_Read]:
        for start in range(0, len(wanted), PAGE):
            yield from map(convert, self._database.batch_get(wanted[start : start + PAGE]).values())

    def _items(self, partition: str, prefix: str) -> Iterator[Item]:
        for page in read_pages(self._database, Key(self._customers, partition, prefix), PAGE):
            yield from page
