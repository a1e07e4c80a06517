"""Invariants 7 and 8 behind the API: messages that name another tenant's work, files that mean harm, links that open
one file only, a CRM that mixes its customers up."""

import json
import urllib.parse
from datetime import UTC, datetime
from typing import Any

import pytest

from infra.local.tables import DynamoDBTables
from tests.support.club import Club
from tests.support.import_desk import ImportDesk, counted, make_bucket, spreadsheet
from tests.support.job_scene import JobScene, job_scene
from tests.support.till import open_till, service, user_of


@pytest.fixture(scope="module")
def s3(dynamodb_tables: DynamoDBTables) -> Any:
    return make_bucket(dynamodb_tables)


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables, s3: Any) -> ImportDesk:
    return ImportDesk(dynamodb_tables, s3)


def test_a_message_of_one_tenant_reaches_no_other_ones_jobs(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7. The message is in order, and so is the job; they are not each other's."""
    ours, theirs = job_scene(dynamodb_tables), job_scene(dynamodb_tables)
    theirs.add_stage("Bronze")
    waiting = {job.id: job for job in theirs.jobs()}
    assert waiting
    assert ours.deliver(list(waiting)) == []
    assert {job.id: job for job in theirs.jobs()} == waiting
    assert _calls(ours) == _calls(theirs) == 0


def _calls(scene: JobScene) -> int:
    return len(scene.crm.calls)


def test_a_crm_that_answers_with_somebody_else_has_nobody_overwritten(dynamodb_tables: DynamoDBTables) -> None:
    """Asked for Ann by her id it tells of Bob, whose record is his: nothing is written there, and staff look."""
    scene = job_scene(dynamodb_tables)
    scene.add_stage("Bronze")
    scene.deliver([job.id for job in scene.jobs()])
    ann, bob = (scene.customer(f"{name}@example.com", firstName=name).id for name in ("Ann", "Bob"))
    for person in (ann, bob):
        scene.enroll(person, "Bronze")
        scene.deliver([scene.job_of(person).id])
    anns, bobs = (scene.crm.with_email(f"{name}@example.com")[0] for name in ("ann", "bob"))
    scene.crm.customers[anns.id] = bobs
    writes = list(scene.crm.writes)
    scene.cancel(ann)
    scene.deliver([scene.job_of(ann).id])
    assert (scene.job_of(ann).status, scene.job_of(ann).reason) == ("parked", "crm_record_of_another_customer")
    assert scene.crm.writes == writes
    assert scene.crm.customers[bobs.id] == bobs


def test_a_row_that_names_another_tenants_stage_names_none(desk: ImportDesk, dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7. Neither by its name nor by its id."""
    theirs = Club(open_till(dynamodb_tables.client(), dynamodb_tables.names))
    stage = theirs.stage("Theirs")
    content = spreadsheet(("Email", "Club"), ("a@example.com", "Theirs"), ("b@example.com", stage))
    import_id = desk.run(content)
    assert counted(desk.get(import_id)) == {"failed": 2}
    assert {row["code"] for row in desk.rows(import_id)} == {"unknown_stage"}
    refused = desk.call("POST", "", body={"stageId": stage})
    assert (refused.status, refused.body["code"]) == (422, "unknown_stage")
    assert theirs.enrollments(stageId=stage).body["enrollments"] == []


def test_a_cursor_opens_no_other_tenants_list(desk: ImportDesk, dynamodb_tables: DynamoDBTables, s3: Any) -> None:
    """Invariant 7."""
    other = ImportDesk(dynamodb_tables, s3)
    for one in (desk, desk, other):
        one.upload("email\n")
    cursor = desk.call("GET", "", query={"limit": 1}).body["nextCursor"]
    refused = other.call("GET", "", query={"limit": 1, "cursor": cursor})
    assert (refused.status, refused.body["field"]) == (422, "cursor")


@pytest.mark.parametrize(
    "email",
    [
        "a@example.com\nBcc: b@example.com",
        "a@example.com\r\n\r\nHello",
        "a@example.com,b@example.com",
        "<a@example.com>",
    ],
)
def test_no_address_writes_a_header(desk: ImportDesk, email: str) -> None:
    import_id = desk.run(spreadsheet(("Email",), (email,)))
    assert counted(desk.get(import_id)) == {"failed": 1}
    (row,) = desk.rows(import_id)
    assert (row["code"], row["field"]) == ("invalid_email", "email")


def test_a_link_opens_one_file_for_a_quarter_of_an_hour(desk: ImportDesk) -> None:
    """Whoever has it can put a CSV of that size there, and nothing else anywhere."""
    announced = desk.call("POST", "", body={"sizeBytes": 77}).body
    import_id = announced["import"]["id"]
    url = urllib.parse.urlsplit(announced["upload"]["url"])
    query = dict(urllib.parse.parse_qsl(url.query))
    assert url.path.endswith(f"/{desk.tenant.id}/{import_id}/upload")
    assert query["X-Amz-Expires"] == "900"
    assert set(query["X-Amz-SignedHeaders"].split(";")) == {"content-length", "content-type", "host"}
    assert announced["upload"]["headers"] == {"Content-Type": "text/csv"}
    expires_at = datetime.fromisoformat(announced["upload"]["expiresAt"])
    assert (expires_at - datetime.now(UTC)).total_seconds() <= 900
    failed = desk.run("email\nnobody\n")
    errors = urllib.parse.urlsplit(desk.call("GET", "/errors", failed).body["url"])
    shown = dict(urllib.parse.parse_qsl(errors.query))
    assert errors.path.endswith(f"/{desk.tenant.id}/{failed}/errors")
    assert shown["X-Amz-Expires"] == "900"
    assert shown["response-content-disposition"] == f'attachment; filename="import-{failed}-errors.csv"'


def test_what_waits_in_queues_names_nobody(desk: ImportDesk, dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 8. Ids alone, however the people are called."""
    scene = job_scene(dynamodb_tables)
    scene.add_stage("Bronze")
    customer = scene.customer("canary@example.com", firstName="Canary", phone="+17075550155").id
    scene.enroll(customer, "Bronze")
    told = json.dumps([*scene.queue.messages, *desk.queue.sent], default=str)
    assert customer not in told
    assert not [word for word in ("canary", "7075550155") if word in told.lower()]


def test_a_key_keeps_the_answer_of_one_caller_and_one_route(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7."""
    club = Club(open_till(dynamodb_tables.client(), dynamodb_tables.names))
    stage, ann, eve = club.stage("Bronze"), service(club.till.tenant), service(club.till.tenant)
    first = club.enroll(stage, email="ann@example.com", caller=ann, key="k")
    assert club.enroll(stage, email="ann@example.com", caller=ann, key="k").body == first.body
    others = club.enroll(stage, email="eve@example.com", caller=eve, key="k")
    assert (others.status, others.body["customer"]["email"]) == (201, "eve@example.com")
    again = club.enroll(stage, email="eve@example.com", caller=ann, key="k")
    assert (again.status, again.body["field"]) == (422, "Idempotency-Key")
    managed = club.till.manage(email="bob@example.com", caller=ann, key="k")
    assert (managed.status, managed.customer["email"]) == (200, "bob@example.com")


def test_no_user_comes_near_the_club(desk: ImportDesk, dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7. Not even to the own membership, however well the token is vouched for."""
    club = Club(open_till(dynamodb_tables.client(), dynamodb_tables.names, desk.tenant))
    stage = club.stage("Bronze")
    enrollment = club.enrolled(stage, email="ann@example.com")
    user = user_of(desk.tenant, "ann", email="ann@example.com")
    assert club.till.manage(caller=user).id == enrollment["customerId"]
    assert club.enroll(stage, customerId=enrollment["customerId"], caller=user).status == 403
    assert club.enroll(stage, email="ann@example.com", caller=user).status == 403
    for route in ("GET /api/enrollments/{enrollmentId}", "POST /api/enrollments/{enrollmentId}/cancel"):
        refused = club.till.call(route, path={"enrollmentId": enrollment["id"]}, body="{}", caller=user)
        assert refused.status == 403, route
    assert desk.call("POST", "", caller=user).status == 403
