"""Change one customer by a patch; or a conflict that says whose an identifier is."""

from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass

from customerhub.domain.caller import Caller, Scope, TrustedCaller
from customerhub.domain.conflict import Conflict
from customerhub.domain.customer import Customer
from customerhub.domain.customer_patch import Patch, require_own_choice
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer, IdempotencyKey, answer_again, to_keep
from customerhub.domain.identifier import Claim
from customerhub.domain.ids import CustomerId
from customerhub.domain.ownership import Customers
from customerhub.domain.patching import Holdings, change, conflict_with
from customerhub.errors import LostRace
from customerhub.ports import Clock, IdentityReading, IdentityStore
from customerhub.services.attempts import attempts
from customerhub.services.find_customer import find_customer

Outcome = Customer | Conflict


def change_customer(
    customer_id: CustomerId,
    patch: Patch,
    caller: Caller,
    circumstances: Circumstances,
    *,
    store: IdentityStore,
    clock: Clock,
    present: Callable[[Outcome], Answer],
    before_write: Callable[[], object] = lambda: None,
    key: IdempotencyKey | None = None,
) -> Answer:
    """Make the customer of that id, or the one that it was merged into, as the patch says; answer as `present` words
    it.

    Reads the customer, and the claims of what the patch names, then writes once, guarded; a lost race is read and
    decided again, so that two patches of different fields both land. Nothing new means no write, and so does an
    identifier that another customer owns: a conflict for review. `before_write` runs before anything is written and
    may refuse. Under an idempotency key the first answer is kept for 14 days.

    Raises NotFound and Gone as `find_customer` does, Forbidden for what the caller may not do, InvalidInput for what a
    customer cannot hold, StoreUnavailable, TooMuchContention, and whatever `before_write` raises.
    """
    if isinstance(caller, TrustedCaller):
        caller.require(Scope.CUSTOMERS_WRITE)
    call = _Call(customer_id, patch, caller, circumstances, store, present, before_write, key)
    return attempts(clock, call.attempt)


@dataclass(frozen=True)
class _Call:
    """One call under way."""

    customer_id: CustomerId
    patch: Patch
    caller: Caller
    circumstances: Circumstances
    store: IdentityStore
    present: Callable[[Outcome], Answer]
    before_write: Callable[[], object]
    key: IdempotencyKey | None

    def attempt(self) -> Answer:
        """Read, decide and write once. Raises LostRace when what was read is out of date."""
        customer = find_customer(self.customer_id, self.caller, store=self.store)
        reading = self._reading()
        if reading.answer and self.key:
            self.before_write()
            return answer_again(reading.answer, self.key)
        require_own_choice(self.patch, customer.identifiers, self.caller)
        holdings = Holdings(reading.claims, reading.gone, self._sharers(customer, reading))
        if others := holdings.others(customer, self.patch):
            return self._refer(customer, others)
        return self._carry_out(customer, holdings)

    def _reading(self) -> IdentityReading:
        """One round trip; none where the patch names no identifier and the call has no key."""
        if not self.patch.keys and not self.key:
            return IdentityReading({}, {}, None)
        return self.store.read_identity(self.caller.tenant, self.patch.keys, self.key)

    def _sharers(self, customer: Customer, reading: IdentityReading) -> Customers:
        """Who shares a phone that the customer is to lose."""
        lost = [claim for key, claim in reading.claims.items() if key in self.patch.removed]
        return self._live({sharer for claim in lost if claim.owner == customer.id for sharer in claim.sharers})

    def _live(self, ids: Collection[CustomerId]) -> Customers:
        """Those customers; one that is gone or merged means that the claims were read before that."""
        found = self.store.get_customers(self.caller.tenant.id, ids) if ids else {}
        live = {customer.id: customer for customer in found.values() if isinstance(customer, Customer)}
        if len(live) != len(ids):
            raise LostRace("a claim's holder is no longer a customer")
        return live

    def _refer(self, customer: Customer, claims: Sequence[Claim]) -> Answer:
        """A conflict, unless the customer has changed since it was read: the others may be whom it was merged into."""
        owners = dict.fromkeys(claim.owner for claim in claims)
        live = self._live({customer.id, *owners})
        if live[customer.id].version != customer.version:
            raise LostRace("the customer has changed before the claims were read")
        conflict = conflict_with(customer, tuple(live[owner] for owner in owners), claims, self.circumstances)
        answer = self.present(conflict)
        self.before_write()
        self.store.record_conflict(self.caller.tenant, conflict)
        return self._keep(answer, [party.id for party in conflict.customers])

    def _carry_out(self, customer: Customer, holdings: Holdings) -> Answer:
        changed, changes = change(customer, self.patch, holdings, self.circumstances)
        answer = self.present(changed)
        self.before_write()
        if not changes.customers:
            return self._keep(answer, [customer.id])
        stored = to_keep(answer, self.key, [customer.id], self.circumstances.now)
        self.store.write(self.caller.tenant, changes, stored)
        return answer

    def _keep(self, answer: Answer, about: Collection[CustomerId]) -> Answer:
        if stored := to_keep(answer, self.key, about, self.circumstances.now):
            self.store.put_answer_if_absent(stored)
        return answer
