"""Jobs as items of the work table.

PK `T#<tenant>#JOB#<id>`, SK `JOB`; read by id. All are in `by_list` under
`T#<tenant>#JOBS#<integration, or - for none>#<status>#<shard>`, sorted by `<when it is due, or was changed>#<id>`.
Those that wait are in `by_due` as well, under `DUE#<shard>` for all tenants together, sorted by
`<when the sweep is to look after it>#<tenant>#<id>`. The id chooses the shard.

A job is written in one transaction with what is counted of it (`sync_figures.py`). It holds nothing personal but what
staff set for it; then the customer's collection has a reference to it, by which an erasure finds it.
"""

import zlib
from collections.abc import Sequence
from datetime import datetime
from typing import Any

from customerhub.deployment import BY_DUE, BY_LIST
from customerhub.domain.ids import CustomerId, EnrollmentId, IntegrationId, JobId, StageId, TenantId, enrolled_customer
from customerhub.domain.job import Failure, Job, JobChange, JobKind, JobStatus, Lease
from customerhub.store import keys
from customerhub.store.customers import is_there
from customerhub.store.listing import Shard, sorting_time
from customerhub.store.references import put_reference
from customerhub.store.sync_figures import NO_INTEGRATION, figure_adds
from customerhub.store.table import Check, Item, Put, Write, if_version

LIST_SHARDS = 4
DUE_SHARDS = 8


def job_writes(customers: str, work: str, changes: Sequence[JobChange]) -> list[Write]:
    """All writes of these jobs, each guarded by the version that was read, with what is counted of them."""
    puts: list[Write] = [_job_put(work, change) for change in changes]
    return [
        *puts,
        *(write for change in changes for write in _references(customers, change)),
        *figure_adds(work, changes),
    ]


def job_shards(work: str, tenant: TenantId, integration: IntegrationId | None, status: JobStatus) -> list[Shard]:
    """A tenant's jobs of that status, for that integration or for none."""
    return [Shard(work, _list_partition(tenant, integration, status, shard), BY_LIST) for shard in range(LIST_SHARDS)]


def due_shards(work: str) -> list[Shard]:
    """The jobs of all tenants that wait."""
    return [Shard(work, _due_partition(shard), BY_DUE) for shard in range(DUE_SHARDS)]


def due_until(until: datetime) -> str:
    """The position in those shards that everything due by then comes before."""
    return f"{sorting_time(until)}$"


def to_job(item: Item) -> Job:
    """The job that an item holds."""
    lease, owed_since, quiet_until = item.get("lease"), item.get("owed_since"), item.get("quiet_until")
    return Job(
        TenantId(item["tenant"]),
        JobId(item["id"]),
        JobKind(item["kind"]),
        due_at=datetime.fromisoformat(item["due_at"]),
        created_at=datetime.fromisoformat(item["created_at"]),
        updated_at=datetime.fromisoformat(item["updated_at"]),
        integration=IntegrationId(item["integration"]) if "integration" in item else None,
        customer=CustomerId(item["customer"]) if "customer" in item else None,
        enrollment=EnrollmentId(item["enrollment"]) if "enrollment" in item else None,
        stage=StageId(item["stage"]) if "stage" in item else None,
        status=JobStatus(item["status"]),
        reason=item.get("reason"),
        attempts=int(item["attempts"]),
        failures=tuple(_to_failure(failure) for failure in item.get("failures", ())),
        overrides=item.get("overrides", {}),
        lease=Lease(lease["token"], datetime.fromisoformat(lease["until"])) if lease else None,
        owed_since=datetime.fromisoformat(owed_since) if owed_since else None,
        quiet_until=datetime.fromisoformat(quiet_until) if quiet_until else None,
        version=int(item["version"]),
    )


def _job_put(work: str, change: JobChange) -> Put:
    job, version = change.after, change.before.version if change.before else 0
    return Put(keys.job(work, job.tenant, job.id), _from_job(job) | {"version": version + 1}, if_version(version))


def _from_job(job: Job) -> Item:
    failures = [{"at": f.at.isoformat(), "code": f.code, "message": f.message} for f in job.failures]
    item: dict[str, Any] = {
        "tenant": job.tenant,
        "id": job.id,
        "kind": job.kind,
        "due_at": job.due_at.isoformat(),
        "created_at": job.created_at.isoformat(),
        "updated_at": job.updated_at.isoformat(),
        "integration": job.integration,
        "customer": job.customer,
        "enrollment": job.enrollment,
        "stage": job.stage,
        "status": job.status,
        "reason": job.reason,
        "attempts": job.attempts,
        "failures": failures or None,
        "overrides": dict(job.overrides) or None,
        "lease": {"token": job.lease.token, "until": job.lease.until.isoformat()} if job.lease else None,
        "owed_since": job.owed_since.isoformat() if job.owed_since else None,
        "quiet_until": job.quiet_until.isoformat() if job.quiet_until else None,
    }
    return _places(job) | {name: value for name, value in item.items() if value is not None}


def _places(job: Job) -> Item:
    shard = zlib.crc32(job.id.encode())
    is_waiting = job.status is JobStatus.WAITING
    listed_at = job.due_at if is_waiting else job.updated_at
    partition = _list_partition(job.tenant, job.integration, job.status, shard % LIST_SHARDS)
    listed = dict(zip(BY_LIST.attributes, (partition, f"{sorting_time(listed_at)}#{job.id}"), strict=True))
    if not is_waiting:
        return listed
    swept_at = max(job.due_at, job.quiet_until or job.due_at)
    place = _due_partition(shard % DUE_SHARDS), f"{sorting_time(swept_at)}#{job.tenant}#{job.id}"
    return listed | dict(zip(BY_DUE.attributes, place, strict=True))


def _references(customers: str, change: JobChange) -> list[Write]:
    """What an erasure finds the staff's words by, once there are any; the person must be there to be found."""
    job = change.after
    customer = job.customer or (enrolled_customer(job.enrollment) if job.enrollment else None)
    if customer is None or not job.overrides or (change.before and change.before.overrides):
        return []
    return [
        put_reference(customers, job.tenant, customer, keys.job_reference(job.id)),
        Check(keys.profile(customers, job.tenant, customer), is_there()),
    ]


def _to_failure(item: Item) -> Failure:
    return Failure(datetime.fromisoformat(item["at"]), item["code"], item["message"])


def _list_partition(tenant: TenantId, integration: IntegrationId | None, status: JobStatus, shard: int) -> str:
    return f"T#{tenant}#JOBS#{integration or NO_INTEGRATION}#{status}#{shard}"


def _due_partition(shard: int) -> str:
    return f"DUE#{shard}"
