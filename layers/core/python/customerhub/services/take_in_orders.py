"""A shop's orders, each brought to its buyer, and what became of each."""

from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping, Sequence
from concurrent.futures import Executor
from contextlib import suppress
from dataclasses import replace

from customerhub.domain.address import hub_address
from customerhub.domain.conflict import Conflict
from customerhub.domain.contact import Contact, Statement, read_contact, read_identifier
from customerhub.domain.customer import Customer
from customerhub.domain.idempotency import Answer
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, ExternalId
from customerhub.domain.imports.grouping import in_groups
from customerhub.domain.link import external_key
from customerhub.domain.order import Order, StatedOrder, updated
from customerhub.domain.remote import RemoteCustomer, RemoteOrder
from customerhub.domain.run import RecordVerdict
from customerhub.domain.stated_identifier import read_identifier as identifier_key
from customerhub.domain.verdict import Verdict
from customerhub.errors import Gone, InvalidInput
from customerhub.services.record_order import Recorded, record_order
from customerhub.services.settle_record import settle_record
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_in_customers import take_in_customers
from customerhub.services.take_order_off import DELETED, mark_of, take_order_off

NO_BUYER = "no_buyer"
OLD = "old"
PHONE_OF_ANOTHER = "phone_of_another"
_DONE = Answer(200, "")
"""Nobody is answered: the verdict is made of the outcome."""


def take_in_orders(orders: Sequence[RemoteOrder], turn: ShopTurn, threads: Executor) -> list[RecordVerdict]:
    """The verdict on each order, in order. Convergent: however often and in whatever order an order is told of, it ends
    as the shop told it last.

    The buyer is whom the shop's customer id belongs to. Where the hub does not know that one, the record is read from
    the shop and taken in first; guests are found or made by the e-mail and phone of the order, of which unreadable ones
    are left out, and customers who are known are taught nothing by that. An order stays with whom it was recorded.
    SKIPPED are `old` words about an order, those without a buyer (`no_buyer`), those of somebody who was erased
    (`person_erased`), and those that were `deleted` since; new ones are looked back at, since the shop may have deleted
    them while they were taken in.

    Orders that are as they were known cost two batch reads for each hundred, and no call of their own; new ones two
    more for each hundred, what `find_records` costs for their buyers, and a batch read for each hundred buyers who are
    not known. Those of one buyer are worked in their order, the others side by side; jobs that came to be owed are in
    `turn.jobs`. Raises RetryLater alone: some of the orders may have been taken in by then, which does no harm to the
    next attempt.
    """
    known = turn.records.find_orders(turn.tenant.id, turn.integration.id, [order.id for order in orders])
    deleted = _deleted([order.id for order in orders if order.id not in known], turn)
    glances = [_at_a_glance(order, known.get(order.id), deleted, turn) for order in orders]
    changed = [(number, order) for number, order in enumerate(orders) if glances[number] is None]
    buyers = _find_buyers([order for _, order in changed if order.id not in known], turn, threads)
    buyers |= {order.id: known[order.id].customer for _, order in changed if order.id in known}
    groups = in_groups([(entry, _names(entry[1])) for entry in changed])
    worked = threads.map(lambda group: [(number, _work(one, buyers[one.id], turn)) for number, one in group], groups)
    verdicts = dict(entry for group in worked for entry in group)
    _look_back(verdicts.values(), turn)
    return [glance or verdicts[number] for number, glance in enumerate(glances)]


def to_stated(order: RemoteOrder, turn: ShopTurn) -> StatedOrder:
    """The order as the hub keeps it: told by the integration."""
    return StatedOrder(
        turn.integration.id,
        order.id,
        order.total,
        order.placed_at,
        order.updated_at,
        order.number,
        is_paid=order.is_paid,
        is_cancelled=order.is_cancelled,
        is_test=order.is_test,
        is_correction=order.is_correction,
    )


def is_old(order: RemoteOrder, known: Order) -> bool:
    """Whether the order was told of later already."""
    return known.stated.updated_at is not None and order.updated_at < known.stated.updated_at


_Buyer = CustomerId | Contact | RecordVerdict
"""Whom an order belongs to; a verdict where that is nobody."""


def _deleted(orders: Sequence[ExternalId], turn: ShopTurn) -> frozenset[ExternalId]:
    """Those of which was heard that the shop has them no more: a page, or a file, may be older than that."""
    marks = {mark_of(order): order for order in orders}
    found = turn.records.are_deleted(turn.tenant.id, turn.integration.id, list(marks)) if marks else ()
    return frozenset(marks[mark] for mark in found)


def _look_back(verdicts: Iterable[RecordVerdict], turn: ShopTurn) -> None:
    """Take off again those that came to be known here and were deleted at the same time."""
    created = [verdict.id for verdict in verdicts if verdict.verdict is Verdict.CREATED]
    for order in sorted(_deleted(created, turn)):
        take_order_off(order, turn.club.clock.now(), turn)


def _at_a_glance(
    order: RemoteOrder, known: Order | None, deleted: Collection[ExternalId], turn: ShopTurn
) -> RecordVerdict | None:
    """The verdict on an order of which nothing new is told."""
    if known is None:
        return RecordVerdict(order.id, Verdict.SKIPPED, DELETED) if order.id in deleted else None
    if updated(known, to_stated(order, turn)) is not known:
        return None
    if is_old(order, known):
        return RecordVerdict(order.id, Verdict.SKIPPED, OLD, known.customer)
    return RecordVerdict(order.id, Verdict.UNCHANGED, customer=known.customer)


def _names(order: RemoteOrder) -> Iterator[Hashable]:
    """What two orders of one buyer have in common."""
    yield "order", order.id
    if order.customer:
        yield "customer", order.customer
    if order.email:
        yield "email", order.email.casefold()
    if order.phone:
        yield "phone", order.phone


def _find_buyers(orders: Sequence[RemoteOrder], turn: ShopTurn, threads: Executor) -> dict[ExternalId, _Buyer]:
    """By order. Records of the shop's that are not known are read, one call each, and taken in together, unless they
    are of somebody who was erased: of that one the shop may have nothing left that tells so."""
    named = list(dict.fromkeys(order.customer for order in orders if order.customer))
    known = turn.records.find_records(turn.tenant, turn.integration.id, named) if named else {}
    buyers: dict[ExternalId, _Buyer | None] = {record: known[record].customer.id for record in known}
    erased = _erased([record for record in named if record not in known], turn)
    buyers |= {record: RecordVerdict(record, Verdict.SKIPPED, Gone.default_code) for record in erased}
    read: list[RemoteCustomer] = []
    for record in named:
        if record not in buyers:
            found = _read_from_shop(record, turn)
            buyers[record] = found if isinstance(found, RecordVerdict) else None
            read += [found] if isinstance(found, RemoteCustomer) else []
    for verdict in take_in_customers(read, turn, threads) if read else ():
        is_erased = verdict.verdict is Verdict.SKIPPED
        buyers[verdict.id] = verdict.customer or (verdict if is_erased else None)
    return {order.id: _buyer_of(order, buyers, turn) for order in orders}


def _erased(records: Sequence[ExternalId], turn: ShopTurn) -> frozenset[ExternalId]:
    """Those that were an erased person's."""
    keys = {external_key(turn.integration.id, record): record for record in records}
    gone = turn.identities.read_identity(turn.tenant, list(keys), None).gone if keys else {}
    return frozenset(keys[key] for key in gone)


def _buyer_of(order: RemoteOrder, buyers: Mapping[ExternalId, _Buyer | None], turn: ShopTurn) -> _Buyer:
    """Who has no record in the shop (any more) is a guest."""
    found = buyers.get(order.customer) if order.customer else None
    return found or _guest(order, turn) or RecordVerdict(order.id, Verdict.SKIPPED, NO_BUYER)


def _read_from_shop(record: ExternalId, turn: ShopTurn) -> RemoteCustomer | RecordVerdict | None:
    """The record as the shop has it; None where it was deleted there; a verdict where it could not be read."""
    read: list[RemoteCustomer | None] = []

    def settle() -> RecordVerdict:
        read.append(turn.connector.get_customer(record))
        return RecordVerdict(record, Verdict.UNCHANGED)

    verdict = settle_record(record, turn, settle)
    return read[-1] if read else verdict


def _guest(order: RemoteOrder, turn: ShopTurn) -> Contact | None:
    """Whom the order names by e-mail and phone, as far as they can be read and identify somebody."""
    email, phone = _readable(Kind.EMAIL, order.email, turn), _readable(Kind.PHONE, order.phone, turn)
    if not email and not phone:
        return None
    said = Statement(source=turn.integration.id, email=email, phone=phone)
    return read_contact(said, turn.caller, turn.club.clock.now())


def _readable(kind: Kind, text: str | None, turn: ShopTurn) -> str | None:
    try:
        read = read_identifier(kind, text, turn.caller, turn.integration.id, turn.club.clock.now()) if text else None
    except InvalidInput:
        return None
    return text if read and read.owned else None


def _work(order: RemoteOrder, buyer: _Buyer, turn: ShopTurn) -> RecordVerdict:
    if isinstance(buyer, RecordVerdict):
        return replace(buyer, id=order.id)
    return settle_record(order.id, turn, lambda: _settle(order, buyer, turn))


def _settle(order: RemoteOrder, buyer: CustomerId | Contact, turn: ShopTurn) -> RecordVerdict:
    """Where the phone of a guest belongs to several customers, the e-mail alone counts."""
    buyer = _met_before(buyer, turn) if isinstance(buyer, Contact) else buyer
    outcome, code = _told(order, buyer, turn), None
    if isinstance(outcome, Conflict) and isinstance(buyer, Contact) and buyer.identifier(Kind.EMAIL):
        outcome, code = _told(order, _without_phone(buyer), turn), PHONE_OF_ANOTHER
    if isinstance(outcome, Conflict):
        return RecordVerdict(order.id, Verdict.CONFLICT, outcome.kind)
    if not outcome.changed:
        # Somebody else has brought it meanwhile, or a later word.
        return _at_a_glance(order, outcome.order, (), turn) or RecordVerdict(order.id, Verdict.UNCHANGED)
    verdict = Verdict.CREATED if outcome.is_new else Verdict.UPDATED
    return RecordVerdict(order.id, verdict, code, outcome.customer.id)


def _met_before(guest: Contact, turn: ShopTurn) -> CustomerId | Contact:
    """Whoever owns the guest's e-mail: an order says who has bought, and teaches nothing of a customer who is known.
    The phone alone finds nobody who has another e-mail: the order names nobody who could agree. One round trip, two
    where the phone is somebody's."""
    email, phone = guest.identifier(Kind.EMAIL), guest.identifier(Kind.PHONE)
    if email is None:
        return guest
    claims = turn.identities.read_identity(turn.tenant, guest.keys, None).claims
    if email.key in claims:
        return claims[email.key].owner
    if phone is None or phone.key not in claims:
        return guest
    holders = turn.identities.get_customers(turn.tenant.id, claims[phone.key].holders).values()
    has_email = any(isinstance(holder, Customer) and holder.first(Kind.EMAIL) for holder in holders)
    return _without_phone(guest) if has_email else guest


def _without_phone(guest: Contact) -> Contact:
    return guest.without(frozenset(key for key in guest.keys if key.kind is Kind.PHONE))


def _told(order: RemoteOrder, buyer: CustomerId | Contact, turn: ShopTurn) -> Recorded | Conflict:
    outcomes: list[Recorded | Conflict] = []

    def present(outcome: Recorded | Conflict) -> Answer:
        outcomes.append(outcome)
        return _DONE

    record_order(
        to_stated(order, turn),
        buyer,
        turn.caller,
        turn.circumstances(order.id),
        parts=replace(turn.club, identities=turn.identities),
        present=present,
        address=hub_address(order.address),
        via=tuple(_names_of_buyer(order, turn)),
    )
    return outcomes[-1]


def _names_of_buyer(order: RemoteOrder, turn: ShopTurn) -> Iterator[IdentifierKey]:
    """What the order names its buyer by: it goes with whoever has that, should a merge be undone."""
    if order.customer:
        yield external_key(turn.integration.id, order.customer)
    if order.email:
        with suppress(InvalidInput):
            yield identifier_key(Kind.EMAIL, order.email, turn.tenant)
