"""Duties as items of the work table.

PK `T#<tenant>#DUTY#<id>`, SK `DUTY`; read by id. All are in `by_list` under `T#<tenant>#DUTIES#<status>`, sorted by
`<when it is due>#<id>`. Open ones are in `by_due` as well, for all tenants together, sorted by
`<when the schedule is to look at it>#<tenant>#<id>`: it asks every minute, and mostly finds none. Those that the hub
does are under `DUTIES`, those for staff under `DUTIES#STAFF`: these stay for as long as nobody does them, and must not
stand before the others. There are few: a request of a person, or the end of a shop, is not heard of every minute.
Nothing expires: it is the proof.
"""

from collections.abc import Sequence
from datetime import datetime

from customerhub.deployment import BY_DUE, BY_LIST, DUTY_LIST, PARTITION_KEY, SORT_KEY, STAFF_DUTY_LIST
from customerhub.domain.duty import NEAR, Duty, DutyKind, DutyStatus, Outcome, Part, Receipt
from customerhub.domain.ids import CredentialId, CustomerId, DutyId, ErasureId, ExternalId, IntegrationId, TenantId
from customerhub.domain.page import Page
from customerhub.store import keys
from customerhub.store.link_items import link_holders
from customerhub.store.listing import Shard, ShardReader, sorting_time
from customerhub.store.table import Database, Item, Key, Put, Sorted, if_version


class DynamoDutyStore:
    """Implements `ports.duties.DutyStore`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, shards: ShardReader, customers: str, work: str) -> None:
        self._database = database
        self._shards = shards
        self._customers = customers
        self._work = work

    def get_duty(self, tenant: TenantId, duty: DutyId) -> Duty | None:
        """One GetItem."""
        item = self._database.get(keys.duty(self._work, tenant, duty))
        return _to_duty(item) if item else None

    def put_duty(self, duty: Duty) -> None:
        """One PutItem."""
        key = keys.duty(self._work, duty.tenant, duty.id)
        self._database.put(Put(key, _from_duty(duty), if_version(duty.version)))

    def list_duties(self, tenant: TenantId, status: DutyStatus, after: str | None, limit: int) -> Page[Duty]:
        """One query, and one BatchGetItem where it finds any. The index is a moment late: what has another status by
        now is left out."""
        shard = Shard(self._work, _list_partition(tenant, status), BY_LIST)
        page = self._shards.read_page([shard], Sorted(after=after), limit)
        duties = self._read([entry.key for entry in page.items])
        return Page(tuple(duty for duty in duties if duty.status is status), page.after)

    def open_duties(self, until: datetime, limit: int) -> Sequence[Duty]:
        """Two queries of the index, and one BatchGetItem for each hundred that it finds."""
        lists = (DUTY_LIST, STAFF_DUTY_LIST)
        found = (self._database.query_index(self._work, BY_DUE, one, Sorted(), limit) for one in lists)
        listed = [item for items in found for item in items]
        end = sorting_time(until)
        due = [item for item in listed if item[BY_DUE.attributes[1]] < end]
        duties = self._read([Key(self._work, item[PARTITION_KEY], item[SORT_KEY]) for item in due])
        return [duty for duty in duties if duty.status is DutyStatus.OPEN]

    def find_linked(self, tenant: TenantId, integration: IntegrationId, record: ExternalId) -> Sequence[CustomerId]:
        """Two queries of the index."""
        return link_holders(self._database, self._customers, tenant, integration, record)

    def _read(self, places: Sequence[Key]) -> list[Duty]:
        items = self._database.batch_get(places) if places else {}
        return [_to_duty(items[place]) for place in places if place in items]


def _from_duty(duty: Duty) -> Item:
    return _places(duty) | {
        "tenant": duty.tenant,
        "id": duty.id,
        "kind": duty.kind,
        "integration": duty.integration,
        "received_at": duty.received_at.isoformat(),
        "due_at": duty.due_at.isoformat(),
        "customer": duty.customer,
        "customers": list(duty.customers),
        "receipt": _from_receipt(duty.receipt) if duty.receipt else None,
        "position": duty.position,
        "counted": duty.counted,
        "pending": list(duty.pending),
        "counts": dict(duty.counts),
        "version": duty.version + 1,
    }


def _to_duty(item: Item) -> Duty:
    return Duty(
        TenantId(item["tenant"]),
        DutyId(item["id"]),
        DutyKind(item["kind"]),
        IntegrationId(item["integration"]),
        datetime.fromisoformat(item["received_at"]),
        datetime.fromisoformat(item["due_at"]),
        ExternalId(item["customer"]) if item["customer"] else None,
        tuple(map(CustomerId, item["customers"])),
        _to_receipt(item["receipt"]) if item["receipt"] else None,
        item["position"],
        item["counted"],
        tuple(map(CustomerId, item["pending"])),
        {Part(name): int(count) for name, count in item["counts"].items()},
        int(item["version"]),
    )


def _from_receipt(receipt: Receipt) -> Item:
    return {
        "outcome": receipt.outcome,
        "at": receipt.at.isoformat(),
        "by": receipt.by,
        "erasures": list(receipt.erasures),
        "counts": dict(receipt.counts),
    }


def _to_receipt(item: Item) -> Receipt:
    return Receipt(
        Outcome(item["outcome"]),
        datetime.fromisoformat(item["at"]),
        CredentialId(item["by"]) if item["by"] else None,
        tuple(map(ErasureId, item["erasures"])),
        {Part(name): int(count) for name, count in item["counts"].items()},
    )


def _places(duty: Duty) -> Item:
    place = _list_partition(duty.tenant, duty.status), f"{sorting_time(duty.due_at)}#{duty.id}"
    listed = dict(zip(BY_LIST.attributes, place, strict=True))
    if duty.status is not DutyStatus.OPEN:
        return listed
    partition, looked_at = (STAFF_DUTY_LIST, duty.due_at - NEAR) if duty.is_for_staff else (DUTY_LIST, duty.received_at)
    due = partition, f"{sorting_time(looked_at)}#{duty.tenant}#{duty.id}"
    return listed | dict(zip(BY_DUE.attributes, due, strict=True))


def _list_partition(tenant: TenantId, status: DutyStatus) -> str:
    return f"T#{tenant}#DUTIES#{status}"
