"""What is known of a shop's records, many at once.

That a record was deleted: PK `T#<tenant>#DELETED#<integration>#<the platform's id>`, SK `DELETED`, in the work table,
read by id; it expires after `RETENTION`, or at once where the shop has the record after all.
"""

from collections.abc import Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import timedelta

from customerhub.deployment import BY_RECORD, TTL_ATTRIBUTE
from customerhub.domain.customer import Customer
from customerhub.domain.ids import CustomerId, ExternalId, IntegrationId, TenantId
from customerhub.domain.link import Link, external_key, to_link
from customerhub.domain.order import Order
from customerhub.domain.records import RecordKind
from customerhub.domain.remote import RemoteProduct
from customerhub.domain.tenant import Tenant
from customerhub.errors import GuardFailed
from customerhub.ports import Clock
from customerhub.ports.shop_records import KnownRecord
from customerhub.store import keys
from customerhub.store.claims import is_tombstone, to_claim
from customerhub.store.customers import to_stored
from customerhub.store.link_items import LIVE, record_partitions
from customerhub.store.records import PREFIXES, to_record
from customerhub.store.shop_goods import put_product, read_orders, read_products
from customerhub.store.table import ALWAYS, Database, Item, Key, Put, Sorted, if_absent_or_expired

RETENTION = timedelta(days=30)
"""How long it is remembered that a record was deleted: longer than any webhook or run is under way."""
PAGE = 500


class DynamoShopRecordStore:
    """Implements `ports.shop_records.ShopRecordStore`. `customers` and `work` are the physical names of the two
    tables."""

    def __init__(self, database: Database, customers: str, work: str, clock: Clock) -> None:
        self._database = database
        self._customers = customers
        self._work = work
        self._clock = clock

    def find_records(
        self, tenant: Tenant, integration: IntegrationId, records: Sequence[ExternalId]
    ) -> Mapping[ExternalId, KnownRecord]:
        """One BatchGetItem for each hundred claims, one for each fifty customers, and one for each hundred former ids
        of those whose link is not with their own."""
        owners = self._owners(tenant, integration, records)
        places = {owner: self._places(tenant.id, owner, integration) for owner in owners.values()}
        items = self._read([key for place in places.values() for key in place])
        found: dict[ExternalId, KnownRecord] = {}
        for record, owner in owners.items():
            profile, link = places[owner]
            stored = to_stored(items[profile]) if profile in items else None
            # The record may have been taken off since its claim was read.
            if isinstance(stored, Customer) and stored.carries(external_key(integration, record)):
                standing = _link(items[link], owner) if link in items else None
                is_its = standing is not None and standing.external_id == record
                found[record] = KnownRecord(stored, standing if is_its else None, standing)
        return {**found, **self._with_former_links(tenant.id, integration, found)}

    def linked_records(self, tenant: TenantId, integration: IntegrationId) -> Iterator[Sequence[ExternalId]]:
        """One query for each shard, and one more for each `PAGE`."""
        for partition in record_partitions(tenant, integration):
            after: str | None = None
            while True:
                part = Sorted(LIVE, after)
                page = self._database.query_index(self._customers, BY_RECORD, partition, part, PAGE)
                places = [str(item[BY_RECORD.attributes[1]]) for item in page]
                if places:
                    yield [ExternalId(place.removeprefix(LIVE).rpartition("#")[0]) for place in places]
                if len(places) < PAGE:
                    break
                after = places[-1]

    def are_deleted(
        self, tenant: TenantId, integration: IntegrationId, records: Sequence[ExternalId]
    ) -> frozenset[ExternalId]:
        """One BatchGetItem for each hundred."""
        marks = {keys.deleted_record(self._work, tenant, integration, record): record for record in records}
        now_s = self._now_s()
        return frozenset(marks[key] for key, mark in self._read(list(marks)).items() if mark[TTL_ATTRIBUTE] > now_s)

    def mark_deleted(
        self, tenant: TenantId, integration: IntegrationId, record: ExternalId, customer: CustomerId | None
    ) -> None:
        """One PutItem."""
        expires_at_s = self._now_s() + int(RETENTION.total_seconds())
        mark = ({"customer": customer} if customer else {}) | {TTL_ATTRIBUTE: expires_at_s}
        key = keys.deleted_record(self._work, tenant, integration, record)
        with suppress(GuardFailed):
            self._database.put(Put(key, mark, ALWAYS if customer else if_absent_or_expired(self._now_s())))

    def deleted_customer(self, tenant: TenantId, integration: IntegrationId, record: ExternalId) -> CustomerId | None:
        """One GetItem."""
        mark = self._database.get(keys.deleted_record(self._work, tenant, integration, record))
        return CustomerId(mark["customer"]) if mark and "customer" in mark else None

    def unmark_deleted(self, tenant: TenantId, integration: IntegrationId, record: ExternalId) -> None:
        """One PutItem."""
        key = keys.deleted_record(self._work, tenant, integration, record)
        # Long enough ago by anybody's clock: the next one who marks the record must find this mark expired.
        self._database.put(Put(key, {TTL_ATTRIBUTE: self._now_s() - 3_600}, ALWAYS))

    def find_orders(self, tenant: TenantId, source: str, orders: Sequence[ExternalId]) -> Mapping[ExternalId, Order]:
        """Two BatchGetItem for each hundred."""
        return read_orders(self._database, self._customers, tenant, source, orders)

    def find_products(
        self, tenant: TenantId, integration: IntegrationId, products: Sequence[ExternalId]
    ) -> Mapping[ExternalId, RemoteProduct]:
        """One BatchGetItem for each hundred."""
        return read_products(self._database, self._work, tenant, integration, products)

    def put_product(self, tenant: TenantId, integration: IntegrationId, product: RemoteProduct) -> None:
        """One PutItem."""
        put_product(self._database, self._work, tenant, integration, product)

    def _now_s(self) -> int:
        return int(self._clock.now().timestamp())

    def _owners(
        self, tenant: Tenant, integration: IntegrationId, records: Sequence[ExternalId]
    ) -> Mapping[ExternalId, CustomerId]:
        """Who owns the ids of the records."""
        addresses = {keys.claim(self._customers, tenant, external_key(integration, one)): one for one in records}
        items = self._read(list(addresses))
        return {addresses[key]: to_claim(item).owner for key, item in items.items() if not is_tombstone(item)}

    def _with_former_links(
        self, tenant: TenantId, integration: IntegrationId, found: Mapping[ExternalId, KnownRecord]
    ) -> Mapping[ExternalId, KnownRecord]:
        """Those of merged customers, whose links stay where they were written."""
        unseen = {record: known for record, known in found.items() if not known.link and known.customer.former_ids}
        addresses = {
            self._places(tenant, former, integration)[1]: (record, former)
            for record, known in unseen.items()
            for former in known.customer.former_ids
        }
        links: dict[ExternalId, Link] = {}
        for key, item in self._read(list(addresses)).items():
            record, former = addresses[key]
            link, known = _link(item, former), links.get(record)
            if link.external_id == record and (known is None or link.written_at > known.written_at):
                links[record] = link
        return {one: KnownRecord(unseen[one].customer, link, unseen[one].standing) for one, link in links.items()}

    def _places(self, tenant: TenantId, customer: CustomerId, integration: IntegrationId) -> tuple[Key, Key]:
        """Of the profile, and of the link."""
        link = f"{PREFIXES[RecordKind.LINK]}{integration}"
        profile = keys.profile(self._customers, tenant, customer)
        return profile, Key(self._customers, keys.collection(tenant, customer), link)

    def _read(self, addresses: Sequence[Key]) -> Mapping[Key, Item]:
        return self._database.batch_get(addresses) if addresses else {}


def _link(item: Item, customer: CustomerId) -> Link:
    return to_link(to_record(item, customer, RecordKind.LINK))
