"""Stages, enrollments and orders, read; and stages written."""

from collections.abc import Iterator, Sequence

from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.ids import CustomerId, EnrollmentId, ExternalId, StageId, TenantId, enrolled_customer
from customerhub.domain.job import JobChange
from customerhub.domain.order import Order, StatedOrder
from customerhub.domain.page import Page
from customerhub.domain.stage import Stage
from customerhub.store import keys
from customerhub.store.enrollments import enrollment_shards, to_enrollment
from customerhub.store.job_items import job_writes
from customerhub.store.listing import ShardReader
from customerhub.store.orders import to_order, to_stated
from customerhub.store.pages import read_pages
from customerhub.store.stages import stage_writes, to_stage
from customerhub.store.table import Database, Item, Key, Sorted

PAGE = 500


class DynamoClubStore:
    """Implements `ports.club.ClubStore`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, shards: ShardReader, customers: str, work: str) -> None:
        self._database = database
        self._shards = shards
        self._customers = customers
        self._work = work

    def list_stages(self, tenant: TenantId) -> Sequence[Stage]:
        """One query, and one more beyond every `PAGE`."""
        stages = [to_stage(item) for item in self._items(keys.stage(self._work, tenant, StageId("")))]
        return sorted(stages, key=lambda stage: (stage.rank, stage.created_at, stage.id))

    def get_stage(self, tenant: TenantId, stage: StageId) -> Stage | None:
        """One GetItem."""
        item = self._database.get(keys.stage(self._work, tenant, stage))
        return to_stage(item) if item else None

    def write_stage(self, stage: Stage, before: Stage | None, jobs: Sequence[JobChange]) -> None:
        """One TransactWriteItems."""
        writes = stage_writes(self._work, stage, before)
        self._database.write_all([*writes, *job_writes(self._customers, self._work, jobs)])

    def get_enrollment(self, tenant: TenantId, enrollment: EnrollmentId) -> Enrollment | None:
        """One GetItem; two more where it is not with the customer whom the id names."""
        found = self._enrollment_with(tenant, enrolled_customer(enrollment), enrollment)
        if found:
            return found
        given = self._database.get(keys.given_enrollment(self._customers, tenant, enrollment))
        return self._enrollment_with(tenant, CustomerId(given["customer"]), enrollment) if given else None

    def enrollments_of(self, tenant: TenantId, customers: Sequence[CustomerId]) -> Sequence[Enrollment]:
        """One query for each collection."""
        return [
            to_enrollment(item, customer)
            for customer in customers
            for item in self._items(Key(self._customers, keys.collection(tenant, customer), keys.ENROLLMENT_PREFIX))
            if "stage" in item and "id" in item
        ]

    def list_enrollments(
        self, tenant: TenantId, stages: Sequence[StageId], status: EnrollmentStatus, after: str | None, limit: int
    ) -> Page[Enrollment]:
        """One query for each stage and shard, all at once, and one BatchGetItem per 100. The index is a moment late:
        what has another status by now is left out."""
        shards = [shard for one in stages for shard in enrollment_shards(self._customers, tenant, one, status)]
        if not shards:
            return Page(())
        page = self._shards.read_page(shards, Sorted(after=after, descending=True), limit)
        items = self._database.batch_get([entry.key for entry in page.items])
        current = [e for e in page.items if e.key in items and e.item.items() <= items[e.key].items()]
        found = (to_enrollment(items[entry.key], keys.customer_of(entry.key)) for entry in current)
        return Page(tuple(found), page.after)

    def get_order(self, tenant: TenantId, source: str, external_id: ExternalId) -> Order | None:
        """One GetItem where there is none, else two."""
        place = self._database.get(keys.order_place(self._customers, tenant, source, external_id))
        if place is None:
            return None
        customer = CustomerId(place["customer"])
        item = self._database.get(keys.order(self._customers, tenant, customer, place["record"]))
        return to_order(item, tenant, customer, int(place["version"])) if item else None

    def orders_of(self, tenant: TenantId, customers: Sequence[CustomerId], since: str | None) -> Iterator[StatedOrder]:
        """One query for each page and collection."""
        for customer in customers:
            partition, after = keys.collection(tenant, customer), since and f"{keys.ORDER_PREFIX}{since}"
            while True:
                part = Sorted(keys.ORDER_PREFIX, after)
                page = self._database.query(self._customers, partition, part, PAGE)
                yield from (to_stated(item) for item in page if "external_id" in item)
                if len(page) < PAGE:
                    break
                after = page[-1]["SK"]

    def _enrollment_with(self, tenant: TenantId, customer: CustomerId, enrollment: EnrollmentId) -> Enrollment | None:
        item = self._database.get(keys.enrollment(self._customers, tenant, customer, enrollment))
        found = to_enrollment(item, customer) if item else None
        return found if found and found.id == enrollment else None

    def _items(self, start: Key) -> Iterator[Item]:
        for page in read_pages(self._database, start, PAGE):
            yield from page
