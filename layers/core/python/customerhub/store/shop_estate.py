"""What a shop leaves behind, to be removed when it is forgotten."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence

from customerhub.domain.customer import Customer
from customerhub.domain.delivery import DeliveryStatus
from customerhub.domain.duty import Part
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.records import Record, RecordKind
from customerhub.domain.run import RunStatus
from customerhub.store import keys
from customerhub.store.deliveries import READ_AT_ONCE
from customerhub.store.delivery_items import ENDED, delivery_shards, to_delivery
from customerhub.store.listing import ShardReader
from customerhub.store.orders import place_key
from customerhub.store.pages import read_pages
from customerhub.store.records import PREFIXES, to_record
from customerhub.store.run_items import RUN, STATE, to_run, to_state
from customerhub.store.table import Database, Item, Key, Sorted

PAGE = 250


class DynamoShopEstate:
    """Implements `ports.duties.ShopEstate`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, shards: ShardReader, customers: str, work: str) -> None:
        self._database = database
        self._shards = shards
        self._customers = customers
        self._work = work

    def records(self, customer: Customer) -> Iterator[Record]:
        """One query for each kind and collection, and one more for each page."""
        for owner in customer.ids:
            for kind, prefix in PREFIXES.items():
                start = Key(self._customers, keys.collection(customer.tenant, owner), prefix)
                for page in read_pages(self._database, start, PAGE):
                    # What other tests and times have left is not always whole.
                    yield from (to_record(item, owner, kind) for item in page if "written_at" in item)

    def drop_records(self, tenant: TenantId, records: Sequence[Record]) -> None:
        """BatchWriteItem, 25 at a time. What leads to an order goes first, or nothing would lead to that."""
        orders = [dict(one.content) for one in records if one.kind is RecordKind.ORDER]
        places = [place_key(self._customers, tenant, order) for order in orders]
        self._database.delete_all([place for place in places if place])
        self._database.delete_all([self._address(tenant, record) for record in records])

    def count_belongings(self, tenant: TenantId, integration: IntegrationId) -> Mapping[Part, int]:
        """One query for each page of products and, of the index, of each status' deliveries, of which those that have
        not ended are read."""
        counts = Counter({Part.PRODUCTS: 0, Part.DELIVERIES: 0})
        counts[Part.PRODUCTS] = sum(map(len, self._products(tenant, integration)))
        counts[Part.DELIVERIES] = sum(map(len, self._deliveries(tenant, integration)))
        return counts

    def drop_belongings(self, tenant: TenantId, integration: IntegrationId) -> Iterator[None]:
        """As many queries as the counting and one, and BatchWriteItem for each 25 things. How far the feeds have come
        goes first: a shop that comes back meanwhile is loaded whole."""
        self._database.delete_all(self._pulls(tenant, integration))
        yield
        for products in self._products(tenant, integration):
            self._database.delete_all(products)
            yield
        for deliveries in self._deliveries(tenant, integration):
            self._database.delete_all(deliveries)
            yield

    def _pulls(self, tenant: TenantId, integration: IntegrationId) -> list[Key]:
        """All but the state that names a run which is still under way: there may be no second one."""
        start = keys.pull_item(self._work, tenant, integration, "")
        items = [item for page in read_pages(self._database, start, PAGE) for item in page]
        return [
            Key(self._work, start.partition, item["SK"])
            for item in items
            if item["SK"] != STATE or not self._names_a_run(tenant, item)
        ]

    def _names_a_run(self, tenant: TenantId, item: Item) -> bool:
        named = to_state(item).run
        known = self._database.get(keys.run_item(self._work, tenant, named, RUN)) if named else None
        return known is not None and to_run(known).status is RunStatus.RUNNING

    def _products(self, tenant: TenantId, integration: IntegrationId) -> Iterator[list[Key]]:
        start = keys.product(self._work, tenant, integration, "")
        for page in read_pages(self._database, start, PAGE):
            yield [Key(self._work, start.partition, item["SK"]) for item in page]

    def _deliveries(self, tenant: TenantId, integration: IntegrationId) -> Iterator[list[Key]]:
        for status in DeliveryStatus:
            shards, after = delivery_shards(self._work, tenant, integration, status), None
            while True:
                page = self._shards.read_page(shards, Sorted(after=after), PAGE if status in ENDED else READ_AT_ONCE)
                listed = [entry.key for entry in page.items]
                going = listed if status in ENDED else self._without_law(listed)
                if going:
                    yield going
                after = page.after
                if after is None:
                    break

    def _without_law(self, listed: Sequence[Key]) -> list[Key]:
        """What the law wants done stays until it is worked: it may be about a person who is known otherwise, too."""
        items = self._database.batch_get(listed) if listed else {}
        return [key for key in listed if key in items and not to_delivery(items[key]).is_wanted_by_law]

    def _address(self, tenant: TenantId, record: Record) -> Key:
        return Key(self._customers, keys.collection(tenant, record.customer), PREFIXES[record.kind] + record.id)
