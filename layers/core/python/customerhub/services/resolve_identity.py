"""Find, create or merge: one call about one person ends at one customer, or at a conflict that says why not."""

from collections.abc import Callable, Collection, Iterable, Mapping
from dataclasses import dataclass

from customerhub.domain.caller import Caller
from customerhub.domain.changes import Changes, Situation, create, merge, update
from customerhub.domain.conflict import Conflict
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer, IdempotencyKey, StoredAnswer, answer_again, to_keep
from customerhub.domain.identifier import Claim, IdentifierKey
from customerhub.domain.identity import Known, KnownPerson, NewPerson, SamePerson, Undecided, decide, of_the_erased
from customerhub.domain.ids import CustomerId, new_customer_id
from customerhub.domain.merge import surviving_first
from customerhub.domain.verification import ProofKey
from customerhub.errors import LostRace
from customerhub.ports import Clock, IdentityStore
from customerhub.services.attempts import attempts


@dataclass(frozen=True)
class Resolved:
    """The customer whom the call speaks of, as known after it.

    `gained_source` is the call's source where it had not been one of the customer's before; `absorbed` counts the
    customers that were merged in.
    """

    customer: Customer
    is_new: bool
    changed: bool
    gained_source: str | None = None
    absorbed: int = 0


Outcome = Resolved | Conflict
Also = Callable[[Customer, Changes], tuple[Customer, Changes]]
"""What a call writes besides, in the same transaction: from the customer as the call leaves it, and the changes that
make it so, to both with the addition. It may refuse, and may raise LostRace. It is called anew in every attempt."""


def resolve_identity(
    contact: Contact,
    caller: Caller,
    circumstances: Circumstances,
    *,
    store: IdentityStore,
    clock: Clock,
    present: Callable[[Outcome], Answer],
    before_write: Callable[[], object] = lambda: None,
    key: IdempotencyKey | None = None,
    also: Also = lambda customer, changes: (customer, changes),
) -> Answer:
    """Bring what the call says to the one customer that it speaks of, and answer as `present` words it.

    Reads all claims at once, then the customers behind them, decides, and writes once, guarded; a lost race is read
    and decided again. Nothing new means no write. `also` may add to what is written, once it is known whom the call
    speaks of. `before_write` runs before anything is written and may refuse. Under an idempotency key the first answer
    is kept for 14 days, written together with the changes. Without a key a repetition is harmless too: it finds what
    the first call left.

    Raises InvalidInput for a key used for another request and for what a customer cannot hold, StoreUnavailable,
    TooMuchContention, and whatever `also` and `before_write` raise.
    """
    call = _Call(contact, caller, circumstances, store, present, before_write, key, also, new_customer_id())
    return attempts(clock, call.attempt)


@dataclass(frozen=True)
class _Call:
    """One call under way. `fresh_id` is the same in every attempt, so that a customer of our own making is known as
    such when a write took effect but its answer was lost."""

    contact: Contact
    caller: Caller
    circumstances: Circumstances
    store: IdentityStore
    present: Callable[[Outcome], Answer]
    before_write: Callable[[], object]
    key: IdempotencyKey | None
    also: Also
    fresh_id: CustomerId

    def attempt(self) -> Answer:
        """Read, decide and write once. Raises LostRace when what was read is out of date."""
        proofs = [ProofKey(self.caller.credential, key) for key in self.contact.provable]
        reading = self.store.read_identity(self.caller.tenant, self.contact.keys, self.key, proofs)
        if reading.answer and self.key:
            self.before_write()
            return answer_again(reading.answer, self.key)
        holders = {holder for claim in reading.claims.values() for holder in claim.holders}
        known = Known(reading.claims, self._live_customers(holders), reading.gone)
        proven = self.contact.proven(reading.proven)
        decision = decide(proven, known)
        if isinstance(decision, Undecided):
            return self._refer(decision, proven.without(of_the_erased(proven, known)))
        contact = proven.without(decision.ignored)
        return self._carry_out(decision, Situation(contact, known, decision.displaced, self.circumstances))

    def _live_customers(self, ids: Collection[CustomerId]) -> Mapping[CustomerId, Customer]:
        """The customers behind claims; one that is gone or merged means that the claims were read before that."""
        found = self.store.get_customers(self.caller.tenant.id, ids) if ids else {}
        live = {customer.id: customer for customer in found.values() if isinstance(customer, Customer)}
        if len(live) != len(ids):
            raise LostRace("a claim's owner is no longer a customer")
        return live

    def _refer(self, undecided: Undecided, contact: Contact) -> Answer:
        conflict = self._conflict(undecided, contact)
        answer = self.present(conflict)
        self.before_write()
        if conflict.is_for_review:
            self.store.record_conflict(self.caller.tenant, conflict)
        return self._keep(answer, conflict.customers)

    def _carry_out(self, decision: NewPerson | KnownPerson | SamePerson, situation: Situation) -> Answer:
        customer, changes = self.also(*self._changes(decision, situation))
        answer = self.present(self._resolved(decision, customer, changes))
        self.before_write()
        if changes == Changes():
            return self._keep(answer, [customer])
        self.store.write(self.caller.tenant, changes, self._stored(answer, [customer]))
        return answer

    def _changes(
        self, decision: NewPerson | KnownPerson | SamePerson, situation: Situation
    ) -> tuple[Customer, Changes]:
        match decision:
            case NewPerson():
                return create(self.caller.tenant.id, self.fresh_id, situation)
            case KnownPerson(customer):
                return update(customer, situation)
            case SamePerson(customers):
                return merge(surviving_first(customers), self._claims_carried(customers), situation)

    def _claims_carried(self, customers: Iterable[Customer]) -> Mapping[IdentifierKey, Claim]:
        """Of what the customers carry, the claims that the call does not name: those are known already."""
        carried = {identifier.key for customer in customers for identifier in customer.identifiers}
        unread = sorted(carried.difference(self.contact.keys))
        return self.store.read_identity(self.caller.tenant, unread, None).claims

    def _resolved(
        self, decision: NewPerson | KnownPerson | SamePerson, customer: Customer, changes: Changes
    ) -> Resolved:
        known = decision.customers if isinstance(decision, SamePerson) else ()
        known = (decision.customer,) if isinstance(decision, KnownPerson) else known
        sources = {source for before in known for source in before.account_sources}
        return Resolved(
            customer,
            is_new=customer.id == self.fresh_id,
            changed=bool(changes.customers),
            gained_source=next((source for source in customer.account_sources if source not in sources), None),
            absorbed=sum(len(record.absorbed) for record in changes.merges),
        )

    def _conflict(self, undecided: Undecided, contact: Contact) -> Conflict:
        tenant = self.caller.tenant.id
        return Conflict(tenant, undecided.kind, undecided.customers, contact.keys, self.circumstances, contact)

    def _stored(self, answer: Answer, about: Iterable[Customer]) -> StoredAnswer | None:
        return to_keep(answer, self.key, (customer.id for customer in about), self.circumstances.now)

    def _keep(self, answer: Answer, about: Iterable[Customer]) -> Answer:
        stored = self._stored(answer, about)
        if stored and not stored.key.changes_only:
            self.store.put_answer_if_absent(stored)
        return answer
