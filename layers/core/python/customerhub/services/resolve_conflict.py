"""Staff decide a conflict."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

from customerhub.domain.blocks import blocks
from customerhub.domain.caller import Caller, Scope
from customerhub.domain.changes import Changes, Claims
from customerhub.domain.conflict_record import ConflictRecord, ConflictView, Resolution, ResolutionKind
from customerhub.domain.conflict_resolution import (
    Case,
    blocked,
    household,
    keep_separate,
    merge_by_decision,
    release,
)
from customerhub.domain.conflict_settling import is_settled
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import ConflictId, CustomerId, new_customer_id
from customerhub.domain.joining import join
from customerhub.domain.merge import surviving_first
from customerhub.domain.second_person import OtherPerson
from customerhub.errors import InvalidInput, LostRace, NotFound
from customerhub.ports import Clock, ConflictStore, IdentityStore
from customerhub.services.attempts import attempts
from customerhub.services.view_conflicts import view_conflicts


@dataclass(frozen=True)
class Decision:
    """What staff decided. Of a release `identifier` and `to`, its new owner, may be left open where only one is
    possible."""

    kind: ResolutionKind
    note: str | None = None
    to: CustomerId | None = None
    identifier: IdentifierKey | None = None


def resolve_conflict(
    conflict_id: ConflictId,
    decision: Decision,
    caller: Caller,
    circumstances: Circumstances,
    *,
    identities: IdentityStore,
    conflicts: ConflictStore,
    clock: Clock,
    before_write: Callable[[], object] = lambda: None,
) -> ConflictView:
    """Carry out the decision and end the conflict, in one transaction; the call that led to the conflict then finds its
    customer.

    Where the conflict is about one customer and a caller who was nobody yet, the caller becomes a customer, without
    what belongs to the other. The same decision again answers the same. A lost race is read and decided again.
    Raises Forbidden without customers:merge, NotFound, TooMuchContention, StoreUnavailable, whatever `before_write`
    raises, and InvalidInput: `already_resolved` otherwise, `merge_blocked`, and for a decision that is not possible.
    """
    caller.require(Scope.CUSTOMERS_MERGE)
    call = _Call(conflict_id, decision, caller, circumstances, identities, conflicts, before_write, new_customer_id())
    return attempts(clock, call.attempt)


@dataclass(frozen=True)
class _Call:
    """One call under way. `fresh_id` is the same in every attempt."""

    conflict_id: ConflictId
    decision: Decision
    caller: Caller
    circumstances: Circumstances
    identities: IdentityStore
    conflicts: ConflictStore
    before_write: Callable[[], object]
    fresh_id: CustomerId

    def attempt(self) -> ConflictView:
        """Read, decide and write once. Raises LostRace when what was read is out of date."""
        record = self.conflicts.get_conflict(self.caller.tenant.id, self.conflict_id)
        if not record:
            raise NotFound("there is no such conflict")
        view = self._view(record)
        if record.resolution:
            return self._again(view, record.resolution)
        if is_settled(view):
            return self._settle(view)
        changes = self._changes(view)
        self.before_write()
        self.identities.write(self.caller.tenant, changes, None)
        return self._view(changes.resolved[0])

    def _view(self, record: ConflictRecord) -> ConflictView:
        (view,) = view_conflicts([record], self.caller.tenant, store=self.identities)
        return view

    def _again(self, view: ConflictView, resolution: Resolution) -> ConflictView:
        receiver = next((c for c in view.customers if resolution.to in c.ids), None)
        is_to = self.decision.to in (None, resolution.to) or bool(receiver and self.decision.to in receiver.ids)
        is_same = resolution.kind is self.decision.kind and self.decision.identifier in (None, resolution.identifier)
        if is_same and is_to:
            return view
        raise InvalidInput(f"resolved before: {resolution.kind}", code="already_resolved", field="decision")

    def _settle(self, view: ConflictView) -> ConflictView:
        self.before_write()
        settled = replace(view, record=view.record.settled(self.circumstances))
        self.conflicts.settle([settled.record])
        return self._again(settled, settled.record.resolutions[-1])

    def _changes(self, view: ConflictView) -> Changes:
        if self.decision.kind is ResolutionKind.MERGE:
            return self._merge(view)
        case = self._case(view)
        match self.decision.kind:
            case ResolutionKind.HOUSEHOLD:
                return household(case)
            case ResolutionKind.RELEASE:
                caller = case.people[1].id if len(view.customers) == 1 else None
                return release(case, self.decision.to or caller, self.decision.identifier)
            case _:
                return keep_separate(case)

    def _case(self, view: ConflictView) -> Case:
        """With the caller as the second person, where the conflict has only one customer."""
        if len(view.customers) > 1:
            return self._about(view.record, view.customers)
        other = self._other(view)
        if known := other.known_as():
            return self._about(_with(view.record, known), (other.first, known))
        second, made = other.come_into_being(self.fresh_id)
        return self._about(_with(view.record, second), (other.first, second), made)

    def _merge(self, view: ConflictView) -> Changes:
        other = self._other(view) if len(view.customers) == 1 else None
        known = other.known_as() if other else None
        if other and not known:
            self._require_mergeable([other.first], other.contact.keys)
            customer, changes = other.as_the_first()
            return merge_by_decision(self._about(view.record, (customer,)), customer, changes)
        survivor, *absorbed = surviving_first((*view.customers, *([known] if known else ())))
        self._require_mergeable([survivor, *absorbed])
        case = self._about(view.record, (survivor, *absorbed))
        customer, changes = join(survivor, absorbed, case.claims, self.circumstances)
        return merge_by_decision(case, customer, changes)

    def _require_mergeable(self, people: list[Customer], stated: Iterable[IdentifierKey] = ()) -> None:
        if found := blocks(people, stated):
            raise blocked(found)

    def _other(self, view: ConflictView) -> OtherPerson:
        contact = view.record.contact
        if not contact:
            raise InvalidInput("what is left of the conflict names one customer only", field="decision")
        if not view.known:
            raise LostRace("a claim's owner is no longer a customer")
        return OtherPerson(view.customers[0], contact, view.known, self.circumstances)

    def _about(self, record: ConflictRecord, people: tuple[Customer, ...], made: Changes | None = None) -> Case:
        """One round trip: the claims of all that the people carry."""
        made = made or Changes()
        keys = {i.key for person in people for i in person.identifiers} | set(record.identifiers)
        reading = self.identities.read_identity(self.caller.tenant, sorted(keys), None)
        claims: Claims = {**reading.claims, **{claim.key: claim for claim in made.claims}}
        return Case(record, people, claims, reading.gone, self.circumstances, self.decision.note, made)


def _with(record: ConflictRecord, person: Customer) -> ConflictRecord:
    return replace(record, customers=(*record.customers, person.id))
