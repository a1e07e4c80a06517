"""Enrollments as items of a customer's collection.

SK `ENROLL#<ULID>`, in order of time. In `by_enrollment` under `T#<tenant>#ENROLLED#<stage>#<status>#<shard>`, sorted by
`<when it began>#<ULID>`; the ULID chooses the shard. Where an unmerge has given one to a customer whom its id does not
name, PK `T#<tenant>#ENROLLMENT#<id>`, SK `GIVEN` says to whom.

It is a record like any other (`written_at`, `via`), so that merges, exports and erasures treat it as such.
"""

import zlib
from datetime import datetime

from customerhub.deployment import BY_ENROLLMENT
from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import (
    CustomerId,
    EnrollmentId,
    IntegrationId,
    StageId,
    TenantId,
    enrolled_customer,
    enrollment_part,
)
from customerhub.store import keys
from customerhub.store.listing import Shard, sorting_time
from customerhub.store.table import ALWAYS, Item, Key, Put, if_version

SHARDS = 8
"""An import enrolls hundreds a second in one stage, and a partition bears 1,000 writes."""


def put_enrollment(table: str, enrollment: Enrollment) -> Put:
    """The write of an enrollment at the version that was read."""
    key = keys.enrollment(table, enrollment.tenant, enrollment.collection, enrollment.id)
    return Put(key, _from_enrollment(enrollment) | {"version": enrollment.version + 1}, if_version(enrollment.version))


def enrollment_shards(table: str, tenant: TenantId, stage: StageId, status: EnrollmentStatus) -> list[Shard]:
    """Those of one stage and status."""
    return [Shard(table, _partition(tenant, stage, status, shard), BY_ENROLLMENT) for shard in range(SHARDS)]


def position(enrollment: Enrollment) -> str:
    """Where it stands in a list: by when it began."""
    return f"{sorting_time(enrollment.started_at)}#{enrollment_part(enrollment.id)}"


def to_enrollment(item: Item, stored_with: CustomerId) -> Enrollment:
    """The enrollment that an item of that customer's collection holds."""
    enrollment_id = EnrollmentId(item["id"])
    return Enrollment(
        TenantId(item["tenant"]),
        enrollment_id,
        StageId(item["stage"]),
        datetime.fromisoformat(item["started_at"]),
        EnrollmentStatus(item["status"]),
        _time(item.get("ends_at")),
        _time(item.get("ended_at")),
        item["how"],
        tuple(map(IntegrationId, item["owed_to"])),
        {IntegrationId(name): datetime.fromisoformat(at) for name, at in item["synced_at"].items()},
        tuple(IdentifierKey(Kind(key["kind"]), key["value"]) for key in item["via"]),
        int(item["version"]),
        None if stored_with == enrolled_customer(enrollment_id) else stored_with,
        EnrollmentId(item["moved_to"]) if "moved_to" in item else None,
        item.get("reason"),
    )


def put_given(table: str, tenant: TenantId, enrollment: EnrollmentId, to: CustomerId) -> Put:
    """The write of whom an enrollment was given to."""
    return Put(keys.given_enrollment(table, tenant, enrollment), {"customer": to}, ALWAYS)


def given_key(table: str, tenant: TenantId, item: Item) -> Key:
    """Where it is said to whom the enrollment of that item was given, if it was."""
    return keys.given_enrollment(table, tenant, EnrollmentId(item["id"]))


def _from_enrollment(enrollment: Enrollment) -> Item:
    shard = zlib.crc32(enrollment_part(enrollment.id).encode()) % SHARDS
    partition = _partition(enrollment.tenant, enrollment.stage, enrollment.status, shard)
    listed = dict(zip(BY_ENROLLMENT.attributes, (partition, position(enrollment)), strict=True))
    item = {
        "tenant": enrollment.tenant,
        "id": enrollment.id,
        "stage": enrollment.stage,
        "status": enrollment.status,
        "started_at": enrollment.started_at.isoformat(),
        # Not `expires_at`: DynamoDB deletes what has that attribute when the time comes.
        "ends_at": enrollment.expires_at.isoformat() if enrollment.expires_at else None,
        "ended_at": enrollment.ended_at.isoformat() if enrollment.ended_at else None,
        "how": enrollment.how,
        "owed_to": list(enrollment.owed_to),
        "synced_at": {name: at.isoformat() for name, at in enrollment.synced_at.items()},
        "moved_to": enrollment.moved_to,
        "reason": enrollment.reason,
        "written_at": enrollment.started_at.isoformat(),
        "via": [{"kind": key.kind, "value": key.value} for key in enrollment.via],
    }
    return listed | {name: value for name, value in item.items() if value is not None}


def _partition(tenant: TenantId, stage: StageId, status: EnrollmentStatus, shard: int) -> str:
    return f"T#{tenant}#ENROLLED#{stage}#{status}#{shard}"


def _time(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
