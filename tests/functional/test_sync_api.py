"""`/api/sync/…`: health figures, and what staff do with jobs."""

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from typing import Any

import pytest

from customerhub.domain import attempt, owing
from customerhub.domain.caller import Scope
from customerhub.domain.ids import CustomerId, JobId, TenantId
from customerhub.domain.job import Failure, JobChange, JobKind, JobStatus
from customerhub.domain.response_times import CollectedTimes
from customerhub.entrypoints.queues import build_job_worker
from customerhub.errors import PartnerRefused
from infra.local.tables import DynamoDBTables
from tests.support.fake_crm import unavailable
from tests.support.job_scene import CRM, Context, JobScene, job_scene
from tests.support.till import Reply, service

JOBS = "/api/sync/jobs"


@pytest.fixture
def scene(fresh_tables: Callable[[], DynamoDBTables]) -> JobScene:
    scene = job_scene(fresh_tables())
    scene.add_stage("Bronze")
    scene.deliver([job.id for job in scene.jobs()])
    return scene


def enrolled(scene: JobScene, name: str = "ann") -> str:
    phone = {"phone": "+17075550101"} if name == "ann" else {}
    customer = scene.customer(f"{name}@example.com", firstName=name.title(), **phone).id
    scene.enroll(customer, "Bronze")
    return customer


def parked(scene: JobScene, *names: str) -> list[JobId]:
    """Ids of the jobs of as many customers whom the CRM has refused."""
    scene.crm.refuses = PartnerRefused("Commerce7 does not take the field phone", fields=("phone",))
    people = [scene.customer(f"{name}@example.com").id for name in names]
    for person in people:
        scene.enroll(person, "Bronze")
    scene.deliver([scene.job_of(person).id for person in people])
    scene.crm.refuses = None
    return [scene.job_of(person).id for person in people]


def one(scene: JobScene, method: str, job: str, what: str = "", body: Any = None) -> Reply:
    text = None if body is None else body if isinstance(body, str) else json.dumps(body)
    return scene.desk.call(f"{method} {JOBS}/{{jobId}}{what}", path={"jobId": job}, body=text)


def many(scene: JobScene, what: str, **body: Any) -> Reply:
    return scene.desk.call(f"POST {JOBS}/{what}", body=json.dumps(body))


def test_health_of_a_tenant_without_any_work(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    reply = job_scene(fresh_tables()).desk.call("GET /api/sync/health")
    assert reply.status == 200
    (integration,) = reply.body["integrations"]
    assert integration["integration"] == CRM
    assert integration["customers"] == {"synced": 0, "pending": 0, "parked": 0}
    assert integration["lastSuccessAt"] is None
    assert reply.body["total"]["queue"] == {"length": 0, "oldestDueAt": None, "oldestAgeS": None}
    assert reply.body["total"]["responseTimes"] == {"answers": 0, "p50Ms": None, "p95Ms": None}


def test_health_shows_what_waits_what_failed_and_what_succeeded(scene: JobScene) -> None:
    ann, bob = enrolled(scene), enrolled(scene, "bob")
    scene.clock.at += timedelta(seconds=90)
    scene.crm.plan = lambda _number, _name: ("before", unavailable())
    scene.deliver([scene.job_of(ann).id])
    scene.crm.plan = lambda _number, _name: None
    shown = scene.desk.call("GET /api/sync/health").body
    (integration,) = shown["integrations"]
    assert integration["customers"] == {"synced": 0, "pending": 2, "parked": 0}
    assert integration["failedAttempts"] == 1
    assert integration["queue"]["oldestAgeS"] == 90
    assert integration["queue"]["length"] == 2
    assert shown["total"]["queue"]["length"] == 4, "two people are to be welcomed besides"
    scene.clock.at += timedelta(minutes=1)
    scene.deliver([scene.job_of(ann).id, scene.job_of(bob).id])
    (integration,) = scene.desk.call("GET /api/sync/health").body["integrations"]
    assert integration["customers"] == {"synced": 2, "pending": 0, "parked": 0}
    assert integration["lastSuccessAt"] == scene.clock.now().isoformat()
    assert integration["attempts"] == 4, "the stage's, and Ann's second one"
    assert integration["queue"] == {"length": 0, "oldestDueAt": None, "oldestAgeS": None}


def test_response_times_are_shown_for_a_day(scene: JobScene) -> None:
    ann = enrolled(scene)
    integration = scene.app().integrations.get_integration(scene.tenant.id, CRM)
    assert integration

    def answers(_number: int, _name: str) -> None:
        times.answered(integration, 0.1)

    times = CollectedTimes()
    app = replace(scene.app(), times=times)
    scene.crm.plan = answers
    body = json.dumps({"tenant": scene.tenant.id, "job": scene.job_of(ann).id})
    build_job_worker(app)({"Records": [{"messageId": "1", "body": body}]}, Context())
    (shown,) = scene.desk.call("GET /api/sync/health").body["integrations"]
    assert shown["responseTimes"]["answers"] == len(scene.crm.calls) - 2
    assert 90 <= shown["responseTimes"]["p50Ms"] <= 110
    assert 90 <= shown["responseTimes"]["p95Ms"] <= 110
    scene.clock.at += timedelta(hours=26)
    (shown,) = scene.desk.call("GET /api/sync/health").body["integrations"]
    assert shown["responseTimes"] == {"answers": 0, "p50Ms": None, "p95Ms": None}


def test_jobs_are_listed_what_needs_a_person_first(scene: JobScene) -> None:
    (refused,) = parked(scene, "ann")
    bob = enrolled(scene, "bob")
    listed = scene.desk.call(f"GET {JOBS}").body["jobs"]
    assert listed[0]["id"] == refused
    assert listed[0]["failures"] == [
        {
            "at": scene.clock.now().isoformat(),
            "code": "partner_refused",
            "message": str(listed[0]["failures"][0]["message"]),
        }
    ]
    assert [job["status"] for job in listed] == ["parked"] + ["waiting"] * 5 + ["done"]
    of_bob = scene.desk.call(f"GET {JOBS}", query={"customerId": bob}).body["jobs"]
    assert sorted(job["kind"] for job in of_bob) == ["end_enrollment", "send_welcome", "sync_customer"]
    stages = scene.desk.call(f"GET {JOBS}", query={"kind": "sync_stage", "integration": CRM}).body["jobs"]
    assert [job["status"] for job in stages] == ["done"]
    assert scene.desk.call(f"GET {JOBS}", query={"reason": "partner_refused"}).body["jobs"] == listed[:1]
    assert scene.desk.call(f"GET {JOBS}", query={"status": "discarded"}).body == {"jobs": [], "nextCursor": None}
    assert one(scene, "GET", refused).body["job"] == listed[0]


def test_pages_of_jobs_lose_none(scene: JobScene) -> None:
    for number in range(7):
        enrolled(scene, f"p{number}")
    seen: list[str] = []
    cursor = None
    for _ in range(30):
        page = scene.desk.call(f"GET {JOBS}", query={"limit": 3, "cursor": cursor}).body
        seen += [job["id"] for job in page["jobs"]]
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert len(seen) == len(set(seen)) == 22
    assert set(seen) == {job.id for job in scene.scan_jobs()}


def test_a_parked_job_is_corrected_and_tried_again(scene: JobScene) -> None:
    ann = enrolled(scene)
    refused = PartnerRefused("the phone is not one", fields=("phone",))
    scene.crm.plan = lambda _number, name: ("before", refused) if name == "create" else None
    scene.deliver([scene.job_of(ann).id])
    job = scene.job_of(ann).id
    edited = one(scene, "PATCH", job, body={"overrides": {"phone": None, "firstName": "  Annabella "}}).body["job"]
    assert edited["overrides"] == {"phone": None, "firstName": "Annabella"}
    assert edited["status"] == "parked"
    scene.crm.plan = lambda _number, _name: None
    retried = one(scene, "POST", job, "/retry").body["job"]
    assert (retried["status"], retried["attempts"], retried["failures"]) == ("waiting", 0, [])
    assert job in [message[1] for message in scene.queue.messages]
    scene.deliver([job])
    (remote,) = scene.crm.customers.values()
    assert (remote.first_name, remote.phones) == ("Annabella", ())
    cleared = one(scene, "PATCH", job, body={"overrides": None}).body["job"]
    assert cleared["overrides"] == {}
    assert one(scene, "POST", job, "/retry").status == 200
    scene.deliver([job])
    (remote,) = scene.crm.customers.values()
    assert (remote.first_name, remote.phones) == ("Ann", ("+17075550101",))


def test_overrides_are_shown_to_those_only_who_may_see_people(scene: JobScene) -> None:
    ann = enrolled(scene)
    job = scene.job_of(ann).id
    one(scene, "PATCH", job, body={"overrides": {"email": "ann.private@example.com"}})
    caller = service(scene.tenant, scopes=frozenset({Scope.SYNC_READ}))
    reply = scene.desk.call(f"GET {JOBS}/{{jobId}}", path={"jobId": job}, caller=caller)
    assert reply.body["job"]["overrides"] is None


def test_what_staff_had_set_is_exported_and_erased(scene: JobScene) -> None:
    """Invariant 6."""
    ann = enrolled(scene)
    job = scene.job_of(ann).id
    one(scene, "PATCH", job, body={"overrides": {"email": "ann.private@example.com"}})
    (exported,) = scene.till.export(ann).body["export"]["jobs"]
    assert (exported["id"], exported["overrides"]) == (job, {"email": "ann.private@example.com"})
    erased = scene.till.erase(ann)
    assert erased.status in (200, 202)
    assert "ann.private" not in json.dumps([str(item) for item in scene.items("WORK_TABLE")])
    assert "ann.private" not in json.dumps([str(item) for item in scene.items("CUSTOMERS_TABLE")])
    assert scene.job(job).overrides == {}
    stores = {entry["store"]: entry["items"] for entry in scene.till.erasure(ann).body["erasure"]["stores"]}
    assert stores["jobs"] == 1
    gone = one(scene, "PATCH", job, body={"overrides": {"email": "ann.private@example.com"}})
    assert (gone.status, gone.body["code"]) == (410, "person_erased")


def test_due_at_is_moved(scene: JobScene) -> None:
    job = scene.job_of(enrolled(scene)).id
    edited = one(scene, "PATCH", job, body={"dueAt": "2026-11-25T19:00:00+02:00"}).body["job"]
    assert edited["dueAt"] == "2026-11-25T17:00:00+00:00"
    scene.deliver([job])
    assert scene.job(job).attempts == 0
    assert one(scene, "PATCH", job, body={"dueAt": None}).body["job"]["dueAt"] == scene.clock.now().isoformat()
    scene.deliver([job])
    assert scene.job(job).status is JobStatus.DONE
    assert one(scene, "PATCH", job, body={"dueAt": "2026-11-25T19:00:00Z"}).body["code"] == "not_waiting"


def test_a_job_is_put_away_until_it_is_owed_anew(scene: JobScene) -> None:
    ann = enrolled(scene)
    job = scene.job_of(ann).id
    for _ in range(2):
        assert one(scene, "POST", job, "/discard").body["job"]["status"] == "discarded"
    scene.deliver([job])
    assert scene.job(job).status is JobStatus.DISCARDED
    scene.owe_customer(ann)
    scene.deliver([job])
    assert scene.job(job).status is JobStatus.DONE
    refused = one(scene, "POST", job, "/discard")
    assert (refused.status, refused.body["code"]) == (409, "not_open")


def test_what_was_done_for_good_is_not_done_twice(scene: JobScene) -> None:
    enrolled(scene)
    welcome = next(job.id for job in scene.jobs() if job.kind is JobKind.SEND_WELCOME)
    scene.deliver([welcome])
    refused = one(scene, "POST", welcome, "/retry")
    assert (refused.status, refused.body["code"]) == (409, "already_done")


def test_many_are_tried_again_by_their_ids_and_the_counts_balance(scene: JobScene) -> None:
    jobs = parked(scene, "ann", "bob", "cid")
    done = scene.jobs(JobStatus.DONE)[0].id
    reply = many(scene, "discard", ids=[*jobs[:2], jobs[0], done, "0" * 32])
    assert reply.body == {"matched": 4, "changed": 2, "unchanged": 0, "refused": 1, "missing": 1, "nextCursor": None}
    reply = many(scene, "retry", ids=jobs)
    assert reply.body == {"matched": 3, "changed": 3, "unchanged": 0, "refused": 0, "missing": 0, "nextCursor": None}
    again = many(scene, "retry", ids=jobs)
    assert again.body["unchanged"] == 3
    scene.deliver(jobs)
    assert {scene.job(job).status for job in jobs} == {JobStatus.DONE}


def test_all_that_match_are_tried_again_some_hundreds_in_a_call(scene: JobScene) -> None:
    now, store = scene.clock.now(), scene.app().jobs
    debts = [owing.sync_customer(scene.tenant.id, CRM, CustomerId(f"c{number}")) for number in range(350)]
    refused = Failure(now, "partner_refused", "words")
    jobs = [attempt.parked(owing.owe(debt, None, now).after, refused) for debt in debts]
    for start in range(0, len(jobs), 25):
        store.write_jobs([JobChange(job) for job in jobs[start : start + 25]])
    enrolled(scene)
    body: dict[str, Any] = {"all": True, "filter": {"reason": "partner_refused"}}
    answers = [many(scene, "retry", **body).body]
    while (cursor := answers[-1]["nextCursor"]) and len(answers) < 5:
        answers.append(many(scene, "retry", **body, cursor=cursor).body)
    assert [answer["changed"] for answer in answers] == [300, 50]
    for answer in answers:
        assert answer["matched"] == sum(answer[name] for name in ("changed", "unchanged", "refused", "missing"))
    assert scene.jobs(JobStatus.PARKED) == []
    again = many(scene, "retry", all=True, filter={"status": "waiting"}).body
    assert again["changed"] == 0, "what is due is not moved, and the end of a membership is not meant"


@pytest.mark.parametrize(
    ("route", "body", "field"),
    [
        (f"PATCH {JOBS}/{{jobId}}", {"overrides": {"email": "not an address"}}, "overrides.email"),
        (f"PATCH {JOBS}/{{jobId}}", {"overrides": {"phone": "12"}}, "overrides.phone"),
        (f"PATCH {JOBS}/{{jobId}}", {"overrides": {"firstName": "  "}}, "overrides.firstName"),
        (f"PATCH {JOBS}/{{jobId}}", {"overrides": {"nickname": "A"}}, "overrides.nickname"),
        (f"PATCH {JOBS}/{{jobId}}", {"dueAt": "tomorrow"}, "dueAt"),
        (f"PATCH {JOBS}/{{jobId}}", {"dueAt": "2026-11-25T19:00:00"}, "dueAt"),
        (f"PATCH {JOBS}/{{jobId}}", {"dueAt": 1e300}, "dueAt"),
        (f"PATCH {JOBS}/{{jobId}}", {"dueAt": "0001-01-01T00:00:00+10:00"}, "dueAt"),
        (f"PATCH {JOBS}/{{jobId}}", {"dueAt": "9999-12-31T23:59:59Z"}, "dueAt"),
        (f"PATCH {JOBS}/{{jobId}}", {"due": "now"}, "due"),
        (f"POST {JOBS}/retry", {}, "ids"),
        (f"POST {JOBS}/retry", {"ids": []}, "ids"),
        (f"POST {JOBS}/retry", {"ids": ["x"]}, "ids.0"),
        (f"POST {JOBS}/retry", {"ids": ["0" * 32] * 101}, "ids"),
        (f"POST {JOBS}/retry", {"ids": ["0" * 32], "all": True}, "ids"),
        (f"POST {JOBS}/retry", {"ids": ["0" * 32], "filter": {}}, "filter"),
        (f"POST {JOBS}/discard", {"all": False}, "all"),
        (f"POST {JOBS}/discard", {"all": True, "filter": {"status": "open"}}, "filter.status"),
        (f"POST {JOBS}/discard", {"all": True, "cursor": "abc"}, "cursor"),
    ],
)
def test_bad_input_is_refused_by_name(scene: JobScene, route: str, body: Any, field: str) -> None:
    job = scene.job_of(enrolled(scene)).id
    reply = scene.desk.call(route, path={"jobId": job}, body=json.dumps(body))
    assert (reply.status, reply.body.get("field")) == (422, field), reply.body


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("status", "open"),
        ("kind", "x"),
        ("integration", "UPPER"),
        ("customerId", ""),
        ("reason", "r" * 101),
        ("limit", "0"),
    ],
)
def test_a_bad_filter_is_refused_by_name(scene: JobScene, name: str, value: str) -> None:
    reply = scene.desk.call(f"GET {JOBS}", query={name: value})
    assert (reply.status, reply.body.get("field")) == (422, name), reply.body


def test_another_tenants_jobs_are_not_there(scene: JobScene, fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 7."""
    (job,) = parked(scene, "ann")
    other = job_scene(scene.tables, scene.client)
    assert TenantId(other.tenant.id) != scene.tenant.id
    for method, what in (("GET", ""), ("POST", "/retry"), ("POST", "/discard")):
        assert one(other, method, job, what).status == 404
    assert one(other, "PATCH", job, body={"dueAt": None}).status == 404
    assert many(other, "retry", ids=[job]).body["missing"] == 1
    assert many(other, "discard", all=True).body["matched"] == 0
    assert other.desk.call(f"GET {JOBS}").body["jobs"] == []
    assert scene.job(job).status is JobStatus.PARKED


def test_scopes(scene: JobScene) -> None:
    job = scene.job_of(enrolled(scene)).id
    reads = service(scene.tenant, scopes=frozenset({Scope.SYNC_READ}))
    writes = service(scene.tenant, scopes=frozenset({Scope.SYNC_WRITE}))
    path = {"jobId": job}
    assert scene.desk.call("GET /api/sync/health", caller=reads).status == 200
    assert scene.desk.call("GET /api/sync/health", caller=writes).status == 403
    assert scene.desk.call(f"GET {JOBS}/{{jobId}}", path=path, caller=writes).status == 403
    for what in ("retry", "discard"):
        assert scene.desk.call(f"POST {JOBS}/{{jobId}}/{what}", path=path, caller=reads).status == 403
        assert scene.desk.call(f"POST {JOBS}/{what}", body='{"all": true}', caller=reads).status == 403
        assert scene.desk.call(f"POST {JOBS}/{what}", body='{"all": true}', caller=writes).status == 200
    assert scene.desk.call(f"PATCH {JOBS}/{{jobId}}", path=path, body="{}", caller=reads).status == 403
