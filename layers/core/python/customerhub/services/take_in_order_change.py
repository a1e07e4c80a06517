"""One change of an order that a webhook tells of."""

from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

from customerhub.domain.ids import ExternalId
from customerhub.domain.order import Order, updated
from customerhub.domain.remote import RemoteChange, RemoteOrder
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.services.settle_record import settle_record
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_in_orders import is_old, take_in_orders, to_stated
from customerhub.services.take_order_off import DELETED, take_order_off

NOT_SHOWN = "not_shown"
SHOWN_FOR = timedelta(days=59)
"""An app without `read_all_orders` is shown the orders of the last 60 days alone (shopify.dev, access scopes, October
2026); webhooks tell it of all."""


def take_in_order_change(change: RemoteChange, occurred_at: datetime | None, turn: ShopTurn) -> RecordVerdict:
    """What became of the change. `occurred_at` is when it happened, as far as the delivery says.

    An order that is known and of which something newer is told is taken in as it is told. One that is not known, of
    which the delivery does not tell, or tells otherwise at the same time, is read from the shop first: it may be
    deleted by now (SKIPPED `deleted`), unless it is so old that the shop may only not show it any more: then the
    delivery is believed, and one that tells nothing of it says nothing (SKIPPED `not_shown`). A deleted order is kept,
    as one that is cancelled. Two round trips where nothing is new. Raises RetryLater alone.
    """
    at = occurred_at or turn.club.clock.now()
    if change.action == "deleted":
        return take_order_off(change.id, at, turn)
    known, told = _find(change.id, turn), change.order
    if known and told and _says_it_all(told, known, turn):
        return _take_in(told, turn)
    read: list[RemoteOrder | None] = []

    def settle() -> RecordVerdict:
        read.append(turn.connector.get_order(change.id))
        return RecordVerdict(change.id, Verdict.SKIPPED, DELETED)

    verdict = settle_record(change.id, turn, settle)
    now = read[-1] if read else None
    if now:
        return _take_in(now, turn)
    if read and told and _is_hidden(told.placed_at, turn):
        return _take_in(told, turn)
    if read and known and _is_hidden(known.stated.placed_at, turn):
        return RecordVerdict(change.id, Verdict.SKIPPED, NOT_SHOWN, known.customer)
    return take_order_off(change.id, at, turn) if read and known else verdict


def _is_hidden(placed_at: datetime, turn: ShopTurn) -> bool:
    """Whether the shop may have an order of that time that it does not show."""
    return placed_at < turn.club.clock.now() - SHOWN_FOR


def _says_it_all(told: RemoteOrder, known: Order, turn: ShopTurn) -> bool:
    """Whether nothing is to be asked: it is old, or known, or newer than what is known."""
    if is_old(told, known) or updated(known, to_stated(told, turn)) is known:
        return True
    return known.stated.updated_at is None or told.updated_at > known.stated.updated_at


def _find(order: ExternalId, turn: ShopTurn) -> Order | None:
    found: list[Order | None] = []

    def settle() -> RecordVerdict:
        orders = turn.records.find_orders(turn.tenant.id, turn.integration.id, [order])
        found.append(orders.get(order))
        return RecordVerdict(order, Verdict.UNCHANGED)

    settle_record(order, turn, settle)
    return found[-1] if found else None


def _take_in(order: RemoteOrder, turn: ShopTurn) -> RecordVerdict:
    with ThreadPoolExecutor(max_workers=1) as threads:
        return take_in_orders([order], turn, threads)[0]
