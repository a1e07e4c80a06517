"""Which stage orders earn."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.ids import ExternalId, StageId, TenantId
from customerhub.domain.money import Money
from customerhub.domain.order import StatedOrder
from customerhub.domain.qualification import best_earned, earnable, is_earned
from customerhub.domain.stage import QualificationRule, Stage

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def order(
    number: int = 1, amount_minor: int = 10_000, currency: str = "USD", days: int = 1, **flags: Any
) -> StatedOrder:
    """A paid one of so many days ago."""
    placed_at = NOW - timedelta(days=days)
    return StatedOrder(
        "till", ExternalId(str(number)), Money(amount_minor, currency), placed_at, **{"is_paid": True, **flags}
    )


def stage(name: str, rank: int, rule: QualificationRule | None, *, archived: bool = False) -> Stage:
    return Stage(TenantId("t"), StageId(name), name, 1000, rank, NOW, NOW, rule=rule, archived=archived)


@pytest.mark.parametrize(
    "flags", [{"is_paid": False}, {"is_cancelled": True}, {"is_refunded": True}, {"is_test": True}], ids=str
)
def test_what_is_not_paid_or_was_taken_back_does_not_count(flags: dict[str, Any]) -> None:
    rule = QualificationRule(min_orders=1)
    assert is_earned(rule, [order()], NOW)
    assert not is_earned(rule, [order(**flags)], NOW)


def test_every_part_must_hold() -> None:
    rule = QualificationRule("USD", min_order_minor=20_000, min_spend_minor=50_000, min_orders=3)
    orders = [order(1, 20_000), order(2, 15_000), order(3, 15_000)]
    assert is_earned(rule, orders, NOW)
    assert not is_earned(rule, orders[:2], NOW)
    assert not is_earned(rule, [order(n, 18_000) for n in range(3)], NOW)
    assert not is_earned(rule, [order(1, 20_000), order(2, 1), order(3, 1)], NOW)


def test_a_rule_without_parts_is_earned_by_nobody() -> None:
    assert not is_earned(QualificationRule("USD"), [order()], NOW)


def test_other_currencies_and_times_do_not_count() -> None:
    rule = QualificationRule("USD", min_spend_minor=10_000, within_months=1)
    assert is_earned(rule, [order(days=31)], NOW)
    assert not is_earned(rule, [order(days=32)], NOW)
    assert not is_earned(rule, [order(currency="EUR")], NOW)
    assert is_earned(QualificationRule(min_orders=1), [order(currency="EUR", days=9000)], NOW)


def test_a_correction_is_part_of_what_was_spent_and_no_order() -> None:
    refund = order(2, -6_000, is_correction=True)
    assert not is_earned(QualificationRule("USD", min_spend_minor=5_000), [order(), refund], NOW)
    assert is_earned(QualificationRule("USD", min_spend_minor=4_000), [order(), refund], NOW)
    assert not is_earned(QualificationRule(min_orders=2), [order(), refund], NOW)
    assert not is_earned(QualificationRule("USD", min_spend_minor=1), [order(1, 5_000, is_correction=True)], NOW)


def test_the_best_stage_counts_and_only_a_better_one_than_there_is() -> None:
    once, twice = QualificationRule(min_orders=1), QualificationRule(min_orders=2)
    bronze, silver, gold = stage("bronze", 1, once), stage("silver", 2, twice), stage("gold", 3, None)
    gone = stage("gone", 9, once, archived=True)
    stages = [gone, bronze, gold, silver]
    assert best_earned(stages, [order()], NOW) is bronze
    assert best_earned(stages, [order(1), order(2)], NOW) is silver
    assert best_earned(stages, [], NOW) is None
    assert earnable(stages, None) == (bronze, silver)
    assert earnable(stages, bronze) == (silver,)
    assert earnable(stages, silver) == earnable(stages, gold) == ()


ORDERS = st.lists(
    st.builds(
        order,
        st.integers(1, 9),
        st.integers(0, 90_000),
        st.sampled_from(["USD", "EUR"]),
        st.integers(0, 900),
        is_paid=st.booleans(),
        is_cancelled=st.booleans(),
    ),
    max_size=8,
)
RULES = st.builds(
    QualificationRule,
    st.just("USD"),
    st.none() | st.integers(1, 90_000),
    st.none() | st.integers(1, 200_000),
    st.none() | st.integers(1, 5),
    st.none() | st.integers(1, 36),
)


@given(RULES, ORDERS, ORDERS)
def test_more_orders_never_earn_less(
    rule: QualificationRule, orders: list[StatedOrder], more: list[StatedOrder]
) -> None:
    if is_earned(rule, orders, NOW):
        assert is_earned(rule, [*orders, *more], NOW)


@given(RULES, ORDERS, st.data())
def test_the_order_of_orders_does_not_matter(
    rule: QualificationRule, orders: list[StatedOrder], data: st.DataObject
) -> None:
    """Invariant 3."""
    shuffled: Sequence[StatedOrder] = data.draw(st.permutations(orders))
    assert is_earned(rule, orders, NOW) == is_earned(rule, shuffled, NOW)


@given(RULES, ORDERS)
def test_what_does_not_count_changes_nothing(rule: QualificationRule, orders: list[StatedOrder]) -> None:
    counting = [one for one in orders if one.counts]
    assert is_earned(rule, orders, NOW) == is_earned(rule, counting, NOW)
    assert not is_earned(rule, [replace(one, is_test=True) for one in orders], NOW)
