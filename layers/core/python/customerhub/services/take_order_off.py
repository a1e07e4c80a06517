"""An order that a shop has deleted counts no more."""

from dataclasses import replace
from datetime import datetime

from customerhub.domain.idempotency import Answer
from customerhub.domain.ids import ExternalId
from customerhub.domain.order import Order, StatedOrder
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.services.record_order import Recorded, record_order
from customerhub.services.settle_record import settle_record
from customerhub.services.shop_turn import ShopTurn

UNKNOWN = "unknown_record"
DELETED = "deleted"


def take_order_off(order: ExternalId, at: datetime, turn: ShopTurn) -> RecordVerdict:
    """Keep the order, which was deleted `at` that time, as one that is cancelled: UPDATED `deleted`. No later word
    about it counts, unless the shop has it again. UNCHANGED where that was known. Of one that the hub has never heard
    of it is remembered that it was deleted, before it is looked up for good: so nobody who brings it at the same moment
    misses that, if they look for it after their own write; SKIPPED `unknown_record`.

    One read and one transaction; two reads and one write for an unknown order. Raises RetryLater alone. Idempotent.
    """
    return settle_record(order, turn, lambda: _taken_off(order, at, turn))


def mark_of(order: ExternalId) -> ExternalId:
    """Under which it is remembered that an order was deleted that the hub had never heard of, beside the marks of
    customers."""
    return ExternalId(f"order-{order}")


def _taken_off(order: ExternalId, at: datetime, turn: ShopTurn) -> RecordVerdict:
    known = _find(order, turn)
    if known is None:
        turn.records.mark_deleted(turn.tenant.id, turn.integration.id, mark_of(order), None)
        known = _find(order, turn)
    if known is None:
        return RecordVerdict(order, Verdict.SKIPPED, UNKNOWN)
    if known.stated.is_cancelled and known.stated.is_deleted:
        return RecordVerdict(order, Verdict.UNCHANGED, customer=known.customer)
    gone_at = max(filter(None, (at, known.stated.updated_at)))
    gone = replace(known.stated, is_cancelled=True, is_deleted=True, updated_at=gone_at)
    return _cancelled(gone, known, turn)


def _find(order: ExternalId, turn: ShopTurn) -> Order | None:
    return turn.records.find_orders(turn.tenant.id, turn.integration.id, [order]).get(order)


def _cancelled(gone: StatedOrder, known: Order, turn: ShopTurn) -> RecordVerdict:
    outcomes: list[bool] = []

    def present(outcome: object) -> Answer:
        outcomes.append(isinstance(outcome, Recorded) and outcome.changed)
        return Answer(200, "")

    circumstances = turn.circumstances(gone.external_id)
    record_order(
        gone,
        known.customer,
        turn.caller,
        circumstances,
        parts=replace(turn.club, identities=turn.identities),
        present=present,
    )
    verdict = Verdict.UPDATED if outcomes[-1] else Verdict.UNCHANGED
    return RecordVerdict(gone.external_id, verdict, DELETED, known.customer)
