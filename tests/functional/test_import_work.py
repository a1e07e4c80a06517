"""The work of an import: one worker at a time, resumable, cancelled between pages, and told of by the sweep."""

import threading
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

import pytest

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE, IMPORT_LIST, WORK_TABLE_VARIABLE
from customerhub.domain.ids import ImportId, IntegrationId, StageId
from customerhub.domain.imports.run import VerdictPage, upload_key
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.job import JobKind
from customerhub.domain.stage import Stage
from customerhub.ports.imports import ImportFiles
from customerhub.services.work_import import LEASE, Ending
from infra.local.tables import DynamoDBTables
from tests.support.faults import Crash
from tests.support.import_desk import ImportDesk, StutteringFiles, counted, make_bucket, spreadsheet
from tests.support.till import Till, open_till

HEAD = ("email", "first", "club")


@pytest.fixture(scope="module")
def s3(dynamodb_tables: DynamoDBTables) -> Any:
    return make_bucket(dynamodb_tables)


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables, s3: Any) -> ImportDesk:
    return ImportDesk(dynamodb_tables, s3)


@pytest.fixture
def hub(desk: ImportDesk) -> Till:
    """The API of the same tenant."""
    return open_till(desk.client, desk.tables.names, desk.tenant)


def people(count: int) -> str:
    return spreadsheet(HEAD[:2], *((f"p{number}@example.com", f"N{number}") for number in range(count)))


def committed(desk: ImportDesk, content: str) -> str:
    import_id = desk.upload(content)
    assert desk.commit(import_id).status == 202
    assert desk.queue.sent == [(desk.tenant.id, import_id)]
    return import_id


def all_customers(desk: ImportDesk, hub: Till) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    cursor = None
    while True:
        page = hub.search(limit=100, cursor=cursor).body
        found += page["customers"]
        cursor = page["nextCursor"]
        if cursor is None:
            return found


def test_a_worker_whose_time_is_up_hands_over(desk: ImportDesk, hub: Till) -> None:
    import_id = committed(desk, people(35))
    assert desk.work(import_id, patience=timedelta(0)) is Ending.CONTINUED
    assert desk.queue.sent == [(desk.tenant.id, import_id)] * 2
    run = desk.get(import_id)
    assert (run["status"], run["counts"]["rows"]) == ("running", 0)

    def takes_a_minute(_: VerdictPage) -> None:
        desk.clock.ahead += timedelta(minutes=1)

    parts = desk.watched(takes_a_minute)
    assert desk.work(import_id, patience=timedelta(seconds=90), parts=parts) is Ending.CONTINUED
    run = desk.get(import_id)
    assert run["counts"]["rows"] == 20
    assert 0 < run["progress"]["percent"] < 100
    assert run["progress"]["rowsPerSecond"] > 0
    assert desk.work(import_id) is Ending.ENDED
    assert counted(desk.get(import_id)) == {"created": 35}
    assert len(all_customers(desk, hub)) == 35
    assert desk.work(import_id) is Ending.NOT_RUNNING


def test_two_workers_never_work_on_one_import(desk: ImportDesk, hub: Till) -> None:
    """Invariant 2."""
    import_id = committed(desk, people(60))
    with ThreadPoolExecutor(6) as threads:
        endings = list(threads.map(lambda _: desk.work(import_id), range(6)))
    assert endings.count(Ending.ENDED) == 1
    assert set(endings) <= {Ending.ENDED, Ending.BUSY, Ending.NOT_RUNNING}
    assert counted(desk.get(import_id)) == {"created": 60}
    assert len(all_customers(desk, hub)) == 60


def test_a_worker_that_lost_its_lease_changes_no_verdict(desk: ImportDesk, hub: Till) -> None:
    """Invariant 2: the slow worker wakes up amid a page that another one has finished meanwhile."""
    import_id = committed(desk, people(25))
    reached, go_on = threading.Event(), threading.Event()

    def wait(_: VerdictPage) -> None:
        reached.set()
        assert go_on.wait(30)

    with ThreadPoolExecutor(1) as thread:
        ending = thread.submit(desk.work, import_id, parts=desk.watched(wait))
        assert reached.wait(30)
        assert desk.work(import_id) is Ending.BUSY
        desk.clock.ahead += LEASE
        assert desk.work(import_id) is Ending.ENDED
        go_on.set()
        assert ending.result() is Ending.BUSY
    assert counted(desk.get(import_id)) == {"created": 25}
    assert [row["row"] for row in desk.rows(import_id)] == list(range(2, 27))
    assert len(all_customers(desk, hub)) == 25


def test_cancelling_is_honoured_between_pages(desk: ImportDesk) -> None:
    import_id = committed(desk, people(45))

    def cancel_meanwhile(page: VerdictPage) -> None:
        if page.first > 10:
            reply = desk.cancel(import_id)
            assert (reply.status, reply.body["import"]["cancelRequested"]) == (200, True)
            assert reply.body["import"]["status"] == "running"

    assert desk.work(import_id, parts=desk.watched(cancel_meanwhile)) is Ending.ENDED
    run = desk.get(import_id)
    assert (run["status"], counted(run)) == ("cancelled", {"created": 20})
    assert desk.cancel(import_id).status == 200
    assert desk.commit(import_id).body["code"] == "already_started"
    assert desk.work(import_id) is Ending.NOT_RUNNING


def test_an_import_that_nobody_is_at_is_cancelled_by_the_next_worker(desk: ImportDesk) -> None:
    import_id = committed(desk, people(5))
    desk.cancel(import_id)
    assert desk.queue.sent == [(desk.tenant.id, import_id)] * 2
    desk.work(import_id)
    assert (desk.get(import_id)["status"], counted(desk.get(import_id))) == ("cancelled", {})


def test_a_page_that_was_worked_is_counted_before_the_import_is_cancelled(desk: ImportDesk, hub: Till) -> None:
    import_id = committed(desk, people(25))

    def dies(_: VerdictPage) -> None:
        raise Crash

    with pytest.raises(Crash):
        desk.work(import_id, parts=desk.watched(dies))
    assert len(all_customers(desk, hub)) == 10
    desk.cancel(import_id)
    desk.clock.ahead += LEASE
    assert desk.work(import_id) is Ending.ENDED
    assert (desk.get(import_id)["status"], counted(desk.get(import_id))) == ("cancelled", {"created": 10})


def test_an_import_that_was_not_started_is_cancelled_at_once(desk: ImportDesk) -> None:
    import_id = desk.upload("email\n")
    assert desk.cancel(import_id).body["import"]["status"] == "cancelled"
    assert desk.commit(import_id).status == 409
    done = desk.run("email\n")
    assert desk.cancel(done).body["code"] == "already_ended"


def test_a_file_that_is_replaced_or_gone_ends_the_import(desk: ImportDesk) -> None:
    for change, reason in ((b"email\nother@example.com\n", "file_changed"), (None, "file_expired")):
        desk.queue.sent.clear()
        import_id = committed(desk, people(3))
        if change is None:
            desk.s3.delete_object(Bucket=desk.bucket, Key=upload_key(desk.tenant.id, ImportId(import_id)))
        else:
            desk.put(import_id, change)
        assert desk.work(import_id) is Ending.ENDED
        run = desk.get(import_id)
        assert (run["status"], run["reason"], counted(run)) == ("failed", reason, {})


def test_a_block_that_cannot_be_read_is_read_again(desk: ImportDesk) -> None:
    import_id = committed(desk, people(15))
    stuttering = cast("ImportFiles", StutteringFiles(desk.files, failures=2))
    assert desk.work(import_id, parts=desk.parts(files=stuttering)) is Ending.ENDED
    assert counted(desk.get(import_id)) == {"created": 15}


def test_the_sweep_sends_again_what_stands_still(desk: ImportDesk) -> None:
    import_id = committed(desk, people(15))
    desk.queue.sent.clear()

    def swept() -> list[Any]:
        desk.queue.sent.clear()
        desk.sweep()
        return [one for one in desk.queue.sent if one[0] == desk.tenant.id]

    assert swept() == [], "it was sent a moment ago"
    desk.clock.ahead += timedelta(minutes=1)
    assert swept() == [(desk.tenant.id, import_id)]
    assert swept() == [], "the message may still wait"
    desk.clock.ahead += timedelta(minutes=5)
    assert swept() == [(desk.tenant.id, import_id)]
    desk.clock.ahead += timedelta(minutes=5)
    assert desk.work(import_id) is Ending.ENDED
    desk.clock.ahead += timedelta(minutes=10)
    assert swept() == []
    listed = desk.client.query(
        TableName=desk.tables.names[WORK_TABLE_VARIABLE],
        IndexName="by_list",
        KeyConditionExpression="list_key = :list",
        ExpressionAttributeValues={":list": {"S": IMPORT_LIST}},
    )
    assert not any(import_id in item["PK"]["S"] for item in listed["Items"])


def stage_of(desk: ImportDesk, name: str, *, archived: bool = False) -> StageId:
    now = datetime.now(UTC)
    stage = Stage(desk.tenant.id, StageId(f"stage-{name}"), name, 1000, 1, now, now, archived=archived)
    desk.parts().club.club.write_stage(stage, None, [])
    return stage.id


def connect(desk: ImportDesk) -> None:
    now = datetime.now(UTC)
    shop = Integration(desk.tenant.id, IntegrationId("shopify"), Platform.SHOPIFY, "shop.myshopify.com", now)
    desk.parts().club.integrations.put_integration(shop)


def items_of(desk: ImportDesk, prefix: str) -> list[dict[str, Any]]:
    pages = desk.client.get_paginator("scan").paginate(TableName=desk.tables.names[CUSTOMERS_TABLE_VARIABLE])
    start = f"T#{desk.tenant.id}#C#"
    items = [item for page in pages for item in page["Items"] if item["PK"]["S"].startswith(start)]
    return [item for item in items if item["SK"]["S"].startswith(prefix)]


def test_rows_are_enrolled_in_their_stage_and_the_shops_are_owed_it(desk: ImportDesk, hub: Till) -> None:
    connect(desk)
    bronze, silver = stage_of(desk, "Bronze"), stage_of(desk, "Silver")
    stage_of(desk, "Old", archived=True)
    content = spreadsheet(
        HEAD,
        ("a@example.com", "Ann", ""),
        ("b@example.com", "Bob", " silver "),
        ("a@example.com", "Ann", "Bronze"),
        ("a@example.com", "Ann", "Silver"),
        ("c@example.com", "Cid", "Gold"),
        ("d@example.com", "Dan", "Old"),
    )
    assert desk.preview(desk.upload(content), stageId=bronze).body["counts"] == {
        "rows": 6,
        "created": 2,
        "updated": 0,
        "unchanged": 1,
        "skipped": 0,
        "conflict": 1,
        "failed": 2,
        "balanced": True,
    }
    assert items_of(desk, "ENROLL#") == []
    import_id = desk.run(content, announcement={"stageId": bronze})
    assert [(row["verdict"], row["code"], row["field"]) for row in desk.rows(import_id)] == [
        ("created", None, None),
        ("created", None, None),
        ("unchanged", None, None),
        ("conflict", "already_enrolled", "stageId"),
        ("failed", "unknown_stage", "stage"),
        ("failed", "unknown_stage", "stage"),
    ]
    assert len(items_of(desk, "ENROLL#")) == 2
    kinds = [job.kind for job in desk.jobs.sent]
    assert kinds.count(JobKind.SYNC_CUSTOMER) >= 2
    assert kinds.count(JobKind.SEND_WELCOME) == 2
    moved = desk.run(spreadsheet(HEAD, ("a@example.com", "Ann", "Silver")), moveMembers=True)
    assert counted(desk.get(moved)) == {"updated": 1}
    assert len(items_of(desk, "ENROLL#")) == 3
    assert silver != bronze


def test_what_changes_in_the_hub_counts_from_the_next_page_on(desk: ImportDesk) -> None:
    """An import takes hours, in which a shop is connected and a stage archived. Invariant 2."""
    bronze = stage_of(desk, "Bronze")
    import_id = desk.upload(people(25), stageId=bronze)
    assert desk.commit(import_id).status == 202

    def change_meanwhile(page: VerdictPage) -> None:
        club = desk.parts().club.club
        stage = club.get_stage(desk.tenant.id, bronze)
        assert stage
        if page.first < 10:
            connect(desk)
        elif not stage.archived:
            club.write_stage(replace(stage, archived=True), stage, [])

    assert desk.work(import_id, parts=desk.watched(change_meanwhile)) is Ending.ENDED
    verdicts = [(row["verdict"], row["code"]) for row in desk.rows(import_id)]
    assert verdicts == [("created", None)] * 20 + [("failed", "stage_archived")] * 5
    owed = [item["owed_to"]["L"] for item in items_of(desk, "ENROLL#")]
    assert sorted(len(one) for one in owed) == [0] * 10 + [1] * 10


def test_rows_without_a_stage_owe_the_shops_too(desk: ImportDesk) -> None:
    connect(desk)
    desk.run(people(3))
    assert [job.kind for job in desk.jobs.sent] == [JobKind.SYNC_CUSTOMER] * 3
    desk.jobs.sent.clear()
    assert counted(desk.get(desk.run(people(3)))) == {"unchanged": 3}
    assert desk.jobs.sent == []
