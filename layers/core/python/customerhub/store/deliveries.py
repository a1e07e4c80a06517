"""Deliveries over DynamoDB."""

from collections.abc import Sequence
from contextlib import suppress
from dataclasses import replace
from datetime import datetime

from customerhub.domain.delivery import Delivery, DeliveryFigures, DeliveryStatus
from customerhub.domain.delivery_outcome import forgotten
from customerhub.domain.ids import DeliveryId, IntegrationId, TenantId
from customerhub.domain.page import Page
from customerhub.domain.tenant import Tenant
from customerhub.errors import GuardFailed, LostRace, StoreUnavailable
from customerhub.store import keys
from customerhub.store.delivery_items import delivery_shards, due_shards, due_until, put_delivery, to_delivery
from customerhub.store.listing import Entry, ShardReader
from customerhub.store.table import Database, Sorted

READ_AT_ONCE = 25
"""Each may hold nearly 400 KB, and one answer of DynamoDB 16 MB."""
MAX_COUNTED = 1_000
DROP_ATTEMPTS = 5


class DynamoDeliveryStore:
    """Implements `ports.deliveries.DeliveryStore`. `work` is the physical name of the table."""

    def __init__(self, database: Database, shards: ShardReader, work: str) -> None:
        self._database = database
        self._shards = shards
        self._work = work

    def put_delivery_if_absent(self, delivery: Delivery) -> bool:
        """One PutItem."""
        try:
            self._database.put(put_delivery(self._work, replace(delivery, version=0)))
        except GuardFailed:
            return False
        except LostRace as conflict:
            raise StoreUnavailable("a transaction was at the delivery") from conflict
        return True

    def get_delivery(self, tenant: TenantId, delivery: DeliveryId) -> Delivery | None:
        """One GetItem."""
        item = self._database.get(keys.delivery(self._work, tenant, delivery))
        return to_delivery(item) if item else None

    def put_delivery(self, delivery: Delivery) -> Delivery:
        """One PutItem."""
        self._database.put(put_delivery(self._work, delivery))
        return replace(delivery, version=delivery.version + 1)

    def list_deliveries(
        self, tenant: TenantId, integration: IntegrationId, status: DeliveryStatus, after: str | None, limit: int
    ) -> Page[Delivery]:
        """One query per shard, all at once, and one BatchGetItem per 25. The index is a moment late: what has another
        status by now is left out."""
        page = self._listed(tenant, integration, status, Sorted(after=after), limit)
        found = (delivery for delivery in self._read(page.items) if delivery.status is status)
        return Page(tuple(replace(delivery, body=None) for delivery in found), page.after)

    def read_figures(self, tenant: TenantId, integration: IntegrationId) -> DeliveryFigures:
        """Seven queries of each shard, and two BatchGetItems."""
        waiting = self._listed(tenant, integration, DeliveryStatus.WAITING, Sorted(), MAX_COUNTED)
        parked = self._listed(tenant, integration, DeliveryStatus.PARKED, Sorted(), MAX_COUNTED)
        newest = Sorted(descending=True)
        last = [
            entry for status in DeliveryStatus for entry in self._listed(tenant, integration, status, newest, 1).items
        ]
        oldest = next(iter(self._read(waiting.items[:1])), None)
        return DeliveryFigures(
            len(waiting.items),
            oldest.received_at if oldest else None,
            len(parked.items),
            max((one.received_at for one in self._read(last)), default=None),
        )

    def due_deliveries(self, until: datetime, limit: int) -> Sequence[Delivery]:
        """One query per shard, all at once, and one BatchGetItem per 25."""
        page = self._shards.read_page(due_shards(self._work), Sorted(), limit)
        bound = due_until(until)
        found = self._read([entry for entry in page.items if entry.position < bound])
        return [
            one for one in found if one.status is DeliveryStatus.WAITING and (one.quiet_until or one.due_at) <= until
        ]

    def drop_bodies(self, tenant: Tenant, integration: IntegrationId) -> None:
        """One query per shard and status for every 25, one BatchGetItem for these, and one PutItem for each that says
        something."""
        for status in (DeliveryStatus.PARKED, DeliveryStatus.WAITING):
            after: str | None = None
            while True:
                page = self._listed(tenant.id, integration, status, Sorted(after=after), READ_AT_ONCE)
                for delivery in self._read(page.items):
                    self._drop_body(delivery)
                after = page.after
                if after is None:
                    break

    def _drop_body(self, delivery: Delivery) -> None:
        """One that changes all the time is being worked, and loses its body by that."""
        now: Delivery | None = delivery
        for _ in range(DROP_ATTEMPTS):
            if now is None or (after := forgotten(now)) == now:
                return
            with suppress(LostRace):
                self.put_delivery(after)
                return
            now = self.get_delivery(now.tenant, now.id)

    def _listed(
        self, tenant: TenantId, integration: IntegrationId, status: DeliveryStatus, part: Sorted, limit: int
    ) -> Page[Entry]:
        return self._shards.read_page(delivery_shards(self._work, tenant, integration, status), part, limit)

    def _read(self, entries: Sequence[Entry]) -> list[Delivery]:
        found: list[Delivery] = []
        for start in range(0, len(entries), READ_AT_ONCE):
            some = [entry.key for entry in entries[start : start + READ_AT_ONCE]]
            items = self._database.batch_get(some)
            found += (to_delivery(items[key]) for key in some if key in items)
        return found
