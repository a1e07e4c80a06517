"""Somebody else behind a known phone, whom a file or a shop names: a customer of their own, in one household with its
holders, and a conflict for staff to look at."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any

from customerhub.domain.changes import Changes
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.customer import Customer
from customerhub.domain.events import EventType, change_event
from customerhub.domain.identifier import Kind
from customerhub.domain.ids import new_household_id
from customerhub.domain.tenant import Tenant
from customerhub.errors import LostRace
from customerhub.ports import IdentityStore


class HeldConflicts:
    """Implements `ports.IdentityStore` over another one, to which a conflict goes only once it is let go."""

    def __init__(self, store: IdentityStore) -> None:
        self._store = store
        self.conflict: Conflict | None = None

    def __getattr__(self, name: str) -> Any:
        """Everything else is done at once."""
        return getattr(self._store, name)

    def record_conflict(self, _tenant: Tenant, conflict: Conflict) -> None:
        """Not yet."""
        self.conflict = conflict

    def let_go(self, tenant: Tenant) -> None:
        """Record it now. Raises what `IdentityStore.record_conflict` raises."""
        if self.conflict:
            self._store.record_conflict(tenant, self.conflict)


@dataclass(frozen=True)
class ShareHousehold:
    """An addition to `resolve_identity`, of a call that says to be by somebody else than the holders of its phone, whom
    `conflict` names."""

    tenant: Tenant
    conflict: Conflict
    store: IdentityStore

    def also(self, customer: Customer, changes: Changes) -> tuple[Customer, Changes]:
        """Who shares the phone from now on is in one household with its holders, and a conflict says so, in the same
        transaction. Nothing is added where nothing changes. Raises LostRace where a holder is gone."""
        if not any(changed.id == customer.id for changed in changes.customers):
            return customer, changes
        holders = self._holders(customer)
        known = (person.household_id for person in (customer, *holders) if person.household_id)
        household = next(known, None) or new_household_id()
        member = replace(customer, household_id=customer.household_id or household)
        joining = [(holder, replace(holder, household_id=household)) for holder in holders if not holder.household_id]
        changed = [*joining, *([(customer, member)] if member != customer else [])]
        events = [
            change_event(EventType.CUSTOMER_UPDATED, *pair, self.conflict.circumstances, self.conflict.identifiers)
            for pair in changed
        ]
        addition = Changes(tuple(after for _, after in changed), events=tuple(events))
        return member, changes.along_with(addition).along_with(self._review(customer, member, holders))

    def _holders(self, customer: Customer) -> Sequence[Customer]:
        """Those with whom the customer shares the phone, as they are now."""
        ids = [holder.id for holder in self.conflict.customers if holder.id != customer.id]
        found = self.store.get_customers(customer.tenant, ids)
        holders = [holder for holder in found.values() if isinstance(holder, Customer)]
        if len(holders) != len(ids):
            raise LostRace("a holder of the phone is no longer a customer")
        return holders

    def _review(self, customer: Customer, member: Customer, holders: Sequence[Customer]) -> Changes:
        """The conflict. It is about no call, which might be answered by now, but about who these people are. Of one who
        is new there can be none yet; of another there may be, so that the store is asked, before anything is written.
        """
        keys = tuple(key for key in self.conflict.identifiers if key.kind in (Kind.PHONE, Kind.EMAIL))
        people = (member, *holders)
        conflict = replace(
            self.conflict, kind=ConflictKind.SHARED_PHONE, customers=people, identifiers=keys, contact=None
        )
        if not customer.version:
            return Changes(conflicts=(conflict,))
        self.store.record_conflict(self.tenant, conflict)
        return Changes()
