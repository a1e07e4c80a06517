"""Runs: one at a time for an integration, page by page, resumable, balanced; the watermark passes over committed pages
alone."""

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any, cast

import pytest

from customerhub.domain.feed import FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.run import SCHEDULE, RecordPage, RecordVerdict, Run, RunKind, RunStatus
from customerhub.domain.verdict import Verdict
from customerhub.errors import CredentialsRefused, NotFound, PartnerUnavailable, StateConflict
from customerhub.services.cancel_run import cancel_run
from customerhub.services.read_feed import EXPORT_PATIENCE, OVERLAP
from customerhub.services.resume_runs import AGAIN
from customerhub.services.start_run import start_run
from customerhub.services.work_run import LEASE, PATIENCE, Ending
from infra.local.tables import DynamoDBTables
from tests.support.fake_crm import unavailable
from tests.support.fake_shop import EXPORT_TAKES
from tests.support.faults import FailingClient
from tests.support.run_desk import SHOP, RunDesk, counted


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> RunDesk:
    return RunDesk(dynamodb_tables)


def test_the_first_pull_reads_the_platforms_export_and_the_next_what_has_changed(desk: RunDesk) -> None:
    people = desk.stock(people=9, sales=5, goods=2)
    desk.clock.ahead += timedelta(hours=1)
    run = desk.start()
    began = desk.clock.now()
    assert desk.work(run) is Ending.WAITING, "the platform writes its file"
    assert desk.work(run) is Ending.NOT_DUE
    assert desk.queue.sent[-1][2] > 0
    desk.clock.ahead += EXPORT_TAKES
    ended = desk.finish(run)
    assert (ended.status, counted(ended)) == (RunStatus.COMPLETED, {"created": 16})
    assert {kind: counts.rows for kind, counts in ended.counts.items()} == dict(zip(FeedKind, (9, 5, 2), strict=True))
    assert desk.is_level()
    assert [one.id for one in desk.ended] == [SHOP]
    assert all(mark and mark >= began - timedelta(seconds=5) for mark in desk.watermarks().values())
    state = desk.runs.get_pull_state(desk.tenant.id, SHOP)
    assert (state.run, state.last_run, state.failures) == (None, run.id, 0)

    desk.clock.ahead += timedelta(hours=1)
    desk.shop.edit(people[3], first_name="Ann")
    desk.shop.calls.clear()
    again = desk.pull()
    assert counted(again) == {"updated": 1}
    assert desk.is_level()
    assert "start_export" not in desk.shop.calls


def test_an_export_that_was_begun_is_found_again_and_read_from_its_byte(desk: RunDesk) -> None:
    desk.stock(people=10, sales=0, goods=0)
    run = desk.start()
    desk.work(run)
    desk.clock.ahead += timedelta(minutes=1)

    def slow(_: RecordPage) -> None:
        desk.clock.ahead += timedelta(minutes=1)

    assert desk.work(run, patience=timedelta(seconds=90), parts=watched(desk, slow)) is Ending.CONTINUED
    position = desk.read(run).position
    assert (position.offset, position.pages) == (800, 2)
    ended = desk.finish(run)
    assert counted(ended) == {"created": 10}
    reads = [name for name in desk.shop.calls if name in ("start_export", "read_export")]
    assert reads[:3] == ["start_export", "read_export", "read_export"], "one stream for each worker"
    assert reads.count("start_export") == len(FeedKind), "each list is begun once"
    assert [size for kind, size in desk.books.pages if kind is FeedKind.CUSTOMERS] == [4, 4, 2]


@pytest.mark.parametrize("how", ["forgotten", "failed", "breaks off", "hangs", "has lost its file"])
def test_an_export_that_comes_to_nothing_is_made_up_for(desk: RunDesk, how: str) -> None:
    desk.stock(people=7)
    run = desk.start()
    desk.work(run)
    desk.clock.ahead += timedelta(minutes=1)
    if how == "forgotten":
        desk.shop.exports.clear()
    elif how == "hangs":
        desk.shop.export_takes = timedelta(days=10)
    elif how == "has lost its file":
        desk.shop.loses_files = True
    elif how == "failed":
        desk.shop.exports = {
            name: (replace(export, started_at=export.started_at + timedelta(days=1), reason="timeout"), records)
            for name, (export, records) in desk.shop.exports.items()
        }
    else:
        reads = iter(range(100))
        desk.shop.plan = lambda _, name: (
            ("before", unavailable()) if name == "read_export" and next(reads) % 2 == 0 else None
        )
    ended = desk.finish(run)
    assert ended.status is RunStatus.COMPLETED
    assert ended.counts[FeedKind.CUSTOMERS].of(Verdict.CREATED) == 7
    assert desk.is_level()
    assert desk.clock.now() - run.started_at < 3 * EXPORT_PATIENCE, "of two lists"


def test_an_export_that_hung_before_is_not_waited_for_again(desk: RunDesk) -> None:
    desk.stock(people=7, sales=0, goods=0)
    desk.shop.export_takes = timedelta(days=10)
    desk.pull()
    again = desk.start(RunKind.COMPARE)
    desk.work(again)
    assert desk.read(again).position.export, "the platform says that it is under way"
    desk.clock.ahead += timedelta(minutes=2)
    desk.work(again)
    assert desk.read(again).position.feed is FeedKind.ORDERS
    assert desk.finish(again).status is RunStatus.COMPLETED


@pytest.mark.parametrize("is_ordered", [True, False])
def test_a_record_that_cannot_be_read_fails_alone(desk: RunDesk, is_ordered: bool) -> None:
    desk.shop.is_ordered = is_ordered
    people = desk.stock(people=9, sales=3, goods=2)
    order, product = next(iter(desk.shop.sales.rows)), next(iter(desk.shop.goods.rows))
    desk.shop.garbled = {people[3], order, product}
    first = desk.pull()
    assert (first.status, counted(first)) == (RunStatus.COMPLETED, {"created": 11, "failed": 3})
    failed = {verdict.id: verdict.code for _, verdict in desk.verdicts(first) if verdict.verdict is Verdict.FAILED}
    assert failed == dict.fromkeys(desk.shop.garbled, "unreadable_record")
    assert all(desk.watermarks().values())
    desk.clock.ahead += timedelta(hours=1)
    desk.shop.garbled.clear()
    compared = desk.pull(RunKind.COMPARE)
    assert counted(compared) == {"created": 3, "unchanged": 11}
    assert desk.is_level()


def test_a_record_that_is_not_listed_and_cannot_be_read_is_not_gone(desk: RunDesk) -> None:
    people = pulled(desk, people=5, sales=0, goods=0)
    desk.shop.is_ordered = False
    desk.shop.garbled = {people[1]}
    page = desk.shop.page

    def hides(*args: Any) -> Any:
        return replace(page(*args), unreadable=())

    desk.shop.page = cast("Any", hides)  # type: ignore[method-assign]
    run = desk.pull(RunKind.COMPARE)
    assert (run.status, run.gone, counted(run)) == (RunStatus.COMPLETED, 0, {"unchanged": 4, "failed": 1})


def watched(desk: RunDesk, before_commit: Any, client: Any = None) -> Any:
    """What a worker works with, of whom something is done before each page is committed."""
    parts = desk.parts(client)

    class Watched:
        def __getattr__(self, name: str) -> Any:
            return getattr(parts.runs, name)

        def commit_page(self, run: Run, page: Any, feed: Any) -> Run:
            before_commit(page)
            return parts.runs.commit_page(run, page, feed)

    return replace(parts, runs=cast("Any", Watched()))


def pulled(desk: RunDesk, **stock: int) -> list[ExternalId]:
    """People whom the hub has already."""
    people = desk.stock(**stock)
    desk.pull()
    desk.clock.ahead += timedelta(hours=1)
    desk.books.pages.clear()
    return people


def test_pages_in_order_move_the_watermark_with_each_commit(desk: RunDesk) -> None:
    people = pulled(desk, people=9, sales=0, goods=0)
    before = desk.watermarks()[FeedKind.CUSTOMERS]
    for person in people:
        desk.shop.edit(person, first_name="Ann")
        desk.clock.ahead += timedelta(minutes=5)
    desk.clock.ahead += OVERLAP
    seen: list[datetime | None] = []
    run = desk.start()
    parts = watched(desk, lambda _: seen.append(desk.watermarks()[FeedKind.CUSTOMERS]))
    assert desk.work(run, parts=parts) is Ending.ENDED
    assert seen[0] == before, "nothing is committed yet"
    marks = [mark for mark in seen[:3] if mark]
    assert marks == sorted(set(marks)), "each page that was committed has moved it"
    assert counted(desk.read(run)) == {"updated": 9}
    end = desk.watermarks()[FeedKind.CUSTOMERS]
    assert end
    assert end >= run.started_at


def test_a_page_that_shows_records_as_of_now_moves_no_watermark_past_the_pages_behind_it(desk: RunDesk) -> None:
    """The list is by an index that lags: a record of long ago, changed a moment ago, still stands in its old place."""
    people = pulled(desk, people=9, sales=0, goods=0)
    for person in people:
        desk.shop.edit(person, first_name="Ann")
        desk.clock.ahead += timedelta(minutes=1)
    desk.clock.ahead += timedelta(hours=1)
    desk.shop.index_lag = timedelta(minutes=2)
    desk.shop.edit(people[0], first_name="Bea")  # shown first, as of now
    run = desk.start()
    committed = 0

    def die_at_the_second(_: object) -> None:
        nonlocal committed
        committed += 1
        if committed == 2:
            raise PartnerUnavailable("the worker's time is over")

    assert desk.work(run, parts=watched(desk, die_at_the_second)) is Ending.WAITING
    cancel_run(run.id, desk.tenant.id, parts=desk.starting())
    assert desk.work(run) is Ending.ENDED
    desk.clock.ahead += timedelta(hours=1)
    assert desk.pull().status is RunStatus.COMPLETED
    assert desk.is_level()


def test_pages_in_no_order_move_the_watermark_at_the_end_alone(desk: RunDesk) -> None:
    desk.shop.is_ordered = False
    desk.stock(people=8, sales=0, goods=0)
    desk.clock.ahead += timedelta(hours=1)
    seen: list[datetime | None] = []
    run = desk.start()
    desk.work(run, parts=watched(desk, lambda _: seen.append(desk.watermarks()[FeedKind.CUSTOMERS])))
    assert not any(seen[:3])
    mark = desk.watermarks()[FeedKind.CUSTOMERS]
    assert mark
    assert run.started_at <= mark <= desk.clock.now()
    assert desk.is_level()


def test_a_pull_begins_a_little_before_the_watermark(desk: RunDesk) -> None:
    pulled(desk, people=3, sales=0, goods=0)
    mark = desk.watermarks()[FeedKind.CUSTOMERS]
    assert mark
    asked: list[datetime | None] = []
    page = desk.shop.page

    def listen(listing: Any, since: datetime | None, cursor: str | None) -> Any:
        asked.append(since)
        return page(listing, since, cursor)

    desk.shop.page = cast("Any", listen)  # type: ignore[method-assign]
    desk.pull()
    assert asked[0] == mark - OVERLAP


def test_an_integration_has_one_run_at_a_time(desk: RunDesk) -> None:
    run = desk.start()
    assert desk.start() == run
    assert desk.start(RunKind.COMPARE) == run
    desk.finish(run)
    assert desk.start(RunKind.COMPARE).id != run.id


def test_of_many_who_start_a_run_at_once_all_get_the_same(desk: RunDesk) -> None:
    with ThreadPoolExecutor(8) as threads:
        runs = list(threads.map(lambda _: desk.start(), range(8)))
    assert len({run.id for run in runs}) == 1


def test_two_workers_never_work_on_one_run(desk: RunDesk) -> None:
    """Invariant 2."""
    desk.stock(people=20)
    run = desk.start()
    desk.work(run)
    desk.clock.ahead += timedelta(minutes=1)
    with ThreadPoolExecutor(5) as threads:
        endings = list(threads.map(lambda _: desk.work(run), range(5)))
    assert len([one for one in endings if one not in (Ending.BUSY, Ending.NOT_RUNNING, Ending.NOT_DUE)]) == 1
    assert counted(desk.finish(run)) == {"created": 23}


def test_a_worker_that_lost_its_lease_changes_no_verdict(desk: RunDesk) -> None:
    desk.shop.is_ordered = False
    desk.stock(people=10)
    run = desk.start()
    reached, go_on = threading.Event(), threading.Event()

    def wait(_: RecordPage) -> None:
        reached.set()
        assert go_on.wait(30)

    with ThreadPoolExecutor(1) as thread:
        ending = thread.submit(desk.work, run, parts=watched(desk, wait))
        assert reached.wait(30)
        assert desk.work(run) is Ending.BUSY
        desk.clock.ahead += LEASE
        assert desk.work(run) is Ending.ENDED
        go_on.set()
        assert ending.result() is Ending.BUSY
    ended = desk.read(run)
    assert ended.total.rows == 13
    assert len(desk.verdicts(run)) == 13
    assert desk.is_level()


def test_a_run_that_is_asked_to_stop_ends_after_the_page(desk: RunDesk) -> None:
    desk.shop.is_ordered = False
    desk.stock(people=10)
    run = desk.start()
    parts = watched(desk, lambda _: cancel_run(run.id, desk.tenant.id, parts=desk.starting()))
    assert desk.work(run, parts=parts) is Ending.ENDED
    ended = desk.read(run)
    assert (ended.status, ended.total.rows) == (RunStatus.CANCELLED, 3)
    assert cancel_run(run.id, desk.tenant.id, parts=desk.starting()) == ended, "once more is harmless"
    assert not any(desk.watermarks().values())
    done = desk.pull()
    with pytest.raises(StateConflict):
        cancel_run(done.id, desk.tenant.id, parts=desk.starting())
    with pytest.raises(NotFound):
        cancel_run(type(run.id)("0" * 26), desk.tenant.id, parts=desk.starting())


def test_a_run_that_waits_stops_at_once_when_it_is_asked_to(desk: RunDesk) -> None:
    desk.stock()
    run = desk.start()
    assert desk.work(run) is Ending.WAITING
    cancel_run(run.id, desk.tenant.id, parts=desk.starting())
    assert desk.work(run) is Ending.ENDED


def test_disconnecting_stops_a_run(desk: RunDesk) -> None:
    desk.shop.is_ordered = False
    desk.stock(people=10)
    run = desk.start()
    done: list[None] = []

    def disconnect(_: object) -> None:
        if not done:
            desk.disconnect()
        done.append(None)

    assert desk.work(run, parts=watched(desk, disconnect)) is Ending.ENDED
    ended = desk.read(run)
    assert (ended.status, ended.reason, ended.total.rows) == (RunStatus.CANCELLED, "integration_inactive", 3)


def test_a_partner_that_is_not_well_is_tried_for_six_hours(desk: RunDesk) -> None:
    desk.stock()
    desk.shop.plan = lambda _, __: ("before", unavailable(retry_after_s=30))
    run = desk.start()
    started, tries = desk.clock.now(), 0
    while (ending := desk.work(run)) is not Ending.ENDED:
        assert ending is Ending.WAITING
        tries += 1
        waiting = desk.read(run)
        assert (waiting.attempts, waiting.reason) == (tries, "partner_answered_503")
        assert waiting.due_at
        assert waiting.due_at >= desk.clock.now() + timedelta(seconds=30)
        desk.clock.ahead += waiting.due_at - desk.clock.now()
        assert tries < 200
    assert desk.clock.now() - started >= PATIENCE
    assert tries >= 8
    ended = desk.read(run)
    assert (ended.status, ended.reason) == (RunStatus.FAILED, "partner_answered_503")
    state = desk.runs.get_pull_state(desk.tenant.id, SHOP)
    assert (state.failures, state.reason, state.run, state.last_sync_at) == (1, "partner_answered_503", None, None)
    desk.shop.plan = lambda *_: None
    desk.pull()
    assert desk.runs.get_pull_state(desk.tenant.id, SHOP).failures == 0


def test_refused_credentials_end_a_run_at_once_unless_they_are_new(desk: RunDesk) -> None:
    desk.stock()
    desk.connectors.refused = CredentialsRefused("the token was revoked")
    desk.connectors.renewed = True
    run = desk.start()
    assert desk.work(run) is Ending.WAITING, "this process has not heard of the new ones yet"
    desk.connectors.renewed = False
    assert desk.finish(run).reason == "credentials_refused"
    assert desk.runs.get_pull_state(desk.tenant.id, SHOP).reason == "credentials_refused"


def test_an_app_that_may_not_read_orders_still_pulls_the_rest(desk: RunDesk) -> None:
    desk.shop.is_ordered = False
    desk.stock()
    denied = CredentialsRefused("not allowed", reason="access_denied")
    desk.shop.plan = lambda _, name: ("before", denied) if name == "list_orders" else None
    ended = desk.pull()
    assert ended.status is RunStatus.COMPLETED
    assert ended.refused == {FeedKind.ORDERS: "access_denied"}
    assert desk.watermarks()[FeedKind.ORDERS] is None
    assert len(desk.books.known[FeedKind.PRODUCTS]) == 1


def test_a_run_that_does_not_balance_has_failed(desk: RunDesk) -> None:
    desk.shop.is_ordered = False
    desk.stock(people=5)
    desk.books.loses = 1
    ended = desk.pull()
    assert (ended.status, ended.reason) == (RunStatus.FAILED, "unbalanced")


def test_a_page_costs_two_round_trips_beside_what_taking_it_in_costs(dynamodb_tables: DynamoDBTables) -> None:
    """The integration is read, and the page committed."""

    def calls_for(pages: int) -> int:
        desk = RunDesk(dynamodb_tables)
        desk.shop.is_ordered = False
        desk.stock(people=3 * pages, sales=0, goods=0)
        client = FailingClient(desk.client)
        assert desk.work(desk.start(), parts=desk.parts(client)) is Ending.ENDED
        return len(client.calls)

    assert calls_for(9) - calls_for(4) == 2 * 5


def test_a_list_that_leads_nowhere_ends_the_run(desk: RunDesk) -> None:
    desk.shop.is_ordered = False
    desk.stock(people=9)
    page = desk.shop.page
    desk.shop.page = lambda *args: replace(page(*args), cursor=args[-1] or '["0"]')  # type: ignore[method-assign]
    assert desk.pull().reason == "endless_list"


def test_a_comparison_finds_what_only_the_hub_has_and_says_how_far_both_were_apart(desk: RunDesk) -> None:
    people = pulled(desk, people=40, sales=0, goods=0)
    assert desk.runs.get_drift(desk.tenant.id, SHOP) is None
    for person in people[:30]:
        desk.shop.delete(person)
    desk.shop.edit(people[35], first_name="Ann")
    desk.stock(people=2, sales=0, goods=0)
    run = desk.pull(RunKind.COMPARE)
    assert (run.status, run.gone) == (RunStatus.COMPLETED, 30)
    assert desk.is_level()
    drift = desk.runs.get_drift(desk.tenant.id, SHOP)
    assert drift
    assert (drift.compared, drift.only_in_shop, drift.only_in_hub, drift.different) == (12, 2, 30, 1)
    assert drift.score == pytest.approx(33 / 42)
    again = desk.pull(RunKind.COMPARE)
    drift = desk.runs.get_drift(desk.tenant.id, SHOP)
    assert drift
    assert (drift.run, drift.score) == (again.id, 0.0)


def test_what_no_webhook_tells_of_is_no_drift(desk: RunDesk) -> None:
    people = pulled(desk, people=4, sales=2, goods=3)
    for product in list(desk.shop.goods.rows.values()):
        desk.shop.goods.put(replace(product, title="Changed", updated_at=desk.shop.now()), desk.clock.now())
    desk.shop.sell(100, buyer=people[0])
    run = desk.pull(RunKind.COMPARE)
    assert counted(run) == {"created": 1, "updated": 3, "unchanged": 6}
    drift = desk.runs.get_drift(desk.tenant.id, SHOP)
    assert drift
    assert (drift.compared, drift.only_in_shop, drift.only_in_hub, drift.different) == (7, 1, 0, 0)


def test_comparisons_that_fail_are_counted_whatever_the_pulls_between_come_to(desk: RunDesk) -> None:
    pulled(desk, people=3, sales=0, goods=0)
    desk.shop.is_ordered = False
    for failures in (1, 2, 3):
        desk.connectors.refused = CredentialsRefused("not allowed", reason="access_denied")
        assert desk.pull(RunKind.COMPARE).status is RunStatus.FAILED
        desk.connectors.refused = None
        desk.pull()
        state = desk.runs.get_pull_state(desk.tenant.id, SHOP)
        assert (state.failures, state.reason) == (0, None)
        assert (state.failed_comparisons, state.comparison_reason) == (failures, "access_denied")
    desk.pull(RunKind.COMPARE)
    state = desk.runs.get_pull_state(desk.tenant.id, SHOP)
    assert (state.failed_comparisons, state.comparison_reason) == (0, None)


def test_a_comparison_goes_on_amid_its_search(desk: RunDesk) -> None:
    people = pulled(desk, people=60, sales=0, goods=0)
    for person in people[:55]:
        desk.shop.delete(person)
    run = desk.start(RunKind.COMPARE)
    desk.work(run)
    desk.clock.ahead += timedelta(minutes=1)
    commits = 0

    def fails(_: object) -> None:
        nonlocal commits
        commits += 1
        if commits % 2 == 0:
            raise PartnerUnavailable("now and then")

    for _ in range(60):
        if desk.work(run, parts=watched(desk, fails)) is Ending.ENDED:
            break
        desk.clock.ahead += timedelta(minutes=20)
    ended = desk.read(run)
    assert ended.status is RunStatus.COMPLETED
    assert desk.is_level()


def test_a_record_that_the_list_did_not_show_and_that_is_there_stays(desk: RunDesk) -> None:
    people = pulled(desk, people=3, sales=0, goods=0)
    desk.shop.is_ordered = False
    page = desk.shop.page

    def hides(*args: Any) -> Any:
        found = page(*args)
        return replace(found, items=tuple(one for one in found.items if one.id != people[1]))

    desk.shop.page = cast("Any", hides)  # type: ignore[method-assign]
    run = desk.pull(RunKind.COMPARE)
    assert (run.gone, counted(run)) == (0, {"unchanged": 3})


def test_a_comparison_that_nobody_asked_for_does_not_believe_that_everybody_is_gone(desk: RunDesk) -> None:
    people = desk.stock(people=160, sales=0, goods=0)
    desk.clock.ahead += timedelta(hours=1)
    desk.settle()
    desk.shop.page_rows = 250
    for person in people[:150]:
        desk.shop.delete(person)
    run = start_run(desk.integration, RunKind.COMPARE, SCHEDULE, parts=desk.starting())
    ended = desk.finish(run)
    assert (ended.status, ended.reason, ended.gone) == (RunStatus.FAILED, "too_many_gone", 100)
    drift = desk.runs.get_drift(desk.tenant.id, SHOP)
    assert drift
    assert (drift.compared, drift.only_in_hub) == (10, 100), "somebody is told"
    assert desk.pull(RunKind.COMPARE).gone == 50, "somebody has looked"
    assert desk.is_level()


def test_the_first_comparison_of_a_shop_reports_no_drift(desk: RunDesk) -> None:
    desk.stock()
    assert desk.pull(RunKind.COMPARE).status is RunStatus.COMPLETED
    assert desk.runs.get_drift(desk.tenant.id, SHOP) is None


def test_a_run_whose_worker_died_goes_on(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    desk = RunDesk(fresh_tables())
    desk.stock()
    run = desk.start()
    desk.queue.sent.clear()
    assert desk.sweep() == 0, "its message may still come"
    desk.clock.ahead += timedelta(minutes=2)
    assert desk.sweep() == 1
    assert desk.sweep() == 0, "it was just told of"
    assert [sent[1] for sent in desk.queue.sent] == [run.id]
    assert desk.work(run) is Ending.WAITING
    assert desk.sweep() == 0
    desk.clock.ahead += AGAIN
    assert desk.sweep() == 1
    desk.finish(run)
    desk.clock.ahead += AGAIN
    assert desk.sweep() == 0


def test_a_run_that_kills_its_workers_is_given_up(desk: RunDesk) -> None:
    desk.stock()
    run = desk.start()

    def dies() -> None:
        raise MemoryError

    desk.shop.is_ordered = False
    desk.books.faults = dies
    for _ in range(200):
        try:
            if desk.work(run) is Ending.ENDED:
                break
        except MemoryError:
            desk.clock.ahead += timedelta(minutes=10)
    ended = desk.read(run)
    assert (ended.status, ended.reason) == (RunStatus.FAILED, "worker_lost")


def test_runs_are_listed_and_so_are_their_records(desk: RunDesk) -> None:
    desk.stock(people=9, sales=2, goods=0)
    runs = [desk.pull() for _ in range(3)]
    listed = desk.runs.list_runs(desk.tenant.id, None, None, 2)
    assert [run.id for run in listed.items] == [runs[2].id, runs[1].id]
    of_one = desk.runs.list_runs(desk.tenant.id, SHOP, listed.after, 2)
    assert [run.id for run in of_one.items] == [runs[0].id]
    for verdict in (None, Verdict.CREATED):
        found: list[RecordVerdict] = []
        after: str | None = None
        while True:
            page = desk.runs.list_records(desk.tenant.id, runs[0].id, verdict, after, 4)
            found += page.items
            after = page.after
            if after is None:
                break
        assert found == [one for _, one in desk.verdicts(runs[0]) if verdict in (None, one.verdict)]
    assert not desk.runs.list_records(desk.tenant.id, runs[0].id, Verdict.FAILED, None, 4).items
