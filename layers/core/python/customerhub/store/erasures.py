"""Erasures as items, and the collections that they empty.

Erasure: PK `T#<tenant>#ERASURE#<id>`, SK `ERASURE`; read by id. While it is unfinished it is in `by_list` as well,
under `ERASURES` for all tenants together, sorted by `<requested_at>#<id>`: the schedule asks every minute, and mostly
finds none. That of a temporary account expires.
"""

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime

from customerhub.deployment import BY_LIST, ERASURE_LIST, PARTITION_KEY, PROFILE_SORT_KEY, SORT_KEY, TTL_ATTRIBUTE
from customerhub.domain.erasure import Cause, Erasure, References, Store
from customerhub.domain.ids import (
    ConflictId,
    CredentialId,
    CustomerId,
    ErasureId,
    ExternalId,
    IntegrationId,
    JobId,
    TenantId,
    VerificationId,
)
from customerhub.domain.job import JobChange
from customerhub.domain.tenant import Tenant
from customerhub.domain.verification import LIFETIME
from customerhub.store import keys
from customerhub.store.deliveries import DynamoDeliveryStore
from customerhub.store.enrollments import given_key
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.job_items import job_writes, to_job
from customerhub.store.listing import ShardReader
from customerhub.store.orders import place_key
from customerhub.store.pages import read_pages
from customerhub.store.records import PREFIXES
from customerhub.store.table import Database, Item, Key, Put, Sorted, if_version

PAGE = 500
_PROFILE = PROFILE_SORT_KEY
_STORES = (
    *((prefix, Store.RECORDS) for prefix in PREFIXES.values()),
    (_PROFILE, Store.PROFILES),
    (keys.EVENT_PREFIX, Store.EVENTS),
    (keys.MERGE_PREFIX, Store.MERGES),
)
_REFERENCED = {"ANSWER": Store.ANSWERS, "CONFLICT": Store.CONFLICTS, "JOB": Store.JOBS, "MERGE": Store.MERGES}


class DynamoErasureStore:
    """Implements `ports.ErasureStore`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, customers: str, work: str) -> None:
        self._database = database
        self._customers = customers
        self._work = work

    def get_erasure(self, tenant: TenantId, erasure_id: ErasureId) -> Erasure | None:
        """One GetItem."""
        item = self._database.get(keys.erasure(self._work, tenant, erasure_id))
        return _to_erasure(item) if item else None

    def put_erasure(self, erasure: Erasure) -> None:
        """One PutItem."""
        self._database.put(put_erasure(self._work, erasure))

    def unfinished(self, limit: int) -> Sequence[Erasure]:
        """One query of the index, and one BatchGetItem where it finds any."""
        listed = self._database.query_index(self._work, BY_LIST, ERASURE_LIST, Sorted(), limit)
        found = self._database.batch_get([Key(self._work, item[PARTITION_KEY], item[SORT_KEY]) for item in listed])
        erasures = map(_to_erasure, found.values())
        return sorted((e for e in erasures if e.completed_at is None), key=lambda erasure: erasure.requested_at)

    def count_items(self, erasure: Erasure) -> Mapping[Store, int]:
        """One query per MB, for each collection and each identifier."""
        counts = Counter(dict.fromkeys(Store, 0))
        counts[Store.IDENTIFIERS] = len(erasure.identifiers)
        referenced: set[str] = set()
        for partition in self._partitions(erasure):
            for page in self._pages(self._customers, partition):
                sorts = [item[SORT_KEY] for item in page]
                counts.update(store for sort in sorts if (store := _store_of(sort)))
                referenced.update(sort for sort in sorts if sort.startswith(keys.REFERENCE_PREFIX))
        counts.update(store for sort in referenced if (store := _store_of_reference(sort, erasure)))
        counts[Store.VERIFICATIONS] = len(self._verifications(erasure))
        return counts

    def references(self, erasure: Erasure, limit: int) -> References:
        """One query for each collection and each identifier."""
        found: list[tuple[str, str]] = []
        for partition in self._partitions(erasure):
            items = self._database.query(self._customers, partition, Sorted(keys.REFERENCE_PREFIX), limit - len(found))
            found += [(partition, item[SORT_KEY]) for item in items]
            if len(found) >= limit:
                break
        return _to_references(found)

    def drop_references(self, references: References) -> None:
        """BatchWriteItem, 25 at a time."""
        self._database.delete_all([Key(self._customers, *place) for place in references.places])

    def drop_answers(self, tenant: TenantId, references: References) -> None:
        """BatchWriteItem, 25 at a time."""
        self._database.delete_all([keys.answer(self._work, tenant, digest) for digest in references.answers])

    def clear_jobs(self, tenant: TenantId, references: References) -> None:
        """One BatchGetItem and one transaction for each job, where there are any. Raises LostRace."""
        addresses = [keys.job(self._work, tenant, job) for job in references.jobs]
        for item in (self._database.batch_get(addresses) if addresses else {}).values():
            if (job := to_job(item)).overrides:
                change = JobChange(replace(job, overrides={}), job)
                self._database.write_all(job_writes(self._customers, self._work, [change]))

    def drop_verifications(self, erasure: Erasure) -> None:
        """One query for each recipient, and BatchWriteItem where it finds any."""
        self._database.delete_all(self._verifications(erasure))

    def drop_deliveries(self, tenant: Tenant) -> None:
        """One query, and for each integration what `drop_bodies` costs."""
        integrations = DynamoIntegrationStore(self._database, self._work).list_integrations(tenant.id)
        if not integrations:
            return
        deliveries = DynamoDeliveryStore(self._database, ShardReader(self._database), self._work)
        for integration in integrations:
            deliveries.drop_bodies(tenant, integration.id)

    def drop_collections(self, erasure: Erasure) -> Iterator[None]:
        """One query and BatchWriteItem for each page; references have been followed before."""
        for customer in erasure.customers:
            partition = keys.collection(erasure.tenant, customer)
            for page in self._pages(self._customers, partition):
                # What leads to an item goes before it, or nothing would lead to that.
                self._database.delete_all([key for item in page for key in self._leading_to(item, erasure)])
                sorts = [item[SORT_KEY] for item in page if item[SORT_KEY] != _PROFILE]
                self._database.delete_all([Key(self._customers, partition, sort) for sort in sorts])
                yield

    def _leading_to(self, item: Item, erasure: Erasure) -> list[Key]:
        """Where it is said in whose collection an enrollment or order is."""
        if item[SORT_KEY].startswith(keys.ENROLLMENT_PREFIX) and "id" in item:
            return [given_key(self._customers, erasure.tenant, item)]
        place = item[SORT_KEY].startswith(keys.ORDER_PREFIX) and place_key(self._customers, erasure.tenant, item)
        return [place] if place else []

    def _partitions(self, erasure: Erasure) -> list[str]:
        """Where something may stand that speaks of the person, or leads to it."""
        return [
            *(keys.collection(erasure.tenant, customer) for customer in erasure.customers),
            *(keys.identifier_partition(erasure.tenant, hashed) for hashed in erasure.identifiers),
        ]

    def _verifications(self, erasure: Erasure) -> list[Key]:
        """Codes sent before the person was erased, and what was counted for each: who comes back asks for a new one."""
        last = (erasure.requested_at + LIFETIME).isoformat()
        found: list[Key] = []
        for recipient in erasure.recipients:
            partition = keys.verification(self._work, erasure.tenant, VerificationId(f"{recipient}-")).partition
            for item in self._all(self._work, partition, keys.VERIFICATION_PREFIX):
                if item["valid_until"] <= last:
                    own = item[SORT_KEY].removeprefix(keys.VERIFICATION_PREFIX)
                    verification = VerificationId(f"{recipient}-{own}")
                    found.append(keys.verification(self._work, erasure.tenant, verification))
                    found.append(keys.tries(self._work, erasure.tenant, verification))
        return found

    def _all(self, table: str, partition: str, prefix: str) -> Iterable[Item]:
        return (item for page in self._pages(table, partition, prefix) for item in page)

    def _pages(self, table: str, partition: str, prefix: str = "") -> Iterator[list[Item]]:
        return read_pages(self._database, Key(table, partition, prefix), PAGE)


def put_erasure(table: str, erasure: Erasure) -> Put:
    """The write of an erasure, guarded by the version that was read."""
    key = keys.erasure(table, erasure.tenant, erasure.id)
    return Put(key, _from_erasure(erasure), if_version(erasure.version))


def _from_erasure(erasure: Erasure) -> Item:
    requested_at, completed_at = erasure.requested_at.isoformat(), erasure.completed_at
    place = dict(zip(BY_LIST.attributes, (ERASURE_LIST, f"{requested_at}#{erasure.id}"), strict=True))
    listed = {} if completed_at else place
    expires_at = erasure.stub_expires_at if completed_at else None
    return (
        listed
        | ({TTL_ATTRIBUTE: int(expires_at.timestamp())} if expires_at else {})
        | {
            "tenant": erasure.tenant,
            "customers": list(erasure.customers),
            "cause": erasure.cause,
            "identifiers": list(erasure.identifiers),
            "recipients": list(erasure.recipients),
            "platforms": list(erasure.platforms),
            "remote": dict(erasure.remote),
            "requested_at": requested_at,
            "requested_by": erasure.requested_by,
            "requester": erasure.requester,
            "counts": None if erasure.counts is None else dict(erasure.counts),
            "completed_at": completed_at.isoformat() if completed_at else None,
            "version": erasure.version + 1,
        }
    )


def _to_erasure(item: Item) -> Erasure:
    by, counts, completed_at = item["requested_by"], item["counts"], item["completed_at"]
    return Erasure(
        TenantId(item["tenant"]),
        tuple(map(CustomerId, item["customers"])),
        Cause(item["cause"]),
        tuple(item["identifiers"]),
        tuple(item["recipients"]),
        tuple(item["platforms"]),
        datetime.fromisoformat(item["requested_at"]),
        CredentialId(by) if by else None,
        item["requester"],
        None if counts is None else {Store(name): int(count) for name, count in counts.items()},
        datetime.fromisoformat(completed_at) if completed_at else None,
        int(item["version"]),
        {IntegrationId(name): ExternalId(at) for name, at in item.get("remote", {}).items()},
    )


def _store_of(sort: str) -> Store | None:
    return next((store for prefix, store in _STORES if sort.startswith(prefix)), None)


def _store_of_reference(sort: str, erasure: Erasure) -> Store | None:
    """None where it leads to a ledger record of the person's own, which is counted where it is."""
    _, kind, target, *_ = sort.split("#")
    return None if kind == "MERGE" and target in erasure.customers else _REFERENCED[kind]


def _to_references(found: Sequence[tuple[str, str]]) -> References:
    parts = [sort.split("#")[1:] for _, sort in found]
    return References(
        answers=tuple(target[0] for kind, *target in parts if kind == "ANSWER"),
        conflicts=tuple(dict.fromkeys(ConflictId(target[0]) for kind, *target in parts if kind == "CONFLICT")),
        survivors=tuple(dict.fromkeys(CustomerId(target[0]) for kind, *target in parts if kind == "MERGE")),
        places=tuple(found),
        jobs=tuple(dict.fromkeys(JobId(target[0]) for kind, *target in parts if kind == "JOB")),
    )
