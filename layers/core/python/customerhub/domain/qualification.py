"""Which stage a customer's orders earn. Pure."""

from collections.abc import Iterable, Sequence
from datetime import datetime

from customerhub.domain.calendar import months_after
from customerhub.domain.order import StatedOrder
from customerhub.domain.stage import QualificationRule, Stage


def is_earned(rule: QualificationRule, orders: Iterable[StatedOrder], now: datetime) -> bool:
    """Whether the orders earn what the rule is of: every part that is set holds. A rule without parts is never earned.

    Of the orders those count that are paid, not cancelled, refunded or made for a test, in the rule's currency where it
    names one, and not older than its months. A correction is part of what was spent, and no order.
    """
    parts = (rule.min_order_minor, rule.min_spend_minor, rule.min_orders)
    if all(part is None for part in parts):
        return False
    since = earliest(rule, now)
    counting = [
        order
        for order in orders
        if order.counts
        and (rule.currency is None or order.total.currency == rule.currency)
        and (since is None or order.placed_at >= since)
    ]
    amounts = [order.total.amount_minor for order in counting if not order.is_correction]
    spent = sum(order.total.amount_minor for order in counting)
    return (
        bool(amounts)
        and (rule.min_order_minor is None or max(amounts) >= rule.min_order_minor)
        and (rule.min_spend_minor is None or spent >= rule.min_spend_minor)
        and (rule.min_orders is None or len(amounts) >= rule.min_orders)
    )


def earliest(rule: QualificationRule, now: datetime) -> datetime | None:
    """Since when orders count; None: since ever."""
    return None if rule.within_months is None else months_after(now, -rule.within_months)


def best_earned(stages: Iterable[Stage], orders: Sequence[StatedOrder], now: datetime) -> Stage | None:
    """The stage of the highest rank that the orders earn; None where they earn none. Of equal ranks the older stage."""
    earned = [stage for stage in stages if stage.rule and not stage.archived and is_earned(stage.rule, orders, now)]
    return min(earned, key=lambda stage: (-stage.rank, stage.created_at, stage.id), default=None)


def earnable(stages: Iterable[Stage], current: Stage | None) -> tuple[Stage, ...]:
    """The stages that orders may lead to from where the customer is: only up."""
    return tuple(
        stage for stage in stages if stage.rule and not stage.archived and (not current or stage.rank > current.rank)
    )
