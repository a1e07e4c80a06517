"""An order is recorded, however it arrives, and may enroll its buyer."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.changes import NO_CHANGES, Changes
from customerhub.domain.club import NEW, Terms, enroll
from customerhub.domain.conflict import Conflict
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer, Erased
from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.events import Circumstances, EventType, change_event
from customerhub.domain.idempotency import Answer
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CustomerId
from customerhub.domain.order import Order, OrderChange, StatedOrder, order_time, updated
from customerhub.domain.qualification import best_earned, earliest, earnable
from customerhub.domain.stage import Stage
from customerhub.errors import Gone, LostRace
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts, Done, due_jobs
from customerhub.services.find_customer import find_customer
from customerhub.services.follow_aliases import follow_aliases
from customerhub.services.resolve_identity import Outcome, Resolved, resolve_identity


@dataclass(frozen=True)
class Recorded:
    """An order as it is kept, its buyer, and the enrollment that it led to with its stage, None where it led to none.
    `is_new` says whether the order had not been known, `changed` whether anything new was told of it."""

    order: Order
    customer: Customer
    is_new: bool
    enrollment: Enrollment | None = None
    stage: Stage | None = None
    changed: bool = True


def record_order(
    stated: StatedOrder,
    buyer: Contact | CustomerId,
    caller: Caller,
    circumstances: Circumstances,
    *,
    parts: ClubParts,
    present: Callable[[Recorded | Conflict], Answer],
    before_write: Callable[[], object] = lambda: None,
    address: Mapping[str, str] | None = None,
    via: tuple[IdentifierKey, ...] = (),
) -> Done:
    """Keep the order with its buyer, who is found or made, and enroll the buyer into the best stage that the orders
    earn; all of it in one transaction. A buyer without an address has the order's `address` from then on.
    Of a buyer who is given by id, `via` are the identifiers by which the order names the person.

    Source and external id tell an order from all others: told again it is replaced, where it is and whoever is named,
    unless what is told is older than what is known. An order leads into a stage once: when it begins to count, and not
    where it was placed before a membership that somebody cancelled. Nobody is led down, nor away from where they are.
    A buyer without an e-mail is not enrolled. An order that is taken back later ends no membership.

    Raises what `resolve_identity` and `find_customer` raise, and Forbidden without club:enroll.
    """
    caller.require(Scope.CLUB_ENROLL)
    call = _Call(stated, buyer, caller, circumstances, parts, present, before_write, address or {}, via)
    return attempts(parts.clock, call.attempt)


class _KnownByNow(Exception):
    """The order was recorded after it had been looked for."""


@dataclass
class _Call:
    """One call under way; `found` is what the last attempt came to."""

    stated: StatedOrder
    buyer: Contact | CustomerId
    caller: Caller
    circumstances: Circumstances
    parts: ClubParts
    present: Callable[[Recorded | Conflict], Answer]
    before_write: Callable[[], object]
    address: Mapping[str, str]
    via: tuple[IdentifierKey, ...]
    found: list[tuple[Recorded, Changes]] = field(default_factory=list)

    def attempt(self) -> Done:
        """Read, decide and write once. Raises LostRace when what was read is out of date."""
        self.found = []
        known = self._known()
        if known is None and isinstance(self.buyer, Contact):
            return self._of_contact(self.buyer)
        customer = self._buyer_of(known) if known else self._buyer()
        self._record(customer, known, tuple(key for key in self.via if customer.carries(key)))
        recorded, changes = self.found[-1]
        answer = self.present(recorded)
        self.before_write()
        if changes != Changes():
            self.parts.identities.write(self.caller.tenant, changes, None)
        return Done(answer, due_jobs(changes))

    def _known(self) -> Order | None:
        return self.parts.club.get_order(self.caller.tenant.id, self.stated.source, self.stated.external_id)

    def _buyer(self) -> Customer:
        if isinstance(self.buyer, Contact):
            raise TypeError("a contact is resolved, not looked up")
        return find_customer(self.buyer, self.caller, store=self.parts.identities)

    def _buyer_of(self, known: Order) -> Customer:
        found = follow_aliases(known.customer, known.tenant, store=self.parts.identities)
        if isinstance(found, Erased):
            raise Gone("this person was erased")
        if not isinstance(found, Customer):
            raise LostRace("the order's customer is being erased")
        return found

    def _of_contact(self, contact: Contact) -> Done:
        tries = 0

        def also(customer: Customer, changes: Changes) -> tuple[Customer, Changes]:
            # Looked at again after a lost race: of two who bring the same new order, the second one updates it.
            nonlocal tries
            tries += 1
            if tries > 1 and self._known():
                raise _KnownByNow
            via = tuple(key for key in contact.keys if customer.carries(key))
            return self._record(customer, None, via, changes)

        try:
            answer = resolve_identity(
                contact,
                self.caller,
                self.circumstances,
                store=self.parts.identities,
                clock=self.parts.clock,
                present=self._answer,
                before_write=self.before_write,
                also=also,
            )
        except _KnownByNow as error:
            raise LostRace("the order was recorded meanwhile") from error
        return Done(answer, tuple(job for _, changes in self.found for job in due_jobs(changes)))

    def _answer(self, outcome: Outcome) -> Answer:
        return self.present(self.found[-1][0] if isinstance(outcome, Resolved) else outcome)

    def _record(
        self, customer: Customer, known: Order | None, via: tuple[IdentifierKey, ...], changes: Changes = NO_CHANGES
    ) -> tuple[Customer, Changes]:
        """The order as it is to be, what it leads to, and the writes."""
        order = self._order(customer, known, via)
        if order is known:
            self.found = [(Recorded(order, customer, is_new=False, changed=False), changes)]
            return customer, changes
        customer, changes = self._addressed(customer, changes)
        recorded = Recorded(order, customer, is_new=known is None)
        changes = changes.along_with(Changes(orders=(OrderChange(order, known),)))
        begins_to_count = order.stated.counts and not (known and known.stated.counts)
        stages = self.parts.club.list_stages(customer.tenant) if begins_to_count else ()
        if any(stage.rule and not stage.archived for stage in stages):
            if not any(one.id == customer.id for one in changes.customers):
                # Of two orders that earn a stage together, the second one must see the first.
                changes = changes.along_with(Changes((customer,)))
            recorded, changes = self._qualified(recorded, changes, stages, via)
        self.found = [(recorded, changes)]
        return recorded.customer, changes

    def _addressed(self, customer: Customer, changes: Changes) -> tuple[Customer, Changes]:
        """The buyer, who lives where the order goes if nothing else is known."""
        if customer.address or not self.address:
            return customer, changes
        told = self.circumstances
        after = replace(customer, address=dict(self.address), updated_at=told.now, last_updated_via=told.source)
        event = change_event(EventType.CUSTOMER_UPDATED, customer, after, told)
        return after, changes.along_with(Changes(customers=(after,), events=(event,)))

    def _order(self, customer: Customer, known: Order | None, via: tuple[IdentifierKey, ...]) -> Order:
        if known:
            return updated(known, self.stated)
        return Order(customer.tenant, customer.id, self.stated, self.circumstances.now, via)

    def _qualified(
        self, recorded: Recorded, changes: Changes, stages: Sequence[Stage], via: tuple[IdentifierKey, ...]
    ) -> tuple[Recorded, Changes]:
        """The buyer as a member of the best stage that the orders earn, if they earn a better one than there is."""
        customer, club = recorded.customer, self.parts.club
        history = club.enrollments_of(customer.tenant, customer.ids) if customer.version else ()
        current = next((one for one in history if one.id == customer.membership and one.is_active), None)
        held = next((stage for stage in stages if current and stage.id == current.stage), None)
        wanted = earnable(stages, held)
        if customer.email is None or _was_cancelled_since(history, recorded.order.stated.placed_at) or not wanted:
            return recorded, changes
        best = best_earned(wanted, self._orders(customer, recorded.order, wanted), self.circumstances.now)
        if best is None:
            return recorded, changes
        integrations = self.parts.active_integrations(customer.tenant)
        standing = self.parts.standing_by(current, customer, integrations) if customer.version else NEW
        terms = Terms(best, integrations, how="order", may_move=True)
        member = enroll(customer, terms, standing, self.circumstances, via)
        found = replace(recorded, customer=member.customer, enrollment=member.enrollment, stage=best)
        return found, changes.along_with(member.changes)

    def _orders(self, customer: Customer, order: Order, wanted: Sequence[Stage]) -> list[StatedOrder]:
        """All orders that may count, this one as it is to be."""
        bounds = [earliest(stage.rule, self.circumstances.now) for stage in wanted if stage.rule]
        since = None if None in bounds else min(bound for bound in bounds if bound)
        read = (
            self.parts.club.orders_of(customer.tenant, customer.ids, order_time(since) if since else None)
            if customer.version
            else ()
        )
        this = (order.stated.source, order.stated.external_id)
        return [*(one for one in read if (one.source, one.external_id) != this), order.stated]


def _was_cancelled_since(history: Sequence[Enrollment], placed_at: datetime) -> bool:
    ended = (one.ended_at for one in history if one.status is EnrollmentStatus.CANCELLED)
    return any(at and at >= placed_at for at in ended)
