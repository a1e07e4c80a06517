"""Workers of several processes share one allowance, in the table: invariant 7 of the partner's patience.

Threads stand for processes: each has a pacer of its own. Time is simulated, what they write is not.
"""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import pytest

from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.pace import AllowanceReport, PointBucket, RequestWindow
from customerhub.errors import NotReadyYet, StoreUnavailable
from customerhub.store.pacing import DynamoPacer, DynamoPacers
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.faults import FAILURES, Crash, FailingClient, Failure
from tests.support.till import fresh_tenant
from tests.support.virtual_time import VirtualTime

START = datetime(2026, 11, 2, tzinfo=UTC)
WINDOW = RequestWindow(limit=30, window_s=60)
BUCKET = PointBucket(capacity=2000, restore_per_s=100)


def shop(tenant: TenantId | None = None) -> Integration:
    return Integration(tenant or fresh_tenant().id, IntegrationId("shop"), Platform.COMMERCE7, "winery", START)


@dataclass
class Shop:
    """A partner, and the workers who ask it."""

    tables: DynamoDBTables
    time: VirtualTime
    integration: Integration = field(default_factory=shop)
    asked: list[datetime] = field(default_factory=list)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def process(self, client: object = None) -> DynamoPacer:
        """The pacer of one more process."""
        database = Database(client or self.tables.client())  # type: ignore[arg-type]
        return DynamoPacers(database, self.tables.names["WORK_TABLE"], self.time).of(self.integration)

    def work(self, until: datetime, ask: Callable[[DynamoPacer], None]) -> None:
        """Ask again and again, and do something else where it would take long."""
        pacer = self.process()
        try:
            while self.time.now() < until:
                try:
                    ask(pacer)
                except NotReadyYet as later:
                    self.time.sleep(later.retry_after_s)
                else:
                    with self.lock:
                        self.asked.append(self.time.now())
        finally:
            self.time.leave()


@pytest.fixture
def one(dynamodb_tables: DynamoDBTables) -> Shop:
    """A shop that one process asks."""
    return Shop(dynamodb_tables, VirtualTime(START, 1))


def test_processes_together_ask_no_more_than_a_window_allows_and_nearly_all_of_it(
    dynamodb_tables: DynamoDBTables,
) -> None:
    processes, until = 6, START + timedelta(seconds=310)
    crowd = Shop(dynamodb_tables, VirtualTime(START, processes))

    def ask(pacer: DynamoPacer) -> None:
        pacer.take(WINDOW, 1)
        crowd.time.sleep(0.05)

    with ThreadPoolExecutor(processes) as threads:
        list(threads.map(lambda _: crowd.work(until, ask), range(processes)))
    asked = sorted(crowd.asked)
    spans = [(end - begin).total_seconds() for begin, end in zip(asked, asked[WINDOW.limit :], strict=False)]
    assert min(spans) > WINDOW.window_s
    assert len(asked) >= 0.95 * WINDOW.limit * 5


def test_a_bucket_is_shared_and_what_a_request_did_not_cost_is_given_back(one: Shop) -> None:
    first, second = one.process(), one.process()
    first.take(BUCKET, 1900)
    with pytest.raises(NotReadyYet):
        second.take(BUCKET, 1900)
    first.report(BUCKET, AllowanceReport(10, 1990, 2000, 100))
    first.take(BUCKET, 100)
    second.take(BUCKET, 1500)
    assert one.time.now() == START, "nobody had to wait"


def test_a_request_waits_some_seconds_for_its_points_and_no_longer(one: Shop) -> None:
    pacer = one.process()
    pacer.take(BUCKET, 1900)
    pacer.take(BUCKET, 300)
    waited_s = (one.time.now() - START).total_seconds()
    assert 2 < waited_s < 3
    with pytest.raises(NotReadyYet) as later:
        pacer.take(BUCKET, 1900)
    assert 18 <= later.value.retry_after_s <= 20


def test_a_dear_request_has_its_turn_among_many_cheap_ones(dynamodb_tables: DynamoDBTables) -> None:
    """It takes its place in the queue, however long that is with what it costs itself."""
    until = START + timedelta(seconds=80)
    crowd = Shop(dynamodb_tables, VirtualTime(START, 5))
    dear: list[datetime] = []

    def ask_cheaply(pacer: DynamoPacer) -> None:
        pacer.take(BUCKET, 100)
        crowd.time.sleep(0.01)

    def ask_dearly(pacer: DynamoPacer) -> None:
        pacer.take(BUCKET, 960)
        dear.append(crowd.time.now())
        crowd.time.sleep(0.01)

    with ThreadPoolExecutor(5) as threads:
        list(threads.map(lambda ask: crowd.work(until, ask), [*[ask_cheaply] * 4, ask_dearly]))
    assert [moment for moment in dear if moment > START + timedelta(seconds=30)]


def test_what_the_partner_says_reaches_the_other_processes_even_by_one_who_may_not_ask(one: Shop) -> None:
    first, second = one.process(), one.process()
    first.take(WINDOW, 1)
    first.report(WINDOW, AllowanceReport(None, 0, WINDOW.limit, 0))
    for pacer in (first, second):
        with pytest.raises(NotReadyYet) as later:
            pacer.take(WINDOW, 1)
        assert later.value.retry_after_s >= WINDOW.window_s


def test_each_integration_has_its_own_allowance(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7: one tenant's work takes nothing from another's."""
    time = VirtualTime(START, 1)
    mine, theirs = Shop(dynamodb_tables, time), Shop(dynamodb_tables, time)
    one_request = RequestWindow(limit=1, window_s=60)
    mine.process().take(one_request, 1)
    theirs.process().take(one_request, 1)
    with pytest.raises(NotReadyYet):
        mine.process().take(one_request, 1)


def test_a_process_has_one_pacer_for_an_integration(dynamodb_tables: DynamoDBTables) -> None:
    pacers = DynamoPacers(Database(dynamodb_tables.client()), "work", VirtualTime(START, 1))
    integration = shop()
    assert pacers.of(integration) is pacers.of(integration)
    assert pacers.of(integration) is not pacers.of(shop())


def test_a_request_costs_one_write_while_nobody_else_asks(one: Shop) -> None:
    client = FailingClient(one.tables.client())
    pacer = one.process(client)
    for _ in range(3):
        pacer.take(BUCKET, 10)
        pacer.report(BUCKET, AllowanceReport(5, 1990, 2000, 100))
    assert client.calls == ["get_item", "put_item", "put_item", "put_item"]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_a_fault_at_any_call_takes_too_much_at_most(one: Shop, failure: Failure) -> None:
    """One more of the allowance may be gone; never may more be asked than it holds."""
    allowance = RequestWindow(limit=4, window_s=60)
    granted = 0
    for at, operation in enumerate(("get_item", "put_item")):
        if not failure.happens_to(operation):
            continue
        client = FailingClient(one.tables.client(), at, failure)
        with suppress(Crash, StoreUnavailable):
            one.process(client).take(allowance, 1)
            granted += 1
    with suppress(NotReadyYet):
        while True:
            one.process().take(allowance, 1)
            granted += 1
    assert 2 <= granted <= allowance.limit


def test_points_of_a_write_whose_effect_is_unknown_are_not_given_back_twice(one: Shop) -> None:
    failing = next(failure for failure in FAILURES if failure.name == "time-out with effect")
    client = FailingClient(one.tables.client(), at=2, failure=failing)
    pacer = one.process(client)
    pacer.take(BUCKET, 1000)
    pacer.report(BUCKET, AllowanceReport(500, 1500, 2000, 100))
    with pytest.raises(StoreUnavailable):
        pacer.take(BUCKET, 400)
    pacer.take(BUCKET, 400)
    assert one.time.now() == START
    one.process().take(BUCKET, 900)
    assert 2 < (one.time.now() - START).total_seconds() < 3
