"""Invariant 2 over runs, at every call that they make to the outside: each record has one verdict for each time that it
was committed, all of it balances, and no watermark is past a page that was not committed."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

import pytest

from customerhub.domain.feed import FeedKind
from customerhub.domain.run import Run, RunKind, RunStart, RunStatus
from customerhub.errors import RetryLater, ServiceUnavailable
from customerhub.services.begin_run import begin_run
from customerhub.services.cancel_run import cancel_run
from customerhub.services.resume_runs import AGAIN
from customerhub.services.start_run import start_run
from customerhub.services.work_run import LEASE, Ending
from infra.local.tables import DynamoDBTables
from tests.support.fake_crm import PARTNER_FAULTS, Fault, failing_at, no_fault
from tests.support.faults import Crash, UseCase, survive_every_failure
from tests.support.run_desk import FEEDS, SHOP, SOMEBODY, RunDesk

PEOPLE = 5


@dataclass
class Scene:
    """A shop with people, orders and products, of which the hub has some already, and a run that was started."""

    desk: RunDesk
    run: Run
    kind: RunKind
    marks: list[datetime | None] = field(default_factory=list)


def arrange(tables: DynamoDBTables, kind: RunKind, *, is_ordered: bool = True) -> Scene:
    desk = RunDesk(tables)
    desk.shop.is_ordered = is_ordered
    people = desk.stock(people=PEOPLE, sales=1, goods=1)
    desk.clock.ahead += timedelta(hours=2)
    desk.settle()
    desk.clock.ahead += timedelta(hours=1)
    for person in people[:4]:
        desk.shop.edit(person, first_name="Ann")
        desk.clock.ahead += timedelta(minutes=5)
    if kind is RunKind.COMPARE:
        desk.shop.delete(people[4])
    desk.clock.ahead += timedelta(hours=1)
    desk.shop.calls.clear()
    desk.queue.sent.clear()
    return Scene(desk, desk.start(kind), kind)


def check(scene: Scene) -> None:
    """What was committed adds up, and the watermark says nothing that is not so."""
    desk, run = scene.desk, scene.desk.read(scene.run)
    assert run.is_balanced
    counted = {kind: sum(feed is kind for feed, _ in desk.verdicts(run)) for kind in FEEDS}
    assert counted == {kind: run.counts[kind].rows if kind in run.counts else 0 for kind in FEEDS}
    state = desk.runs.get_pull_state(desk.tenant.id, SHOP)
    assert (state.run == run.id) is (run.status is RunStatus.RUNNING)
    mark = desk.watermarks()[FeedKind.CUSTOMERS]
    assert mark
    books = desk.books.known[FeedKind.CUSTOMERS]
    for record in desk.shop.people.rows.values():
        if record.updated_at and record.updated_at < mark:
            assert books[record.id] == record, "everything that changed before the watermark was taken in"


def check_done(scene: Scene) -> None:
    desk, run = scene.desk, scene.desk.read(scene.run)
    assert (run.status, run.reason) == (RunStatus.COMPLETED, None)
    assert desk.is_level()
    state = desk.runs.get_pull_state(desk.tenant.id, SHOP)
    assert (state.last_run, state.failures) == (run.id, 0)
    mark = desk.watermarks()[FeedKind.CUSTOMERS]
    assert mark
    assert mark >= run.started_at - timedelta(seconds=1)
    if scene.kind is RunKind.COMPARE:
        drift = desk.runs.get_drift(desk.tenant.id, SHOP)
        assert drift
        assert drift.run == run.id


def work(scene: Scene, client: Any) -> None:
    """One message, and those that come later. Time goes on as it must for the next one to be heard."""
    desk = scene.desk
    ending = Ending.WAITING
    while ending in (Ending.WAITING, Ending.CONTINUED, Ending.NOT_DUE):
        try:
            ending = desk.work(scene.run, parts=desk.parts(client))
        except RetryLater:
            return  # the sweep sends another message
        finally:
            desk.clock.ahead += LEASE + timedelta(minutes=20)


@pytest.mark.parametrize(
    ("kind", "is_ordered"), [(RunKind.PULL, True), (RunKind.PULL, False), (RunKind.COMPARE, False)]
)
def test_working_a_run_survives_every_failure(
    dynamodb_tables: DynamoDBTables, kind: RunKind, *, is_ordered: bool
) -> None:
    use_case = UseCase(
        lambda: arrange(dynamodb_tables, kind, is_ordered=is_ordered),
        work,
        lambda scene: scene.desk.client,
        check,
        check_done,
    )
    assert survive_every_failure(f"work a {kind}", use_case) >= 60


@dataclass
class StutteringClient:
    """A DynamoDB client whose call number `at` was carried out unheard, and is repeated, as botocore does."""

    client: Any
    at: int
    calls: int = 0

    def __getattr__(self, operation: str) -> Any:
        method = getattr(self.client, operation)

        def call(**request: Any) -> Any:
            self.calls += 1
            if self.calls - 1 == self.at:
                method(**request)
            return method(**request)

        return call


@pytest.mark.parametrize("kind", RunKind)
def test_a_write_that_is_repeated_unheard_counts_nothing_twice(dynamodb_tables: DynamoDBTables, kind: RunKind) -> None:
    at, calls = 0, 1
    while at < calls:
        scene = arrange(dynamodb_tables, kind)
        client = StutteringClient(scene.desk.client, at)
        work(scene, client)
        check(scene)
        work(scene, None)
        check_done(scene)
        assert scene.desk.read(scene.run).total.rows == len(scene.desk.verdicts(scene.run)) <= PEOPLE + 3
        calls = max(calls, client.calls)
        at += 1
    assert calls >= 15


@pytest.mark.parametrize("kind", RunKind)
def test_working_a_run_survives_every_failure_of_the_platform(dynamodb_tables: DynamoDBTables, kind: RunKind) -> None:
    untroubled = arrange(dynamodb_tables, kind)
    work(untroubled, None)
    check_done(untroubled)
    for number in range(len(untroubled.desk.shop.calls)):
        for fault in PARTNER_FAULTS.values():
            scene = arrange(dynamodb_tables, kind)
            scene.desk.shop.plan = failing_at(number, fault)
            with suppress(Crash):
                work(scene, None)
            check(scene)
            scene.desk.shop.plan = no_fault
            work(scene, None)
            check(scene)
            check_done(scene)


@pytest.mark.parametrize("kind", RunKind)
def test_what_was_taken_in_but_not_committed_is_taken_in_again(dynamodb_tables: DynamoDBTables, kind: RunKind) -> None:
    """The store that the records go to fails, after each number of pages."""
    for number in range(4):
        for error in (ServiceUnavailable("not now"), Crash("here")):
            scene = arrange(dynamodb_tables, kind)
            pages = iter(range(100))
            fault: Fault = ("before", error)

            def fails(pages: Any = pages, number: int = number, fault: Fault = fault) -> None:
                if next(pages) == number:
                    raise fault[1]

            scene.desk.books.faults = fails
            with suppress(Crash):
                work(scene, None)
            check(scene)
            work(scene, None)
            check(scene)
            check_done(scene)


def test_a_queue_that_takes_nothing_loses_nothing(dynamodb_tables: DynamoDBTables) -> None:
    scene = arrange(dynamodb_tables, RunKind.COMPARE)

    def fails() -> None:
        raise ServiceUnavailable("the queue is not reached")

    scene.desk.queue.fails = fails
    assert scene.desk.start(RunKind.COMPARE) == scene.run
    assert scene.desk.work(scene.run, patience=timedelta()) is Ending.CONTINUED
    cancel_run(scene.run.id, scene.desk.tenant.id, parts=scene.desk.starting())
    assert scene.desk.work(scene.run) is Ending.ENDED


def test_starting_a_run_survives_every_failure(dynamodb_tables: DynamoDBTables) -> None:
    """Whoever asks again gets the run that is under way."""

    def arranged() -> RunDesk:
        desk = RunDesk(dynamodb_tables)
        desk.shop.is_ordered = False
        desk.stock()
        return desk

    def start(desk: RunDesk, client: Any) -> None:
        with suppress(RetryLater):
            start_run(desk.integration, RunKind.PULL, SOMEBODY, parts=desk.starting(client))

    def check_one(desk: RunDesk) -> None:
        state = desk.runs.get_pull_state(desk.tenant.id, SHOP)
        listed = desk.runs.list_runs(desk.tenant.id, SHOP, None, 10).items
        assert {run.id for run in listed} <= {state.run}

    def check_started(desk: RunDesk) -> None:
        state = desk.runs.get_pull_state(desk.tenant.id, SHOP)
        assert state.run
        assert (desk.tenant.id, state.run, 0) in desk.queue.sent

    use_case = UseCase(arranged, start, lambda desk: desk.client, check_one, check_started)
    assert survive_every_failure("start a run", use_case) >= 8


def test_beginning_a_scheduled_run_survives_every_failure(dynamodb_tables: DynamoDBTables) -> None:
    def arranged() -> Scene:
        scene = arrange(dynamodb_tables, RunKind.PULL)
        scene.desk.finish(scene.run)
        scene.desk.clock.ahead += timedelta(hours=1)
        return scene

    def begin(scene: Scene, client: Any) -> None:
        parts = scene.desk.parts(client)
        try:
            begun = begin_run(RunStart(scene.desk.tenant.id, SHOP, RunKind.PULL), parts=parts)
        except RetryLater:
            return
        assert isinstance(begun, Run)
        scene.run = begun

    def check_begun(scene: Scene) -> None:
        assert scene.desk.runs.get_pull_state(scene.desk.tenant.id, SHOP).run == scene.run.id

    use_case = UseCase(arranged, begin, lambda scene: scene.desk.client, lambda _: None, check_begun)
    assert survive_every_failure("begin a run", use_case) >= 8


def test_the_sweep_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    def arranged() -> Scene:
        scene = arrange(fresh_tables(), RunKind.PULL)
        scene.desk.queue.sent.clear()
        scene.desk.clock.ahead += AGAIN
        return scene

    def sweep(scene: Scene, client: Any) -> None:
        try:
            scene.desk.sweep(client)
        except RetryLater:
            return
        finally:
            scene.desk.clock.ahead += AGAIN

    def check_sent(scene: Scene) -> None:
        assert {sent[:2] for sent in scene.desk.queue.sent} == {(scene.desk.tenant.id, scene.run.id)}

    use_case = UseCase(arranged, sweep, lambda scene: scene.desk.client, check, check_sent)
    assert survive_every_failure("resume runs", use_case) >= 6
