"""Sharing a partner's allowance: never more than it grants, and nearly all of it, whoever takes in whatever order.

Simulated: workers whose clocks differ, requests that are long on their way, a partner that counts for itself.
"""

import heapq
import itertools
import math
import random
from abc import ABC, abstractmethod
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from customerhub.domain.pace import (
    MARGIN,
    Allowance,
    AllowanceReport,
    Level,
    Pace,
    PointBucket,
    RequestWindow,
    SentRequests,
    Settlement,
    Taken,
    next_turn,
    settle,
)

START = datetime(2026, 11, 2, tzinfo=UTC)
COMMERCE7 = RequestWindow(limit=100, window_s=60)
SHOPIFY = PointBucket(capacity=2000, restore_per_s=100)
PATIENCE_S = 5.0
SKEW_S = 0.2
SEEDS = st.integers(0, 2**32)


def at(seconds: float) -> datetime:
    return START + timedelta(seconds=seconds)


@dataclass
class Worker:
    """Asks again as soon as it was answered; its clock is `skew_s` fast."""

    skew_s: float
    unsettled: list[Settlement] = field(default_factory=list)


@dataclass
class Simulation(ABC):
    """Workers who share the state of one allowance, each as fast as it may."""

    allowance: Allowance
    chance: random.Random
    slowest_s: float
    pace: Pace | None = None
    now_s: float = 0.0
    events: list[tuple[float, int, Callable[[], None]]] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def run(self, workers: int, until_s: float) -> None:
        """Until then."""
        for _ in range(workers):
            self.take_after(self.chance.uniform(0, 1), Worker(self.chance.uniform(-SKEW_S, SKEW_S)))
        while self.events[0][0] < until_s:
            self.now_s, _, event = heapq.heappop(self.events)
            event()

    def after(self, delay_s: float, event: Callable[[], None]) -> None:
        heapq.heappush(self.events, (self.now_s + delay_s, next(self.numbers), event))

    def take_after(self, delay_s: float, worker: Worker) -> None:
        self.after(delay_s, lambda: self.take(worker))

    def take(self, worker: Worker) -> None:
        now, cost = at(self.now_s + worker.skew_s), self.cost()
        settled = settle(self.pace, self.allowance, worker.unsettled, now)
        turn = next_turn(settled, self.allowance, cost, now)
        wait_s, worker.unsettled = (turn.at - now).total_seconds(), []
        if wait_s > PATIENCE_S:
            self.pace = settled
            self.take_after(math.ceil(wait_s), worker)
        else:
            self.pace = turn.pace
            self.after(wait_s + self.chance.uniform(0, self.slowest_s), lambda: self.arrive(worker, turn.taken))

    @abstractmethod
    def cost(self) -> float:
        """Of the next request."""

    @abstractmethod
    def arrive(self, worker: Worker, taken: Taken) -> None:
        """A request comes to the partner."""


@dataclass
class WindowSimulation(Simulation):
    """A partner that counts requests."""

    arrivals: list[float] = field(default_factory=list)

    def cost(self) -> float:
        return 1

    def arrive(self, worker: Worker, taken: Taken) -> None:  # noqa: ARG002
        self.arrivals.append(self.now_s)
        self.take_after(self.chance.uniform(0, self.slowest_s), worker)


@dataclass
class BucketSimulation(Simulation):
    """A partner that takes points for a request, and gives back what it did not cost. A part of its answers is lost."""

    dearest: int = 100
    lost: float = 0.02
    points: float = SHOPIFY.capacity
    counted_s: float = 0.0
    used: float = 0.0
    refused: int = 0

    def cost(self) -> float:
        return self.chance.randint(1, self.dearest)

    def arrive(self, worker: Worker, taken: Taken) -> None:
        restored = self.points + (self.now_s - self.counted_s) * SHOPIFY.restore_per_s
        self.points, self.counted_s = min(SHOPIFY.capacity, restored), self.now_s
        actual = self.chance.uniform(0, taken.cost) if taken.cost <= self.points else None
        self.refused += actual is None
        self.points -= actual or 0
        self.used += actual or 0
        report = AllowanceReport(actual, self.points, SHOPIFY.capacity, SHOPIFY.restore_per_s)
        settlement = Settlement(taken, START, report)
        self.after(self.chance.uniform(0, self.slowest_s), lambda: self.answered(worker, settlement))

    def answered(self, worker: Worker, settlement: Settlement) -> None:
        reported_at = at(self.now_s + worker.skew_s)
        report = settlement.report if self.chance.random() >= self.lost else None
        worker.unsettled.append(Settlement(settlement.taken, reported_at, report))
        self.take(worker)


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(1, 40), st.floats(0.01, 0.8))
def test_no_window_ever_holds_more_requests_than_are_granted(seed: int, workers: int, slowest_s: float) -> None:
    simulation = WindowSimulation(COMMERCE7, random.Random(seed), slowest_s)
    simulation.run(workers, until_s=600)
    ends = simulation.arrivals[COMMERCE7.limit :]
    spans = [end - begin for begin, end in zip(simulation.arrivals, ends, strict=False)]
    assert spans == [] or min(spans) > COMMERCE7.window_s


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(5, 40), st.floats(0.01, 0.8))
def test_a_window_is_used_nearly_whole(seed: int, workers: int, slowest_s: float) -> None:
    simulation = WindowSimulation(COMMERCE7, random.Random(seed), slowest_s)
    simulation.run(workers, until_s=1230)
    assert len(simulation.arrivals) >= 0.95 * COMMERCE7.limit * 20


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(1, 30), st.floats(0.01, 3), st.integers(1, 500), st.floats(0, 0.5))
def test_a_bucket_is_never_asked_for_more_than_it_holds(
    seed: int, workers: int, slowest_s: float, dearest: int, lost: float
) -> None:
    simulation = BucketSimulation(SHOPIFY, random.Random(seed), slowest_s, dearest=dearest, lost=lost)
    simulation.run(workers, until_s=60)
    assert simulation.refused == 0


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(10, 30), st.floats(0.01, 0.5))
def test_a_bucket_is_used_nearly_whole(seed: int, workers: int, slowest_s: float) -> None:
    simulation = BucketSimulation(SHOPIFY, random.Random(seed), slowest_s, dearest=100)
    simulation.run(workers, until_s=300)
    assert simulation.used >= 0.95 * (SHOPIFY.capacity + 300 * SHOPIFY.restore_per_s)


@settings(max_examples=10, deadline=None)
@given(SEEDS, st.integers(10, 20), st.floats(0.01, 0.3))
def test_points_of_answers_that_were_lost_are_not_lost(seed: int, workers: int, slowest_s: float) -> None:
    """A third of the partner's answers says nothing of the bucket."""
    simulation = BucketSimulation(SHOPIFY, random.Random(seed), slowest_s, dearest=50, lost=0.33)
    simulation.run(workers, until_s=200)
    assert simulation.used >= 0.95 * 200 * SHOPIFY.restore_per_s


def report(
    available: float, actual: float | None = 10, capacity: float = 2000, restore: float = 100
) -> AllowanceReport:
    return AllowanceReport(actual, available, capacity, restore)


def settled(level: Pace, *settlements: Settlement, at_s: float = 0.0) -> Level:
    found = settle(level, SHOPIFY, settlements, at(at_s))
    assert isinstance(found, Level)
    return found


HALF_FULL = Level(1000, at(0), at(-60), 2000, 100, taken=5000)


def test_what_a_request_did_not_cost_comes_back() -> None:
    assert settled(HALF_FULL, Settlement(Taken(100, at(-1)), at(0), report(1990))).points == 1090
    assert settled(HALF_FULL, Settlement(Taken(100, at(-1)), at(0), report(1990, actual=None))).points == 1100
    assert settled(HALF_FULL, Settlement(Taken(100, at(-1)), at(0), report(1990, actual=130))).points == 970


def test_what_came_back_before_the_bucket_was_full_does_not_come_back_again() -> None:
    assert settled(HALF_FULL, Settlement(Taken(100, at(-61)), at(0), report(1990))).points == 1000


def test_a_partner_that_says_there_is_less_is_believed() -> None:
    assert settled(HALF_FULL, Settlement(Taken(0, at(-1)), at(0), report(400, actual=0))).points == 400
    assert settled(HALF_FULL, Settlement(Taken(0, at(-1)), at(-2), report(400, actual=0))).points == 600, (
        "restored since"
    )


def test_one_that_says_there_is_more_is_believed_less_what_it_may_not_know() -> None:
    """Of what was taken since, and of what was on its way."""
    taken = Taken(0, at(-1), mark=4800)
    assert settled(HALF_FULL, Settlement(taken, at(0), report(1900, actual=0))).points == pytest.approx(
        1900 - 200 - 2000 * MARGIN
    )
    assert settled(HALF_FULL, Settlement(taken, at(0), report(1150, actual=0))).points == 1000
    before_it_was_full = Taken(0, at(-61), mark=4800)
    assert settled(HALF_FULL, Settlement(before_it_was_full, at(0), report(1900, actual=0))).points == 1000


def test_the_size_of_the_bucket_is_the_partners_word() -> None:
    settlement = Settlement(Taken(0, at(-1)), at(0), report(1000, actual=0, capacity=20000, restore=1000))
    level = settled(HALF_FULL, settlement)
    assert (level.capacity, level.restore_per_s) == (20000, 1000)
    assert settled(level, at_s=1).points == 2000
    nonsense = Settlement(Taken(0, at(-1)), at(0), report(1000, actual=0, capacity=0, restore=0))
    assert settled(level, nonsense).restore_per_s == 1000


def test_what_costs_more_than_there_ever_is_waits_for_a_full_bucket() -> None:
    turn = next_turn(HALF_FULL, SHOPIFY, 5000, at(0))
    assert turn.at > at(9)
    assert isinstance(turn.pace, Level)
    assert settled(turn.pace, at_s=100).points > 1900


def test_a_clock_that_is_behind_restores_nothing() -> None:
    assert settled(HALF_FULL, at_s=-5).points == 1000
    assert next_turn(HALF_FULL, SHOPIFY, 10, at(-5)).at == at(0)


@pytest.mark.parametrize("allowance", [COMMERCE7, SHOPIFY])
def test_an_allowance_that_nobody_used_is_there_at_once(allowance: Allowance) -> None:
    assert next_turn(settle(None, allowance, (), at(0)), allowance, 1, at(0)).at == at(0)


def test_a_partner_that_counts_more_requests_than_we_do_is_believed() -> None:
    """Somebody else asks it too, and it has said: too many."""
    refusal = Settlement(Taken(1, at(0)), at(10), AllowanceReport(None, 0, COMMERCE7.limit, 0))
    pace = settle(SentRequests((at(0),)), COMMERCE7, [refusal], at(11))
    assert next_turn(pace, COMMERCE7, 1, at(11)).at == at(0) + COMMERCE7.length
    assert next_turn(pace, COMMERCE7, 2, at(11)).at == at(10) + COMMERCE7.length
