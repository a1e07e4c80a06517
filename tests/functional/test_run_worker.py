"""The edges of runs: the queue's messages, and the schedule that has them sent."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any, cast

import pytest

from customerhub.app import IntegrationCareApp
from customerhub.aws.run_queue import SqsRunQueue
from customerhub.deployment import START_COMPARISONS, START_PULLS
from customerhub.domain.feed import FeedKind
from customerhub.domain.ids import IntegrationId, RunId, TenantId
from customerhub.domain.run import RunKind, RunStart, RunStatus
from customerhub.entrypoints.integration_care import CareFailedError, build_integration_care
from customerhub.entrypoints.run_worker import AGAIN_S, TURN, build_run_worker
from customerhub.errors import ServiceUnavailable, StoreUnavailable
from customerhub.services.begin_run import MAX_TRIES, POSTPONED_S
from customerhub.services.run_parts import PullParts
from infra.local.tables import DynamoDBTables
from tests.support.run_desk import SHOP, HeardRuns, RunDesk, counted


class Context:
    """Of a call of a Lambda function."""

    def __init__(self, remaining_ms: int = 900_000) -> None:
        self._remaining_ms = remaining_ms

    def get_remaining_time_in_millis(self) -> int:
        return self._remaining_ms


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> RunDesk:
    desk = RunDesk(dynamodb_tables)
    desk.shop.is_ordered = False
    desk.stock(people=7)
    return desk


def handled(parts: PullParts, *bodies: Any, context: Context | None = None) -> list[str]:
    """The numbers of the messages that come back."""
    texts = [body if isinstance(body, str) else json.dumps(body) for body in bodies]
    records = [{"messageId": str(number), "body": body} for number, body in enumerate(texts)]
    answer = build_run_worker(parts)({"Records": records}, context or Context())
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def start_of(desk: RunDesk, **fields: Any) -> dict[str, Any]:
    return {"tenant": desk.tenant.id, "integration": SHOP} | fields


def logged(caplog: pytest.LogCaptureFixture) -> list[dict[str, Any]]:
    return [vars(record) for record in caplog.records if record.getMessage() == "worked"]


def test_a_message_of_the_schedule_starts_the_run_and_works_it(desk: RunDesk, caplog: pytest.LogCaptureFixture) -> None:
    assert handled(desk.parts(), start_of(desk)) == []
    (run,) = desk.runs.list_runs(desk.tenant.id, None, None, 5).items
    assert (run.status, counted(run), run.asked_by) == (RunStatus.COMPLETED, {"created": 10}, "hub:schedule")
    assert desk.queue.sent == [], "nobody else is told of it"
    (line,) = logged(caplog)
    assert (line["run"], line["ending"], line["kind"]) == (run.id, "ended", "pull")


def test_what_was_synced_within_half_an_hour_is_not_pulled_again(
    desk: RunDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.pull()
    assert handled(desk.parts(), start_of(desk)) == []
    (line,) = logged(caplog)
    assert (line["ending"], line["reason"]) == ("skipped", "recently_synced")
    assert len(desk.runs.list_runs(desk.tenant.id, None, None, 5).items) == 1
    desk.clock.ahead += timedelta(minutes=31)
    assert handled(desk.parts(), start_of(desk)) == []
    assert len(desk.runs.list_runs(desk.tenant.id, None, None, 5).items) == 2


def test_a_pull_that_took_long_is_as_old_as_its_beginning(desk: RunDesk) -> None:
    run = desk.start()
    desk.clock.ahead += timedelta(minutes=40)
    desk.finish(run)
    assert handled(desk.parts(), start_of(desk)) == []
    assert len(desk.runs.list_runs(desk.tenant.id, None, None, 5).items) == 2


def test_a_message_of_a_comparison_that_comes_twice_compares_once(
    desk: RunDesk, caplog: pytest.LogCaptureFixture
) -> None:
    people = desk.stock(people=9, sales=0, goods=0)
    desk.pull()
    for person in people[:3]:
        desk.shop.delete(person)
    message = start_of(desk, kind="compare")
    assert handled(desk.parts(), message) == []
    found = desk.runs.get_drift(desk.tenant.id, SHOP)
    assert found
    assert found.only_in_hub == 3
    desk.clock.ahead += timedelta(hours=11)
    assert handled(desk.parts(), message) == []
    assert desk.runs.get_drift(desk.tenant.id, SHOP) == found
    assert logged(caplog)[-1]["reason"] == "recently_compared"
    desk.clock.ahead += timedelta(hours=2)
    assert handled(desk.parts(), message) == []
    assert desk.runs.get_drift(desk.tenant.id, SHOP) != found


def test_a_comparison_waits_for_a_pull_and_gives_up_after_hours(
    desk: RunDesk, caplog: pytest.LogCaptureFixture
) -> None:
    desk.start()
    comparison = start_of(desk, kind="compare", tries=3)
    assert handled(desk.parts(), comparison) == []
    assert desk.queue.starts == [(RunStart(desk.tenant.id, SHOP, RunKind.COMPARE, 4), POSTPONED_S)]
    assert handled(desk.parts(), comparison | {"tries": MAX_TRIES}) == []
    assert len(desk.queue.starts) == 1
    assert [line["reason"] for line in logged(caplog)] == ["postponed", "run_under_way"]


def test_what_is_disconnected_or_unknown_is_not_pulled(desk: RunDesk) -> None:
    desk.disconnect()
    assert handled(desk.parts(), start_of(desk), start_of(desk) | {"integration": "other"}) == []
    assert desk.runs.list_runs(desk.tenant.id, None, None, 5).items == ()


def test_a_worker_leaves_a_long_run_to_others_after_its_turn(desk: RunDesk) -> None:
    parts = desk.parts()

    class Slow:
        def __getattr__(self, name: str) -> Any:
            return getattr(parts.runs, name)

        def commit_page(self, *page: Any) -> Any:
            desk.clock.ahead += TURN / 2 + timedelta(seconds=1)
            return parts.runs.commit_page(*page)

    run = desk.start()
    message = {"tenant": desk.tenant.id, "run": run.id}
    desk.queue.sent.clear()
    assert handled(replace(parts, runs=cast("Any", Slow())), message) == []
    assert desk.read(run).position.pages == 2
    assert desk.queue.sent == [(desk.tenant.id, run.id, 0)]
    assert handled(parts, message, message) == []
    assert desk.read(run).status is RunStatus.COMPLETED


def test_with_too_little_time_left_another_message_is_sent(desk: RunDesk) -> None:
    run = desk.start()
    assert handled(desk.parts(), {"tenant": desk.tenant.id, "run": run.id}, context=Context(1000)) == []
    assert [sent[1] for sent in desk.queue.sent] == [run.id] * 2
    assert desk.read(run).lease is None


@pytest.mark.parametrize(
    "wrong",
    [
        "no json",
        "[]",
        "{}",
        "[" * 100_000,
        {"tenant": "x", "run": "../y"},
        {"tenant": "x", "integration": "../y"},
        {"tenant": "../x", "integration": "y"},
        {"tenant": "x", "integration": "y", "kind": "both"},
        {"tenant": "x", "integration": "y", "tries": "many"},
    ],
)
def test_what_is_no_message_comes_back(desk: RunDesk, wrong: Any) -> None:
    assert handled(desk.parts(), wrong, start_of(desk)) == ["0"]


def test_a_fault_of_the_moment_is_left_to_the_sweep(desk: RunDesk) -> None:
    class Down:
        def __getattr__(self, _: str) -> Any:
            raise StoreUnavailable("not now")

    run = desk.start()
    broken = replace(desk.parts(), runs=cast("Any", Down()))
    assert handled(broken, {"tenant": desk.tenant.id, "run": run.id}, start_of(desk)) == []
    assert desk.queue.starts == [(RunStart(desk.tenant.id, SHOP, RunKind.PULL, 1), AGAIN_S)], "no sweep knows of it"
    desk.queue.fails = unreachable
    assert handled(broken, start_of(desk)) == [], "the next hour's comes all the same"


def test_a_fault_that_nobody_foresaw_comes_back_without_its_words(
    desk: RunDesk, caplog: pytest.LogCaptureFixture
) -> None:
    """Invariant 8."""

    def fails() -> None:
        raise RuntimeError("xanthippe@example.com")

    desk.books.faults = fails
    run = desk.start()
    assert handled(desk.parts(), {"tenant": desk.tenant.id, "run": run.id}) == ["0"]
    (line,) = (vars(record) for record in caplog.records if record.getMessage() == "unforeseen")
    assert (line["type"], line["exc_info"]) == ("RuntimeError", None)
    assert "xanthippe" not in str(line)


def unreachable() -> None:
    raise ServiceUnavailable("the queue is not reached")


def care_app(desk: RunDesk, queue: HeardRuns) -> IntegrationCareApp:
    tenants, club, unused = desk.parts().tenants, desk.club(), cast("Any", None)
    return IntegrationCareApp(tenants, club.integrations, club.jobs, unused, queue, unused, desk.clock)


def test_the_schedule_tells_of_every_active_integration_of_every_tenant(
    fresh_tables: Callable[[], DynamoDBTables],
) -> None:
    tables, queue = fresh_tables(), HeardRuns()
    desks = [RunDesk(tables) for _ in range(3)]
    desks[1].disconnect()
    second = replace(desks[0].integration, id=IntegrationId("second"), account="second.myshopify.com")
    desks[0].club().integrations.put_integration(second)
    handle = build_integration_care(care_app(desks[0], queue))
    counts = handle({"task": START_PULLS.name}, None)
    assert counts == {"tenants": 3, "integrations": 3, "failed": 0}
    expected = {(desks[0].tenant.id, "second"), (desks[0].tenant.id, SHOP), (desks[2].tenant.id, SHOP)}
    assert {(start.tenant, start.integration) for start, _ in queue.starts} == expected
    assert {start.kind for start, _ in queue.starts} == {RunKind.PULL}
    queue.starts.clear()
    handle({"task": START_COMPARISONS.name}, None)
    assert {start.kind for start, _ in queue.starts} == {RunKind.COMPARE}
    failures = iter([True])

    def fails_once() -> None:
        if next(failures, False):
            raise ServiceUnavailable("the queue is not reached")

    queue.starts.clear()
    queue.fails = fails_once
    with pytest.raises(CareFailedError, match="1 failed"):
        handle({"task": START_PULLS.name}, None)
    assert queue.starts, "the other tenant's were told of"


def test_each_run_is_told_of_in_the_group_of_its_tenant(dynamodb_tables: DynamoDBTables) -> None:
    sqs = dynamodb_tables.emulator.client("sqs", dynamodb_tables.account)
    url = sqs.create_queue(QueueName="runs")["QueueUrl"]
    queue = SqsRunQueue(url, sqs)
    queue.send([(TenantId("winery"), RunId(f"{number:026d}")) for number in range(12)])
    queue.send_starts([RunStart(TenantId("winery"), SHOP, RunKind.COMPARE, 2)])
    received: list[dict[str, Any]] = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        received += [json.loads(message["Body"]) for message in messages]
    assert sorted(message["run"] for message in received if "run" in message) == [f"{n:026d}" for n in range(12)]
    (start,) = (message for message in received if "run" not in message)
    assert start == {"tenant": "winery", "integration": "shopify", "kind": "compare", "tries": 2}


def test_feeds_are_pulled_in_an_order_in_which_customers_come_before_their_orders(desk: RunDesk) -> None:
    desk.pull()
    kinds = [kind for kind, _ in desk.books.pages]
    assert kinds == sorted(kinds, key=list(FeedKind).index)
