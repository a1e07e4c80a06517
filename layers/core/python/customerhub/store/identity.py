"""The identity store over DynamoDB: which items a call reads and writes together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from customerhub.domain.changes import Changes
from customerhub.domain.conflict import Conflict
from customerhub.domain.conflict_record import ConflictRecord, ConflictStatus, new_record
from customerhub.domain.customer import StoredCustomer
from customerhub.domain.events import Event
from customerhub.domain.idempotency import IdempotencyKey, StoredAnswer
from customerhub.domain.identifier import Claim, IdentifierKey
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.domain.tenant import Tenant
from customerhub.domain.verification import ProofKey
from customerhub.ports import Clock, IdentityReading
from customerhub.store import keys
from customerhub.store.answers import put_answer, to_stored_answer
from customerhub.store.claims import from_claim, from_tombstone, is_tombstone, to_claim
from customerhub.store.conflicts import put_conflict, to_conflict
from customerhub.store.customers import from_stored, is_there, to_stored
from customerhub.store.enrollments import put_enrollment
from customerhub.store.erasures import put_erasure
from customerhub.store.job_items import job_writes
from customerhub.store.orders import order_writes
from customerhub.store.proofs import holds
from customerhub.store.records import put_record, revise_record
from customerhub.store.references import put_mention, put_reference
from customerhub.store.table import IF_ABSENT, Check, Database, Delete, Item, Key, Put, Write, if_version
from customerhub.store.timeline import from_event, put_merge


class DynamoIdentityStore:
    """Implements `ports.IdentityStore`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, customers: str, work: str, clock: Clock) -> None:
        self._database = database
        self._customers = customers
        self._work = work
        self._clock = clock

    def read_identity(
        self,
        tenant: Tenant,
        identifiers: Sequence[IdentifierKey],
        key: IdempotencyKey | None,
        proofs: Sequence[ProofKey] = (),
    ) -> IdentityReading:
        """One BatchGetItem over both tables."""
        addresses = {keys.claim(self._customers, tenant, identifier): identifier for identifier in identifiers}
        answer_key = keys.answer(self._work, tenant.id, key.digest) if key else None
        proof_keys = {proof.identifier: keys.proof(self._work, tenant, proof) for proof in proofs}
        items = self._database.batch_get([*addresses, *([answer_key] if answer_key else []), *proof_keys.values()])
        found = {identifier: items[address] for address, identifier in addresses.items() if address in items}
        stored = to_stored_answer(items[answer_key], key) if key and answer_key in items else None
        is_current = stored is not None and stored.expires_at > self._clock.now()
        return IdentityReading(
            claims={identifier: to_claim(item) for identifier, item in found.items() if not is_tombstone(item)},
            gone={identifier: int(item["version"]) for identifier, item in found.items() if is_tombstone(item)},
            answer=stored if is_current else None,
            proven=frozenset(i for i, at in proof_keys.items() if at in items and holds(items[at], self._clock.now())),
        )

    def get_customers(self, tenant: TenantId, ids: Collection[CustomerId]) -> Mapping[CustomerId, StoredCustomer]:
        """One GetItem for one customer, one BatchGetItem for several."""
        addresses = {keys.profile(self._customers, tenant, customer): customer for customer in ids}
        items = self._profiles(list(addresses))
        return {addresses[address]: to_stored(item) for address, item in items.items()}

    def write(self, tenant: Tenant, changes: Changes, answer: StoredAnswer | None) -> None:
        """One TransactWriteItems, guarded at every customer, claim, enrollment, order, job and answer."""
        writes: list[Write] = [
            *(self._customer_put(customer) for customer in changes.customers),
            *(self._claim_put(tenant, claim) for claim in changes.claims),
            *(self._claim_delete(tenant, claim) for claim in changes.freed),
            *(self._tombstone_put(tenant, claim) for claim in changes.buried),
            *self._history_puts(tenant.id, changes),
            *(put for c in changes.conflicts for put in self._conflict_puts(tenant, c, new_record(c))),
            *(put for record in changes.resolved for put in self._resolved_puts(record)),
            *(put_erasure(self._work, erasure) for erasure in changes.erasures),
            *self._unchanged_checks(changes),
            *self._record_writes(tenant.id, changes),
            *job_writes(self._customers, self._work, changes.jobs),
        ]
        if answer:
            written = {customer.id for customer in changes.customers}
            writes += self._answer_writes(answer, written)
        self._database.write_all(_checked_once(writes))

    def put_answer_if_absent(self, answer: StoredAnswer) -> None:
        """One TransactWriteItems: no answer may be left of somebody who is being erased."""
        self._database.write_all(self._answer_writes(answer, frozenset()))

    def record_conflict(self, tenant: Tenant, conflict: Conflict) -> None:
        """One GetItem, and one TransactWriteItems where the conflict is not open yet."""
        item = self._database.get(keys.conflict(self._work, conflict.tenant, conflict.id))
        known = to_conflict(item) if item else None
        if known and known.status is ConflictStatus.OPEN:
            return
        record = known.found_again(conflict) if known else new_record(conflict)
        self._database.write_all(
            [
                *self._conflict_puts(tenant, conflict, record),
                *(
                    Check(keys.profile(self._customers, customer.tenant, customer.id), if_version(customer.version))
                    for customer in conflict.customers
                ),
            ]
        )

    def _profiles(self, addresses: list[Key]) -> dict[Key, Item]:
        if len(addresses) != 1:
            return self._database.batch_get(addresses)
        item = self._database.get(addresses[0])
        return {addresses[0]: item} if item else {}

    def _customer_put(self, customer: StoredCustomer) -> Put:
        key = keys.profile(self._customers, customer.tenant, customer.id)
        return Put(key, from_stored(replace(customer, version=customer.version + 1)), if_version(customer.version))

    def _claim_put(self, tenant: Tenant, claim: Claim) -> Put:
        key = keys.claim(self._customers, tenant, claim.key)
        return Put(key, from_claim(replace(claim, version=claim.version + 1)), if_version(claim.version))

    def _claim_delete(self, tenant: Tenant, claim: Claim) -> Delete:
        return Delete(keys.claim(self._customers, tenant, claim.key), if_version(claim.version))

    def _tombstone_put(self, tenant: Tenant, claim: Claim) -> Put:
        key = keys.claim(self._customers, tenant, claim.key)
        return Put(key, from_tombstone(self._clock.now(), claim.version + 1), if_version(claim.version))

    def _history_puts(self, tenant: TenantId, changes: Changes) -> list[Put]:
        table = self._customers
        return [
            *(self._event_put(tenant, event) for event in changes.events),
            *(put_merge(table, record) for record in (*changes.merges, *changes.undone)),
            *(
                put_reference(table, tenant, customer.id, keys.merge_reference(record.survivor.id, record.id))
                for record in changes.merges
                for customer in (*record.absorbed, *record.bystanders)
            ),
        ]

    def _conflict_puts(self, tenant: Tenant, conflict: Conflict, record: ConflictRecord) -> list[Write]:
        """The conflict, the events that tell of it, and what an erasure finds it by: references with its customers,
        and mentions of what is nobody's of these, and may be somebody's one day."""
        table, to = self._customers, keys.conflict_reference(conflict.id)
        carried = {identifier.key for customer in conflict.customers for identifier in customer.identifiers}
        return [
            put_conflict(self._work, record),
            *(self._event_put(tenant.id, event) for event in conflict.found_events()),
            *(put_reference(table, tenant.id, customer.id, to) for customer in conflict.customers),
            *(put_mention(table, tenant, key, to) for key in conflict.named if key not in carried),
        ]

    def _resolved_puts(self, record: ConflictRecord) -> list[Write]:
        """With references, since a person may have come into being with the decision."""
        table, to = self._customers, keys.conflict_reference(record.id)
        references = [put_reference(table, record.tenant, customer, to) for customer in record.customers]
        return [put_conflict(self._work, record), *references]

    def _unchanged_checks(self, changes: Changes) -> list[Check]:
        written = {customer.id for customer in changes.customers}
        return [
            Check(keys.profile(self._customers, customer.tenant, customer.id), if_version(customer.version))
            for customer in changes.unchanged
            if customer.id not in written
        ]

    def _record_writes(self, tenant: TenantId, changes: Changes) -> list[Write]:
        """What is stored in customers' collections; whoever is not written along must not have been erased."""
        table = self._customers
        holders = dict.fromkeys(
            (
                *(enrollment.collection for enrollment in changes.enrollments),
                *(record.customer for record in changes.records),
                *(change.after.customer for change in changes.revised),
                *(change.after.customer for change in changes.orders),
            )
        )
        written = {customer.id for customer in changes.customers}
        return [
            *(put_enrollment(table, enrollment) for enrollment in changes.enrollments),
            *(put_record(table, tenant, record) for record in changes.records),
            *(revise_record(table, tenant, change) for change in changes.revised),
            *(write for change in changes.orders for write in order_writes(table, change)),
            *(Check(keys.profile(table, tenant, holder), is_there()) for holder in holders if holder not in written),
        ]

    def _event_put(self, tenant: TenantId, event: Event) -> Put:
        return Put(keys.event(self._customers, tenant, event.customer, event.id), from_event(event), IF_ABSENT)

    def _answer_writes(self, answer: StoredAnswer, written: Collection[CustomerId]) -> list[Write]:
        """The answer, and a reference to it with everybody of whom it speaks: they must be there to be found by."""
        tenant, to = answer.key.tenant, keys.answer_reference(answer.key.digest)
        expires_at_s = int(answer.expires_at.timestamp())
        return [
            put_answer(self._work, answer, self._clock.now()),
            *(put_reference(self._customers, tenant, c, to, expires_at_s) for c in answer.customers),
            *(
                Check(keys.profile(self._customers, tenant, customer), is_there())
                for customer in answer.customers
                if customer not in written
            ),
        ]


def _checked_once(writes: Sequence[Write]) -> list[Write]:
    """The writes without a second look at an item: a transaction may have one operation on each."""
    seen: set[Key] = set()
    kept: list[Write] = []
    for write in writes:
        if isinstance(write, Check) and write.key in seen:
            continue
        if isinstance(write, Check):
            seen.add(write.key)
        kept.append(write)
    return kept
