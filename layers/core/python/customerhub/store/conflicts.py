"""Conflicts as items.

PK `T#<tenant>#CONFLICT#<id>`, SK `CONFLICT`. The id follows from what is in conflict, so that there is one item however
often the conflict is found. In `by_list` under `T#<tenant>#CONFLICTS#<status>#<shard>`, sorted by
`<when it was found last>#<id>`; the id chooses the shard.
"""

import zlib
from datetime import datetime

from customerhub.deployment import BY_LIST
from customerhub.domain.conflict import ConflictKind
from customerhub.domain.conflict_record import ConflictRecord, ConflictStatus, Resolution, ResolutionKind
from customerhub.domain.events import Circumstances
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import ConflictId, CredentialId, CustomerId, TenantId
from customerhub.store import keys
from customerhub.store.contacts import from_contact, to_contact
from customerhub.store.listing import Shard, sorting_time
from customerhub.store.table import Item, Put, if_version

SHARDS = 4


def put_conflict(table: str, record: ConflictRecord) -> Put:
    """The write of a conflict that was read, or found to be absent, at its version."""
    item = from_conflict(record) | {"version": record.version + 1}
    return Put(keys.conflict(table, record.tenant, record.id), item, if_version(record.version))


def conflict_shards(table: str, tenant: TenantId, status: ConflictStatus) -> list[Shard]:
    """All conflicts of a tenant that have that status."""
    return [Shard(table, _list_partition(tenant, status, shard), BY_LIST) for shard in range(SHARDS)]


def from_conflict(record: ConflictRecord) -> Item:
    """The item; its version is the one to be written."""
    shard = zlib.crc32(record.id.encode()) % SHARDS
    place = _list_partition(record.tenant, record.status, shard), f"{sorting_time(record.found[-1].now)}#{record.id}"
    return dict(zip(BY_LIST.attributes, place, strict=True)) | {
        "tenant": record.tenant,
        "id": record.id,
        "kind": record.kind,
        "status": record.status.name,
        "customers": list(record.customers),
        "identifiers": [_from_key(key) for key in record.identifiers],
        "contact": from_contact(record.contact) if record.contact else None,
        "found": [_from_circumstances(found) for found in record.found],
        "resolutions": [_from_resolution(resolution) for resolution in record.resolutions],
        "version": record.version,
    }


def to_conflict(item: Item) -> ConflictRecord:
    """The conflict that an item holds."""
    return ConflictRecord(
        TenantId(item["tenant"]),
        ConflictId(item["id"]),
        ConflictKind(item["kind"]),
        tuple(map(CustomerId, item["customers"])),
        tuple(map(_to_key, item["identifiers"])),
        to_contact(item["contact"]) if item["contact"] else None,
        found=tuple(map(_to_circumstances, item["found"])),
        resolutions=tuple(map(_to_resolution, item["resolutions"])),
        version=int(item["version"]),
    )


def _list_partition(tenant: TenantId, status: ConflictStatus, shard: int) -> str:
    return f"T#{tenant}#CONFLICTS#{status.name}#{shard}"


def _from_circumstances(found: Circumstances) -> Item:
    return {
        "credential": found.credential,
        "source": found.source,
        "request_id": found.request_id,
        "at": found.now.isoformat(),
    }


def _to_circumstances(item: Item) -> Circumstances:
    at = datetime.fromisoformat(item["at"])
    return Circumstances(CredentialId(item["credential"]), item["source"], item["request_id"], at)


def _from_resolution(resolution: Resolution) -> Item:
    item = {
        "kind": resolution.kind,
        "at": resolution.at.isoformat(),
        "request_id": resolution.request_id,
        "by": resolution.by,
        "note": resolution.note,
        "identifier": _from_key(resolution.identifier) if resolution.identifier else None,
        "to": resolution.to,
    }
    return {name: value for name, value in item.items() if value is not None}


def _to_resolution(item: Item) -> Resolution:
    return Resolution(
        ResolutionKind(item["kind"]),
        datetime.fromisoformat(item["at"]),
        item["request_id"],
        CredentialId(item["by"]) if "by" in item else None,
        item.get("note"),
        _to_key(item["identifier"]) if "identifier" in item else None,
        CustomerId(item["to"]) if "to" in item else None,
    )


def _from_key(key: IdentifierKey) -> Item:
    return {"kind": key.kind, "value": key.value}


def _to_key(item: Item) -> IdentifierKey:
    return IdentifierKey(Kind(item["kind"]), item["value"])
