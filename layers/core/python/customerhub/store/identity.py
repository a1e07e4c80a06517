"""The identity store over DynamoDB: which items a call reads and writes together."""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import replace

from customerhub.domain.changes import Changes
from customerhub.domain.conflict import Conflict
from customerhub.domain.customer import Alias, Customer
from customerhub.domain.idempotency import IdempotencyKey, StoredAnswer
from customerhub.domain.identifier import Claim, IdentifierKey
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.errors import GuardFailed
from customerhub.ports import Clock, IdentityReading
from customerhub.store import keys
from customerhub.store.answers import put_answer, to_stored_answer
from customerhub.store.claims import from_claim, to_claim
from customerhub.store.conflicts import put_conflict
from customerhub.store.customers import from_alias, from_customer, to_customer_or_alias
from customerhub.store.table import ALWAYS, IF_ABSENT, Database, Item, Key, Put, if_version
from customerhub.store.timeline import from_event, from_merge


class DynamoIdentityStore:
    """Implements `ports.IdentityStore`. `customers` and `work` are the physical names of the two tables."""

    def __init__(self, database: Database, customers: str, work: str, clock: Clock) -> None:
        self._database = database
        self._customers = customers
        self._work = work
        self._clock = clock

    def read_identity(
        self, tenant: TenantId, identifiers: Sequence[IdentifierKey], key: IdempotencyKey | None
    ) -> IdentityReading:
        """One BatchGetItem over both tables."""
        addresses = {keys.claim(self._customers, tenant, identifier): identifier for identifier in identifiers}
        answer_key = keys.answer(self._work, tenant, key.digest) if key else None
        items = self._database.batch_get([*addresses, *([answer_key] if answer_key else [])])
        claims = {identifier: to_claim(items[address]) for address, identifier in addresses.items() if address in items}
        stored = to_stored_answer(items[answer_key], key) if key and answer_key in items else None
        is_current = stored is not None and stored.expires_at > self._clock.now()
        return IdentityReading(claims, stored if is_current else None)

    def get_customers(self, tenant: TenantId, ids: Collection[CustomerId]) -> Mapping[CustomerId, Customer | Alias]:
        """One GetItem for one customer, one BatchGetItem for several."""
        addresses = {keys.profile(self._customers, tenant, customer): customer for customer in ids}
        items = self._profiles(list(addresses))
        return {addresses[address]: to_customer_or_alias(item) for address, item in items.items()}

    def write(self, changes: Changes, answer: StoredAnswer | None) -> None:
        """One TransactWriteItems, guarded at every customer, claim and answer."""
        puts = [
            *(self._customer_put(customer) for customer in changes.customers),
            *(self._claim_put(changes.tenant, claim) for claim in changes.claims),
            *self._history_puts(changes),
            *(put_conflict(self._work, conflict, ALWAYS) for conflict in changes.conflicts),
        ]
        if answer:
            puts.append(put_answer(self._work, answer, self._clock.now()))
        self._database.write_all(puts)

    def put_answer_if_absent(self, answer: StoredAnswer) -> None:
        """One PutItem."""
        self._database.put(put_answer(self._work, answer, self._clock.now()))

    def put_conflict_if_absent(self, conflict: Conflict) -> None:
        """One PutItem, refused by the store where the conflict is known."""
        try:
            self._database.put(put_conflict(self._work, conflict, IF_ABSENT))
        except GuardFailed:
            return

    def _profiles(self, addresses: list[Key]) -> dict[Key, Item]:
        if len(addresses) != 1:
            return self._database.batch_get(addresses)
        item = self._database.get(addresses[0])
        return {addresses[0]: item} if item else {}

    def _customer_put(self, customer: Customer | Alias) -> Put:
        key = keys.profile(self._customers, customer.tenant, customer.id)
        next_version = customer.version + 1
        if isinstance(customer, Alias):
            return Put(key, from_alias(replace(customer, version=next_version)), if_version(customer.version))
        return Put(key, from_customer(replace(customer, version=next_version)), if_version(customer.version))

    def _claim_put(self, tenant: TenantId, claim: Claim) -> Put:
        key = keys.claim(self._customers, tenant, claim.key)
        return Put(key, from_claim(replace(claim, version=claim.version + 1)), if_version(claim.version))

    def _history_puts(self, changes: Changes) -> list[Put]:
        table, tenant = self._customers, changes.tenant
        events = [Put(keys.event(table, tenant, e.customer, e.id), from_event(e), IF_ABSENT) for e in changes.events]
        merges = [Put(keys.merge(table, tenant, m.survivor.id, m.id), from_merge(m), IF_ABSENT) for m in changes.merges]
        return [*events, *merges]
