"""Records of a customer's collection as items.

SK `ENROLL#…`, `LEAD#…`, `LINK#…`, `ORDER#…`; what follows is the record's id. `written_at` and `via` say when and by
which identifiers it came; the other attributes are the record's own. Read by collection and kind.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from customerhub.deployment import BY_RECORD
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, EnrollmentId, TenantId, enrolled_customer
from customerhub.domain.records import Record, RecordChange, RecordKind
from customerhub.store import keys
from customerhub.store.customers import is_there
from customerhub.store.enrollments import put_given
from customerhub.store.link_items import link_places
from customerhub.store.orders import given_order
from customerhub.store.table import ALWAYS, IF_ABSENT, Check, Database, Delete, Guard, Item, Key, Put, Sorted, Write

PREFIXES = {
    RecordKind.ENROLLMENT: keys.ENROLLMENT_PREFIX,
    RecordKind.LEAD: "LEAD#",
    RecordKind.LINK: "LINK#",
    RecordKind.ORDER: keys.ORDER_PREFIX,
}


class DynamoRecordStore:
    """Implements `ports.RecordStore`. `customers` is the physical name of the table."""

    def __init__(self, database: Database, customers: str) -> None:
        self._database = database
        self._customers = customers

    def list_records(self, tenant: TenantId, customers: Sequence[CustomerId], limit: int) -> list[Record]:
        """One query for each kind and collection, and one more for each MB."""
        return [
            to_record(item, customer, kind)
            for customer in customers
            for kind, prefix in PREFIXES.items()
            for item in self._database.query(self._customers, keys.collection(tenant, customer), Sorted(prefix), limit)
        ]

    def move(self, tenant: TenantId, records: Sequence[Record], to: CustomerId) -> None:
        """One transaction, two or three writes for each and a look: nothing may come to somebody who was erased."""
        is_left = Check(keys.profile(self._customers, tenant, to), is_there())
        self._database.write_all([is_left, *(write for record in records for write in self._moves(tenant, record, to))])

    def _moves(self, tenant: TenantId, record: Record, to: CustomerId) -> list[Write]:
        # Of an integration there is one link: a later one takes the place of what was known before.
        guard = ALWAYS if record.kind is RecordKind.LINK else IF_ABSENT
        return [
            Delete(self._key(tenant, record, record.customer), _if_unchanged(record)),
            Put(self._key(tenant, record, to), _item(tenant, replace(record, customer=to)), guard),
            *self._forwarding(tenant, record, to),
        ]

    def _forwarding(self, tenant: TenantId, record: Record, to: CustomerId) -> list[Write]:
        """What leads from the id of an enrollment or order to its collection."""
        if record.kind is RecordKind.ORDER:
            given = given_order(self._customers, tenant, dict(record.content), to)
            return [given] if given else []
        if record.kind is not RecordKind.ENROLLMENT or "id" not in record.content:
            return []
        enrollment = EnrollmentId(record.content["id"])
        if enrolled_customer(enrollment) == to:
            return [Delete(keys.given_enrollment(self._customers, tenant, enrollment))]
        return [put_given(self._customers, tenant, enrollment, to)]

    def _key(self, tenant: TenantId, record: Record, customer: CustomerId) -> Key:
        return Key(self._customers, keys.collection(tenant, customer), PREFIXES[record.kind] + record.id)


def _if_unchanged(record: Record) -> Guard:
    """It stands there as it was read: what is moved is a copy. Every write of an enrollment or order counts it, and a
    link's says when."""
    if version := record.content.get("version"):
        return Guard("version = :version", {":version": int(version)})
    return Guard("written_at = :written_at", {":written_at": record.written_at.isoformat()})


def put_record(table: str, tenant: TenantId, record: Record) -> Put:
    """The write of a record, whatever is there."""
    key = Key(table, keys.collection(tenant, record.customer), PREFIXES[record.kind] + record.id)
    return Put(key, _item(tenant, record), ALWAYS)


def revise_record(table: str, tenant: TenantId, change: RecordChange) -> Put:
    """The write of a record in place of what was read, or where nothing was."""
    guard = _if_unchanged(change.before) if change.before else IF_ABSENT
    return replace(put_record(table, tenant, change.after), guard=guard)


def _item(tenant: TenantId, record: Record) -> Item:
    """The item of a record, with where it is listed."""
    listed = link_places(tenant, record) if record.kind is RecordKind.LINK and "external_id" in record.content else {}
    return from_record(record) | listed


def from_record(record: Record) -> Item:
    """The item of a record."""
    via = [{"kind": key.kind, "value": key.value} for key in record.via]
    return {**record.content, "written_at": record.written_at.isoformat(), "via": via}


def to_record(item: Item, customer: CustomerId, kind: RecordKind) -> Record:
    """The record that an item of that collection holds."""
    known = {"PK", "SK", "written_at", "via", *BY_RECORD.attributes}
    return Record(
        customer,
        kind,
        item["SK"].removeprefix(PREFIXES[kind]),
        datetime.fromisoformat(item["written_at"]),
        tuple(IdentifierKey(Kind(key["kind"]), key["value"]) for key in item["via"]),
        {name: value for name, value in item.items() if name not in known},
    )
