"""Customers in the order in which they fell quiet, and how far the schedule has looked.

Watermark: PK `T#<tenant>#CLEANUP`, SK `CLEANUP`; a position in the list by activity, valid for the patterns of
placeholders that the tenant had then.
"""

from datetime import datetime

from customerhub.deployment import BY_ACTIVITY
from customerhub.domain.customer import Customer
from customerhub.domain.ids import TenantId
from customerhub.domain.page import Page
from customerhub.domain.tenant import Tenant
from customerhub.store import keys
from customerhub.store.customer_indexes import activity_shards
from customerhub.store.customers import to_customer
from customerhub.store.listing import ShardReader
from customerhub.store.records import PREFIXES
from customerhub.store.table import ALWAYS, Database, Put, Sorted


class DynamoQuietCustomers:
    """Implements `ports.QuietCustomers`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, shards: ShardReader, customers: str, work: str) -> None:
        self._database = database
        self._shards = shards
        self._customers = customers
        self._work = work

    def get_watermark(self, tenant: Tenant) -> str | None:
        """One GetItem."""
        item = self._database.get(keys.cleanup(self._work, tenant.id))
        return str(item["position"]) if item and item["patterns"] == _patterns(tenant) else None

    def put_watermark(self, tenant: Tenant, position: str) -> None:
        """One PutItem. Of two runs at a time the later word counts: what is seen again does no harm."""
        item = {"patterns": _patterns(tenant), "position": position}
        self._database.put(Put(keys.cleanup(self._work, tenant.id), item, ALWAYS))

    def read_quiet(self, tenant: TenantId, after: str | None, until: datetime, limit: int) -> Page[Customer]:
        """One query per shard, all at once, and one BatchGetItem."""
        page = self._shards.read_page(activity_shards(self._customers, tenant), Sorted(after=after), limit)
        end = until.isoformat(timespec="microseconds")
        listed = [entry for entry in page.items if entry.position < end]
        items = self._database.batch_get([entry.key for entry in listed])
        current = (items[e.key] for e in listed if e.key in items and _place(items[e.key]) == e.position)
        return Page(tuple(map(to_customer, current)), listed[-1].position if listed else None)

    def has_records(self, customer: Customer) -> bool:
        """One query for each kind and collection, until one finds anything."""
        return any(
            self._database.query(self._customers, keys.collection(customer.tenant, owner), Sorted(prefix), 1)
            for owner in customer.ids
            for prefix in PREFIXES.values()
        )


def _patterns(tenant: Tenant) -> str:
    return tenant.keyed_hash("placeholders", *sorted(tenant.placeholder_emails))


def _place(item: dict[str, str]) -> str | None:
    return item.get(BY_ACTIVITY.attributes[1])
