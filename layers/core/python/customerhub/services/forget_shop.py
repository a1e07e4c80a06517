"""A shop has left, and everything that came from it is to go."""

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import islice

from customerhub.domain.customer import Customer
from customerhub.domain.departure import Requester, erase, take_off
from customerhub.domain.duty import Duty, Outcome, Part, Receipt
from customerhub.domain.erasure import Cause
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import CredentialId, CustomerId
from customerhub.domain.page import Page
from customerhub.domain.records import Record, RecordKind
from customerhub.domain.shop_departure import came_from, is_anothers, is_of_shop, keys_of_shop
from customerhub.domain.tenant import Tenant
from customerhub.services.attempts import attempts
from customerhub.services.duty_parts import DutyParts
from customerhub.services.read_estate import read_estate
from customerhub.services.sweep_erasure import sweep_erasure

PAGE = 25
DROPPED_AT_ONCE = 100
BELONGINGS = "belongings"
"""The position once all customers were looked at: it sorts after all of theirs, which are times."""


def forget_shop(duty: Duty, tenant: Tenant, until: datetime, *, parts: DutyParts) -> Duty:
    """Go on with forgetting a shop until nothing of it is left or it is `until`; the duty as it stands then.

    Every customer of the tenant is looked at. Who came from the shop alone is erased, but not banned: with the shop the
    person may come back. Everybody else loses the shop's link, orders and id, and what it alone has said of how to
    reach the person. Then the shop's products and deliveries go. Resumable at any moment, and in memory that does not
    grow with the number of customers. Where two are at it, the one that is behind gives up. A shop that is connected
    again is left alone from then on, and the duty done: what comes from it now is not what it wanted forgotten.

    One query per shard for each page of 25, one read of the integration (and for each 25 belongings), two writes of the
    duty, and of each customer one read and two queries for each kind of record; whoever has nothing of the shop costs
    no more than that. Raises LostRace where somebody else is at it, StoreUnavailable and TooMuchContention.
    """
    forgetter = _Forgetter(tenant, until, parts)
    while parts.clock.now() < until:
        if forgetter.has_returned(duty):
            return forgetter.end(duty, Outcome.SHOP_RETURNED)
        if duty.position == BELONGINGS:
            return forgetter.drop_belongings(duty)
        duty = forgetter.next_page(duty)
    return duty


@dataclass(frozen=True)
class _Look:
    """A customer, and what there is to forget."""

    customer: Customer
    counts: Counter[Part]
    leaves: bool
    others: tuple[Record, ...]
    """Some of the records that are not the shop's: all links among them."""


@dataclass(frozen=True)
class _Forgetter:
    tenant: Tenant
    until: datetime
    parts: DutyParts

    def keep(self, duty: Duty) -> Duty:
        """The duty as it is stored."""
        self.parts.duties.put_duty(duty)
        return duty.stored()

    def end(self, duty: Duty, outcome: Outcome) -> Duty:
        """The duty with its receipt, as it is stored."""
        return self.keep(duty.done(Receipt(outcome, self.parts.clock.now(), counts=dict(duty.counts))))

    def drop_belongings(self, duty: Duty) -> Duty:
        """Remove what hangs on the integration itself, the last of all; the duty as it stands then."""
        for _ in self.parts.estate.drop_belongings(self.tenant.id, duty.integration):
            if self.parts.clock.now() >= self.until:
                return duty
            if self.has_returned(duty):
                return self.end(duty, Outcome.SHOP_RETURNED)
        return self.end(duty, Outcome.SHOP_FORGOTTEN)

    def has_returned(self, duty: Duty) -> bool:
        """Whether the shop was connected again since it asked to be forgotten. One round trip."""
        known = self.parts.alerts.integrations.get_integration(self.tenant.id, duty.integration)
        if known is None or not known.active:
            return False
        return (known.renewed_at or known.connected_at) > duty.received_at

    def next_page(self, duty: Duty) -> Duty:
        """Count and remember a page of customers, so that the receipt is right however often this is interrupted; then
        forget them."""
        if duty.counted is None:
            page = self.parts.quiet.read_quiet(self.tenant.id, duty.position, self.parts.clock.now(), PAGE)
            pending = tuple(customer.id for customer in page.items)
            counts, counted = self._counted(duty, page), page.after or BELONGINGS
            duty = self.keep(replace(duty, counted=counted, pending=pending, counts=counts))
        for customer in duty.pending:
            self._forget(customer, duty)
        return self.keep(replace(duty, position=duty.counted, counted=None, pending=()))

    def _counted(self, duty: Duty, page: Page[Customer]) -> Counter[Part]:
        counts = Counter({part: duty.counts.get(part, 0) for part in Part})
        for customer in page.items:
            counts.update(self._look(customer, duty).counts)
        if page.after is None:
            counts.update(self.parts.estate.count_belongings(self.tenant.id, duty.integration))
        return counts

    def _look(self, customer: Customer, duty: Duty) -> _Look:
        """One pass over the customer's records, of which nothing is kept but what decides."""
        counts: Counter[Part] = Counter()
        others: list[Record] = []
        for record in self.parts.estate.records(customer):
            if is_of_shop(record, duty.integration):
                counts[Part.LINKS if record.kind is RecordKind.LINK else Part.ORDERS] += 1
            elif is_anothers(record, duty.integration) and (not others or record.kind is RecordKind.LINK):
                others.append(record)
        leaves = not others and came_from(customer, duty.integration)
        if leaves:
            counts[Part.ERASED] = 1
        elif counts or keys_of_shop(customer, duty.integration, others):
            counts[Part.DETACHED] = 1
        return _Look(customer, counts, leaves, tuple(others))

    def _forget(self, customer: CustomerId, duty: Duty) -> None:
        attempts(self.parts.clock, lambda: self._attempt(customer, duty))

    def _attempt(self, customer_id: CustomerId, duty: Duty) -> None:
        """As the customer is now. Whoever was merged meanwhile is seen with the survivor, which is newer."""
        customer = self.parts.identities.get_customers(self.tenant.id, [customer_id]).get(customer_id)
        if not isinstance(customer, Customer):
            return
        look = self._look(customer, duty)
        if look.leaves:
            self._erase(customer, duty)
        elif look.counts:
            self._detach(look, duty)

    def _erase(self, customer: Customer, duty: Duty) -> None:
        """What is not removed at once is finished with the other erasures."""
        parts = self.parts
        requester = Requester(_credential(duty), by_person=False, now=parts.clock.now())
        estate = read_estate(customer, self.tenant, store=parts.identities)
        changes = erase(estate, self.tenant, Cause.SHOP, requester)
        parts.identities.write(self.tenant, changes, None)
        (erasure,) = changes.erasures
        sweep_erasure(
            erasure.stored(),
            self.tenant,
            until=self.until,
            identities=parts.identities,
            erasures=parts.erasures,
            traces=parts.traces,
            clock=parts.clock,
        )

    def _detach(self, look: _Look, duty: Duty) -> None:
        """The records last: until then they say that there is something to forget."""
        customer, parts = look.customer, self.parts
        keys = keys_of_shop(customer, duty.integration, look.others)
        if keys:
            circumstances = Circumstances(_credential(duty), duty.integration, duty.id, parts.clock.now())
            estate = read_estate(customer, self.tenant, store=parts.identities)
            parts.identities.write(self.tenant, take_off(estate, keys, circumstances), None)
        records = parts.estate.records(customer)
        own = (record for record in records if is_of_shop(record, duty.integration))
        for some in _chunks(own, DROPPED_AT_ONCE):
            parts.estate.drop_records(self.tenant.id, some)


def _credential(duty: Duty) -> CredentialId:
    return CredentialId(f"duty:{duty.id}")


def _chunks(records: Iterator[Record], size: int) -> Iterator[Sequence[Record]]:
    while chunk := list(islice(records, size)):
        yield chunk
