"""A person is forgotten, and does not come back by any path but an own proof."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import timedelta

from customerhub.domain.caller import Caller, Scope, TrustedCaller
from customerhub.domain.customer import Customer, Erased, StoredCustomer
from customerhub.domain.departure import Requester, erase
from customerhub.domain.erasure import Cause, Erasure, requester_hash
from customerhub.domain.ids import CustomerId
from customerhub.errors import NotFound
from customerhub.ports import Clock, ErasureStore, IdentityStore, TraceStore
from customerhub.services.attempts import attempts
from customerhub.services.follow_aliases import follow_aliases
from customerhub.services.read_estate import read_estate
from customerhub.services.sweep_erasure import sweep_erasure

PATIENCE = timedelta(seconds=20)
"""How long a call removes things by itself, so that 10,000 records are gone with it; API Gateway waits 30 seconds. The
schedule does the rest."""


def erase_customer(
    customer_id: CustomerId,
    caller: Caller,
    *,
    identities: IdentityStore,
    erasures: ErasureStore,
    traces: TraceStore,
    clock: Clock,
    before_write: Callable[[], object] = lambda: None,
) -> Erasure:
    """Erase the customer of that id, with all who were merged into it; the erasure, completed where there was time.

    From the first write on nobody finds the person; the rest may be interrupted at any point and is taken up again by a
    repeated call or by the schedule. A user may erase the own record only. Repeated, it answers the same.
    Raises Forbidden without customers:erase, NotFound, StoreUnavailable and TooMuchContention.
    """
    if isinstance(caller, TrustedCaller):
        caller.require(Scope.CUSTOMERS_ERASE)
    call = _Call(customer_id, caller, identities, erasures, clock, before_write)
    erasure = attempts(clock, call.attempt)
    until = clock.now() + PATIENCE
    return sweep_erasure(
        erasure, caller.tenant, until=until, identities=identities, erasures=erasures, traces=traces, clock=clock
    )


@dataclass(frozen=True)
class _Call:
    customer_id: CustomerId
    caller: Caller
    identities: IdentityStore
    erasures: ErasureStore
    clock: Clock
    before_write: Callable[[], object]

    def attempt(self) -> Erasure:
        """Close the door behind the person; or the erasure that did so before."""
        found = follow_aliases(self.customer_id, self.caller.tenant.id, store=self.identities)
        if isinstance(found, Customer) and self._may_erase(found):
            return self._close(found)
        erasure = self._former(found)
        if erasure and self._asked_for(erasure):
            self.before_write()
            return erasure
        raise NotFound("there is no such customer")

    def _close(self, customer: Customer) -> Erasure:
        tenant, by_person = self.caller.tenant, not isinstance(self.caller, TrustedCaller)
        estate = read_estate(customer, tenant, store=self.identities)
        requester = Requester(self.caller.credential, by_person, self.clock.now())
        changes = erase(estate, tenant, Cause.REQUEST, requester)
        self.before_write()
        self.identities.write(tenant, changes, None)
        (erasure,) = changes.erasures
        return erasure.stored()

    def _may_erase(self, customer: Customer) -> bool:
        return isinstance(self.caller, TrustedCaller) or customer.auth_user_id == self.caller.subject

    def _former(self, found: StoredCustomer | None) -> Erasure | None:
        if not isinstance(found, Erased):
            return None
        return self.erasures.get_erasure(self.caller.tenant.id, found.erasure)

    def _asked_for(self, erasure: Erasure) -> bool:
        """Whether the caller may know: a user, of the own erasure only."""
        if isinstance(self.caller, TrustedCaller):
            return True
        return erasure.requester == requester_hash(self.caller.credential, self.caller.tenant)
