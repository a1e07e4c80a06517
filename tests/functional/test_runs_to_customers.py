"""Runs to their real end: what a shop has stands in the hub's customers, through the worker as it is deployed."""

import tracemalloc
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

import pytest

from customerhub.bootstrap import build_pull_parts
from customerhub.domain.alert import Alert, AlertKind
from customerhub.domain.feed import FeedKind
from customerhub.domain.ids import ExternalId, RunId
from customerhub.domain.integration import Integration
from customerhub.domain.run import RecordPage, RecordVerdict, Run, RunKind, RunStatus
from customerhub.domain.verdict import Counts, Verdict
from customerhub.services.find_gone import SEEN_AT_ONCE, unshown_records
from customerhub.services.run_parts import PullParts
from customerhub.services.work_run import Ending
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.run_desk import SHOP, RunDesk, counted
from tests.support.till import Till, open_till


@dataclass
class HeardAlerts:
    """Implements `ports.care.AlertTopic`, and keeps what was published."""

    heard: list[AlertKind] = field(default_factory=list)

    def publish(self, alert: Alert, _: Integration) -> None:
        self.heard.append(alert.kind)


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> RunDesk:
    return RunDesk(dynamodb_tables)


@pytest.fixture
def hub(desk: RunDesk) -> Till:
    return open_till(desk.client, desk.tables.names, desk.tenant)


def parts_of(desk: RunDesk, topic: HeardAlerts | None = None) -> PullParts:
    """As the function has them."""
    parts = build_pull_parts(
        Settings(desk.tables.names),
        desk.client,
        connectors=desk.connectors,
        queue=desk.queue,
        job_queue=desk.jobs,
        topic=topic or HeardAlerts(),
        clock=desk.clock,
    )
    return replace(parts, page_records=desk.page_records, threads=4)


def whole(desk: RunDesk, kind: RunKind = RunKind.PULL, topic: HeardAlerts | None = None) -> Run:
    run = desk.start(kind)
    for _ in range(50):
        if desk.work(run, parts=parts_of(desk, topic)) is Ending.ENDED:
            return desk.read(run)
        desk.clock.ahead += timedelta(minutes=20)
    raise AssertionError(desk.read(run))


def emails(hub: Till) -> list[str]:
    return sorted(customer["email"] for customer in hub.search(limit=100).body["customers"])


def test_what_the_shop_has_is_in_the_hub_after_the_first_pull_and_follows(desk: RunDesk, hub: Till) -> None:
    people = desk.stock(people=9, sales=3, goods=2)
    desk.clock.ahead += timedelta(hours=1)
    first = whole(desk)
    assert (first.status, counted(first)) == (RunStatus.COMPLETED, {"created": 14})
    shop = desk.shop.people.rows
    assert emails(hub) == sorted(record.emails[0] for record in shop.values())
    owners = {verdict.id: verdict.customer for feed, verdict in desk.verdicts(first) if feed is FeedKind.CUSTOMERS}
    assert hub.get(str(owners[people[0]])).customer["email"] == shop[people[0]].emails[0]
    desk.clock.ahead += timedelta(hours=1)
    desk.shop.edit(people[2], first_name="Ann", emails=("ann@example.com",))
    again = whole(desk)
    assert counted(again) == {"updated": 1}
    assert hub.get(str(owners[people[2]])).customer["email"] == "ann@example.com"
    desk.clock.ahead += timedelta(hours=1)
    assert counted(whole(desk)) == {"unchanged": 1}, "pulls overlap"


def test_an_order_of_somebody_who_cannot_be_read_fails_and_the_others_are_taken_in(desk: RunDesk, hub: Till) -> None:
    people = desk.stock(people=3, sales=0, goods=0)
    desk.shop.garbled = {people[0]}
    for person in people:
        desk.shop.sell(100, buyer=person)
    desk.clock.ahead += timedelta(hours=1)
    first = whole(desk)
    assert (first.status, counted(first)) == (RunStatus.COMPLETED, {"created": 4, "failed": 2})
    failed = [verdict for _, verdict in desk.verdicts(first) if verdict.verdict is Verdict.FAILED]
    assert {verdict.code for verdict in failed} == {"unreadable_record"}
    assert len(emails(hub)) == 2


def test_a_comparison_brings_back_what_both_sides_have_lost_of_each_other(desk: RunDesk, hub: Till) -> None:
    people = desk.stock(people=6, sales=0, goods=0)
    desk.clock.ahead += timedelta(hours=1)
    whole(desk)
    desk.clock.ahead += timedelta(hours=1)
    gone = people[:2]
    for person in gone:
        desk.shop.delete(person)
    desk.clock.ahead += timedelta(hours=1)
    assert counted(whole(desk)) == {}, "no list tells of what is gone"
    topic = HeardAlerts()
    compared = whole(desk, RunKind.COMPARE, topic)
    assert (compared.status, compared.gone, counted(compared)) == (
        RunStatus.COMPLETED,
        2,
        {"unchanged": 4, "updated": 2},
    )
    drift = desk.runs.get_drift(desk.tenant.id, SHOP)
    assert drift
    assert (drift.only_in_hub, drift.compared) == (2, 4)
    assert drift.score == pytest.approx(2 / 6)
    owners = {verdict.id: str(verdict.customer) for _, verdict in desk.verdicts(compared) if verdict.customer}
    for person in gone:
        assert hub.get(owners[person]).customer["status"] == "INACTIVE"
    assert whole(desk, RunKind.COMPARE, topic).gone == 0
    assert topic.heard == [AlertKind.DRIFT, AlertKind.DRIFT], "raised, and over"


class ManyRecords:
    """A run's verdicts, and the hub's records, without end."""

    def __init__(self, count: int) -> None:
        self.count = count
        self.reads = 0

    def record_pages(self, *_: object) -> Iterator[RecordPage]:
        self.reads += 1
        for first in range(0, self.count, 250):
            verdicts = (RecordVerdict(_id(number), Verdict.UNCHANGED) for number in range(first, first + 250))
            yield RecordPage(first // 250, FeedKind.CUSTOMERS, tuple(verdicts))

    def linked_records(self, *_: object) -> Iterator[Sequence[ExternalId]]:
        for first in range(0, self.count, 250):
            yield [_id(number) for number in range(first, first + 250)]
        yield [_id(-1), _id(-2)]


def _id(number: int) -> ExternalId:
    return ExternalId(str(7_351_254_589_461 + number))


@pytest.mark.parametrize("count", [20_000, 40_000])
def test_what_is_gone_is_found_in_memory_that_does_not_grow(desk: RunDesk, count: int) -> None:
    """Nine bytes an id, of so many at a time, and what a page takes."""
    many: Any = ManyRecords(count)
    run = replace(desk.start(), id=RunId("0" * 26), counts={FeedKind.CUSTOMERS: Counts(count)})
    at_once = 20_000
    tracemalloc.start()
    try:
        gone = list(unshown_records(run, runs=many, records=many, at_once=at_once))
        _, peak = tracemalloc.get_traced_memory()
    finally:
        tracemalloc.stop()
    assert sorted(gone) == sorted([_id(-1), _id(-2)])
    assert many.reads == count // at_once
    assert peak < 9 * at_once + 300_000, "bytes"
    assert 9 * SEEN_AT_ONCE <= 10_000_000, "however many there are"
