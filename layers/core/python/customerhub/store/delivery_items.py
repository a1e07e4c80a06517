"""Deliveries as items of the work table.

PK `T#<tenant>#DELIVERY#<id>`, SK `DELIVERY`; read by id. All are in `by_list` under
`T#<tenant>#DELIVERIES#<integration>#<status>#<shard>`, sorted by `<when it came, or was worked>#<id>`. Those that wait
are in `by_due` as well, under `DUE#DELIVERY#<shard>` for all tenants together, sorted by
`<when the sweep is to look after it>#<tenant>#<id>`. The id chooses the shard.

What a delivery says is stored compressed, until it is worked. Those that need nobody any more expire.
"""

import zlib
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from customerhub.deployment import BY_DUE, BY_LIST, TTL_ATTRIBUTE
from customerhub.domain.delivery import RETENTION, Delivery, DeliveryStatus, pack, unpack
from customerhub.domain.ids import ExternalId, IntegrationId, TenantId
from customerhub.domain.remote import RemoteChange
from customerhub.store import keys
from customerhub.store.listing import Shard, sorting_time
from customerhub.store.table import Item, Put, if_version

LIST_SHARDS = 4
DUE_SHARDS = 8
ENDED = (DeliveryStatus.DONE, DeliveryStatus.SKIPPED, DeliveryStatus.DISCARDED)


def put_delivery(work: str, delivery: Delivery) -> Put:
    """The write of a delivery that was read, or is new, at its version."""
    item = from_delivery(delivery) | {"version": delivery.version + 1}
    return Put(keys.delivery(work, delivery.tenant, delivery.id), item, if_version(delivery.version))


def delivery_shards(work: str, tenant: TenantId, integration: IntegrationId, status: DeliveryStatus) -> list[Shard]:
    """An integration's deliveries of that status."""
    return [Shard(work, _list_partition(tenant, integration, status, shard), BY_LIST) for shard in range(LIST_SHARDS)]


def due_shards(work: str) -> list[Shard]:
    """The deliveries of all tenants that wait."""
    return [Shard(work, _due_partition(shard), BY_DUE) for shard in range(DUE_SHARDS)]


def due_until(until: datetime) -> str:
    """The position in those shards that everything due by then comes before."""
    return f"{sorting_time(until)}$"


def from_delivery(delivery: Delivery) -> Item:
    """The item; its version is the one that was read."""
    times = {
        "received_at": delivery.received_at,
        "due_at": delivery.due_at,
        "occurred_at": delivery.occurred_at,
        "worked_at": delivery.worked_at,
        "retried_at": delivery.retried_at,
        "quiet_until": delivery.quiet_until,
    }
    item: dict[str, Any] = {
        "tenant": delivery.tenant,
        "integration": delivery.integration,
        "event_id": delivery.event_id,
        "topic": delivery.topic,
        "body": None if delivery.body is None else pack(delivery.body),
        "changes": [_from_change(change) for change in delivery.changes] or None,
        "cursor": delivery.cursor,
        "status": delivery.status,
        "reason": delivery.reason,
        "attempts": delivery.attempts,
        "version": delivery.version,
        TTL_ATTRIBUTE: _expiry(delivery),
        **{name: at.isoformat() if at else None for name, at in times.items()},
    }
    return _places(delivery) | {name: value for name, value in item.items() if value is not None}


def to_delivery(item: Item) -> Delivery:
    """The delivery that an item holds."""
    return Delivery(
        TenantId(item["tenant"]),
        IntegrationId(item["integration"]),
        item["event_id"],
        item["topic"],
        received_at=datetime.fromisoformat(item["received_at"]),
        due_at=datetime.fromisoformat(item["due_at"]),
        body=unpack(item["body"]) if "body" in item else None,
        changes=tuple(map(_to_change, item.get("changes", ()))),
        cursor=item.get("cursor"),
        occurred_at=_time(item, "occurred_at"),
        status=DeliveryStatus(item["status"]),
        reason=item.get("reason"),
        attempts=int(item["attempts"]),
        worked_at=_time(item, "worked_at"),
        retried_at=_time(item, "retried_at"),
        quiet_until=_time(item, "quiet_until"),
        version=int(item["version"]),
    )


def _from_change(change: RemoteChange) -> Item:
    return {
        "kind": change.kind,
        "action": change.action,
        "id": change.id,
        "absorbed": list(change.absorbed),
        "orders": list(change.orders),
        "reference": change.reference,
    }


def _to_change(item: Mapping[str, Any]) -> RemoteChange:
    return RemoteChange(
        item["kind"],
        item["action"],
        ExternalId(item["id"]),
        absorbed=tuple(map(ExternalId, item["absorbed"])),
        orders=tuple(map(ExternalId, item["orders"])),
        reference=ExternalId(item["reference"]) if item["reference"] else None,
    )


def _places(delivery: Delivery) -> Item:
    shard, is_waiting = zlib.crc32(delivery.id.encode()), delivery.status is DeliveryStatus.WAITING
    listed_at = delivery.received_at if is_waiting else delivery.worked_at or delivery.received_at
    partition = _list_partition(delivery.tenant, delivery.integration, delivery.status, shard % LIST_SHARDS)
    listed = dict(zip(BY_LIST.attributes, (partition, f"{sorting_time(listed_at)}#{delivery.id}"), strict=True))
    if not is_waiting:
        return listed
    swept_at = max(delivery.due_at, delivery.quiet_until or delivery.due_at)
    place = _due_partition(shard % DUE_SHARDS), f"{sorting_time(swept_at)}#{delivery.tenant}#{delivery.id}"
    return listed | dict(zip(BY_DUE.attributes, place, strict=True))


def _expiry(delivery: Delivery) -> int | None:
    """What waits or is parked stays until somebody has seen to it."""
    if delivery.status not in ENDED:
        return None
    return int(((delivery.worked_at or delivery.received_at) + RETENTION).timestamp())


def _time(item: Item, name: str) -> datetime | None:
    told = item.get(name)
    return datetime.fromisoformat(told) if told else None


def _list_partition(tenant: TenantId, integration: IntegrationId, status: DeliveryStatus, shard: int) -> str:
    return f"T#{tenant}#DELIVERIES#{integration}#{status}#{shard}"


def _due_partition(shard: int) -> str:
    return f"DUE#DELIVERY#{shard}"
