"""Events and merge records as items of a customer's collection.

Event: SK `EVENT#<ulid>`, read in order of time. Merge record: SK `MERGE#<ulid>`, kept for ever; its images are whole
items, so that an unmerge can put them back as they were.
"""

import json
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.events import Circumstances, Event, EventType
from customerhub.domain.identifier import Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CredentialId, CustomerId, EventId, MergeId, TenantId
from customerhub.domain.merge import MergeRecord
from customerhub.store import keys
from customerhub.store.claims import from_claim, to_claim
from customerhub.store.customers import from_customer, from_identifier, to_customer
from customerhub.store.table import Item, Put, if_version

RETENTION = timedelta(days=400)
"""Of events; a year and a bit, so that a season can be compared with the last. Those of a merge stay for ever."""
_FOR_EVER = frozenset({EventType.CUSTOMER_MERGED, EventType.CUSTOMER_ABSORBED, EventType.CUSTOMER_UNMERGED})


def from_event(event: Event) -> Item:
    """The event item. `before` and `after` are JSON text: nobody queries into them."""
    at = event.circumstances.now
    expiry = {} if event.type in _FOR_EVER else {TTL_ATTRIBUTE: int((at + RETENTION).timestamp())}
    return (expiry | ({"redacted": True} if event.redacted else {})) | {
        "id": event.id,
        "type": event.type,
        "at": at.isoformat(),
        "credential": event.circumstances.credential,
        "source": event.circumstances.source,
        "request_id": event.circumstances.request_id,
        "via": [{"kind": key.kind, "value": key.value} for key in event.via],
        "before": _json(event.before),
        "after": _json(event.after),
    }


def to_event(item: Item, tenant: TenantId, customer: CustomerId) -> Event:
    """The event that an item of the customer's collection holds; values as JSON has them."""
    at = datetime.fromisoformat(item["at"])
    return Event(
        EventId(item["id"]),
        tenant,
        customer,
        EventType(item["type"]),
        Circumstances(CredentialId(item["credential"]), item["source"], item["request_id"], at),
        before=json.loads(item["before"]),
        after=json.loads(item["after"]),
        via=tuple(IdentifierKey(Kind(key["kind"]), key["value"]) for key in item["via"]),
        redacted="redacted" in item,
    )


def put_merge(table: str, record: MergeRecord) -> Put:
    """The write of a ledger record at the version that was read: of two calls that undo a merge one does, and neither
    puts back what an erasure has taken out meanwhile."""
    survivor = record.survivor
    stored = replace(record, version=record.version + 1)
    key = keys.merge(table, survivor.tenant, survivor.id, record.id)
    return Put(key, from_merge(stored), if_version(record.version))


def from_merge(record: MergeRecord) -> Item:
    """The ledger item; its version is the one to be written."""
    return {
        **({"undone_at": record.undone_at.isoformat()} if record.undone_at else {}),
        "id": record.id,
        "version": record.version,
        "at": record.merged_at.isoformat(),
        "credential": record.merged_by,
        "survivor_before": from_customer(record.survivor),
        "survivor_after": from_customer(record.merged),
        "absorbed_before": [from_customer(customer) for customer in record.absorbed],
        "bystanders_before": [from_customer(customer) for customer in record.bystanders],
        "claims_before": [from_claim(claim) for claim in record.claims],
        "claims_created": [{"kind": key.kind, "value": key.value} for key in record.created],
    }


def to_merge(item: Item) -> MergeRecord:
    """The record that a ledger item holds."""
    return MergeRecord(
        MergeId(item["id"]),
        to_customer(item["survivor_before"]),
        tuple(map(to_customer, item["absorbed_before"])),
        merged=to_customer(item["survivor_after"]),
        bystanders=tuple(map(to_customer, item["bystanders_before"])),
        claims=tuple(map(to_claim, item["claims_before"])),
        created=tuple(IdentifierKey(Kind(key["kind"]), key["value"]) for key in item["claims_created"]),
        merged_at=datetime.fromisoformat(item["at"]),
        merged_by=CredentialId(item["credential"]),
        undone_at=datetime.fromisoformat(item["undone_at"]) if "undone_at" in item else None,
        version=int(item["version"]),
    )


def _json(value: Any) -> str:
    """Without blanks: an event of everyday size stays within one KB, which is what a write is charged by."""
    return json.dumps(value, default=_jsonable, separators=(",", ":"))


def _jsonable(value: Any) -> Any:
    if isinstance(value, Identifier):
        return from_identifier(value)
    if isinstance(value, datetime):
        return value.isoformat()
    if isinstance(value, frozenset):
        return sorted(value)
    raise TypeError(type(value).__name__)
