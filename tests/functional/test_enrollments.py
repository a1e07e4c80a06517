"""Enrolling, moving and cancelling over the tables."""

from collections.abc import Sequence
from typing import Any

import pytest

from customerhub.domain.caller import Scope
from customerhub.domain.ids import CustomerId, IntegrationId
from customerhub.domain.job import Job, JobKind
from customerhub.domain.owing import sync_customer
from customerhub.errors import ServiceUnavailable
from infra.local.tables import DynamoDBTables
from tests.support.club import Club, connect, enrollments_in, jobs_in
from tests.support.till import Till, fresh_tenant, open_till, service, user_of

ANN: dict[str, Any] = {"email": "ann@example.com", "phone": "+17075550101", "firstName": "Ann", "lastName": "Archer"}


@pytest.fixture
def club(till: Till, dynamodb_tables: DynamoDBTables) -> Club:
    """The club of a fresh tenant with two shops."""
    connect(dynamodb_tables, till.tenant.id)
    return Club(till)


def test_a_new_person_is_created_and_enrolled_with_everything_owed(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2: the enrollment and what is owed because of it are there together."""
    stage = club.stage("Bronze", 10, durationMonths=12)
    reply = club.enroll(stage, **ANN)
    assert reply.status == 201
    assert reply.body["message"] == "Customer enrolled successfully. CRM sync in progress."
    customer, enrollment = reply.body["customer"], reply.body["enrollment"]
    assert (customer["email"], customer["isNewAccount"]) == (ANN["email"], True)
    assert enrollment["customerId"] == customer["id"]
    assert (enrollment["status"], enrollment["syncedToCrm"], enrollment["crmSyncAt"]) == ("active", False, None)
    assert enrollment["stage"] == {"id": stage, "name": "Bronze", "discountPercent": 10.0}
    assert [state["integration"] for state in enrollment["integrations"]] == ["commerce7", "shopify"]
    jobs = {job.id: job for job in jobs_in(dynamodb_tables, club.till.tenant.id) if job.kind is not JobKind.SYNC_STAGE}
    kinds = sorted(job.kind for job in jobs.values())
    assert kinds == ["end_enrollment", "send_welcome", "sync_customer", "sync_customer"]
    tenant = club.till.tenant.id
    assert sync_customer(tenant, IntegrationId("shopify"), CustomerId(customer["id"])).job in jobs
    (end,) = jobs_in(dynamodb_tables, club.till.tenant.id, JobKind.END_ENROLLMENT)
    assert end.due_at.isoformat() == enrollment["expiresAt"]


def test_enrolling_again_writes_nothing(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    stage = club.stage()
    first = club.enrolled(stage, **ANN)
    before = jobs_in(dynamodb_tables, club.till.tenant.id)
    again = club.enroll(stage, email=ANN["email"])
    assert again.status == 200
    assert again.body["enrollment"]["id"] == first["id"]
    assert jobs_in(dynamodb_tables, club.till.tenant.id) == before
    assert len(enrollments_in(dynamodb_tables, club.till.tenant.id)) == 1


def test_the_same_key_gets_the_same_answer(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2."""
    stage, caller = club.stage(), service(club.till.tenant)
    first = club.enroll(stage, caller=caller, key="once", **ANN)
    assert first.status == 201
    assert club.enroll(stage, caller=caller, key="once", **ANN).body == first.body
    other = club.enroll(stage, caller=caller, key="once", email="bob@example.com")
    assert (other.status, other.body["code"]) == (422, "idempotency_key_reused")
    known = club.enroll(stage, caller=caller, key="by id", customerId=first.body["customer"]["id"])
    assert known.status == 200
    assert club.enroll(stage, caller=caller, key="by id", customerId=first.body["customer"]["id"]).body == known.body


def test_a_known_customer_is_enrolled_by_id_without_the_right_to_write_customers(club: Club) -> None:
    """Invariant 7."""
    stage, customer = club.stage(), club.till.manage(ANN).id
    caller = service(club.till.tenant, scopes=frozenset({Scope.CLUB_ENROLL}))
    assert club.enroll(stage, caller=caller, email="new@example.com").status == 403
    reply = club.enroll(stage, caller=caller, customerId=customer)
    assert reply.status == 201
    assert reply.body["customer"]["id"] == customer
    assert club.enroll(stage, caller=user_of(club.till.tenant, "ann"), customerId=customer).status == 403
    elsewhere = service(fresh_tenant())
    assert club.enroll(stage, caller=elsewhere, customerId=customer).body["code"] == "unknown_stage"


def test_whoever_belongs_to_several_accounts_is_a_conflict_and_nothing_is_written(
    club: Club, dynamodb_tables: DynamoDBTables
) -> None:
    stage = club.stage()
    club.till.manage(email=ANN["email"])
    club.till.manage(phone=ANN["phone"])
    before = jobs_in(dynamodb_tables, club.till.tenant.id)
    reply = club.enroll(stage, **ANN)
    assert (reply.status, reply.body["code"]) == (409, "account_conflict")
    assert len(reply.body["conflicts"]["accounts"]) == 2
    assert len(club.till.conflicts().body["conflicts"]) == 1
    assert enrollments_in(dynamodb_tables, club.till.tenant.id) == []
    assert jobs_in(dynamodb_tables, club.till.tenant.id) == before


def test_a_shared_phone_asks_who_it_is(club: Club) -> None:
    stage = club.stage()
    ann = club.enrolled(stage, **ANN)
    bob = {"email": "bob@example.com", "phone": ANN["phone"], "firstName": "Bob"}
    asked = club.enroll(stage, **bob)
    assert (asked.status, asked.body["conflicts"]["kind"]) == (409, "shared_phone")
    told = club.enroll(stage, **bob, samePerson=False)
    assert told.status == 201
    assert told.body["customer"]["id"] != ann["customerId"]


def test_who_has_no_email_is_not_enrolled_nor_created(club: Club) -> None:
    stage = club.stage()
    reply = club.enroll(stage, phone=ANN["phone"])
    assert (reply.status, reply.body["code"], reply.body["field"]) == (422, "email_required", "email")
    assert club.till.search(ANN["phone"]).body["customers"] == []


def test_a_member_of_another_stage_is_told_to_move(club: Club) -> None:
    bronze, silver = club.stage("Bronze"), club.stage("Silver", 20)
    first = club.enrolled(bronze, **ANN)
    refused = club.enroll(silver, email=ANN["email"])
    assert (refused.status, refused.body["code"], refused.body["field"]) == (409, "already_enrolled", "stageId")
    assert first["id"] in refused.body["message"]
    moved = club.enroll(silver, email=ANN["email"], move=True)
    assert moved.status == 201
    assert club.enrollment(first["id"]).body["enrollment"]["status"] == "moved"
    assert club.enrollment(moved.body["enrollment"]["id"]).body["enrollment"]["status"] == "active"


def test_a_member_moves_on_and_the_discount_is_owed_anew(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    bronze, silver = club.stage("Bronze", 10, durationMonths=1), club.stage("Silver", 20)
    first = club.enrolled(bronze, **ANN)
    tenant = club.till.tenant.id
    versions = {job.id: job.version for job in jobs_in(dynamodb_tables, tenant, JobKind.SYNC_CUSTOMER)}
    reply = club.move(first["id"], silver)
    assert reply.status == 200
    now, previous = reply.body["enrollment"], reply.body["previous"]
    assert (now["stageId"], now["status"], now["expiresAt"]) == (silver, "active", None)
    assert (previous["id"], previous["status"], previous["movedTo"]) == (first["id"], "moved", now["id"])
    jobs = jobs_in(dynamodb_tables, tenant, JobKind.SYNC_CUSTOMER)
    assert {job.id: job.version for job in jobs} == {job: version + 1 for job, version in versions.items()}
    assert len(jobs_in(dynamodb_tables, tenant, JobKind.SEND_WELCOME)) == 1, "invariant 2: a welcome goes out once"
    again = club.move(first["id"], silver)
    assert (again.status, again.body["enrollment"]["id"]) == (200, now["id"])
    assert club.move(now["id"], silver).body["enrollment"]["id"] == now["id"]
    assert club.move(first["id"], bronze).body["code"] == "not_active"
    assert len(enrollments_in(dynamodb_tables, tenant)) == 2


def test_a_membership_is_cancelled_once(club: Club, dynamodb_tables: DynamoDBTables) -> None:
    stage = club.stage()
    first = club.enrolled(stage, **ANN)
    ended = club.cancel(first["id"], reason="moved abroad")
    assert ended.status == 200
    enrollment = ended.body["enrollment"]
    assert (enrollment["status"], enrollment["reason"]) == ("cancelled", "moved abroad")
    jobs = jobs_in(dynamodb_tables, club.till.tenant.id)
    assert club.cancel(first["id"]).body["enrollment"]["endedAt"] == enrollment["endedAt"]
    assert jobs_in(dynamodb_tables, club.till.tenant.id) == jobs
    assert club.move(first["id"], stage).body["code"] == "not_active"
    anew = club.enrolled(stage, email=ANN["email"])
    assert anew["id"] != first["id"]
    assert club.cancel(first["id"]).status == 200
    assert club.enrollment(anew["id"]).body["enrollment"]["status"] == "active"


def test_the_timeline_tells_of_it(club: Club) -> None:
    bronze, silver = club.stage("Bronze"), club.stage("Silver", 20)
    first = club.enrolled(bronze, **ANN)
    moved = club.move(first["id"], silver).body["enrollment"]
    club.cancel(moved["id"], reason="moved abroad")
    events = club.till.timeline(first["customerId"]).body["events"]
    assert [event["type"] for event in events] == [
        "EnrollmentCancelled",
        "EnrollmentMoved",
        "CustomerEnrolled",
        "CustomerCreated",
    ]
    assert events[1]["before"] == {"membership": first["id"], "stage": bronze}
    assert events[1]["after"] == {"membership": moved["id"], "stage": silver, "expires_at": None}
    assert events[0]["after"] == {"membership": None, "reason": "moved abroad"}


def test_lists_are_by_stage_status_and_customer(club: Club) -> None:
    bronze, silver = club.stage("Bronze"), club.stage("Silver", 20)
    people = [club.enrolled(bronze, email=f"p{number}@example.com") for number in range(5)]
    moved = club.move(people[0]["id"], silver).body["enrollment"]
    pages, cursor = [], None
    while True:
        page = club.enrollments(stageId=bronze, limit=2, cursor=cursor).body
        pages.append([enrollment["id"] for enrollment in page["enrollments"]])
        cursor = page["nextCursor"]
        if cursor is None:
            break
    assert [one for page in pages for one in page] == [person["id"] for person in reversed(people[1:])]
    assert all(len(page) <= 2 for page in pages)
    everybody = club.enrollments().body["enrollments"]
    assert [one["id"] for one in everybody] == [moved["id"], *(person["id"] for person in reversed(people[1:]))]
    assert [one["id"] for one in club.enrollments(status="moved").body["enrollments"]] == [people[0]["id"]]
    own = club.enrollments(customerId=people[0]["customerId"]).body["enrollments"]
    assert [one["id"] for one in own] == [moved["id"], people[0]["id"]]
    first = club.enrollments(customerId=people[0]["customerId"], limit=1).body
    second = club.enrollments(customerId=people[0]["customerId"], limit=1, cursor=first["nextCursor"]).body
    assert [one["id"] for one in (*first["enrollments"], *second["enrollments"])] == [moved["id"], people[0]["id"]]
    assert second["nextCursor"] is None
    active = club.enrollments(customerId=people[0]["customerId"], status="active", stageId=silver).body["enrollments"]
    assert [one["id"] for one in active] == [moved["id"]]


def test_a_selection_is_enrolled_and_its_counts_balance(club: Club) -> None:
    """Invariant 2: in = enrolled + unchanged + refused + failed."""
    bronze, silver = club.stage("Bronze"), club.stage("Silver", 20)
    known = [club.till.manage(email=f"p{number}@example.com").id for number in range(5)]
    member = club.enrolled(bronze, email="member@example.com")["customerId"]
    elsewhere = club.enrolled(silver, email="other@example.com")["customerId"]
    phone_only = club.till.manage(phone=ANN["phone"]).id
    selection = [*known, member, elsewhere, phone_only, "nobody", known[0]]
    body = club.bulk(bronze, selection).body
    assert [result["customerId"] for result in body["results"]] == selection
    counts = {name: body[name] for name in ("enrolled", "unchanged", "refused", "failed")}
    assert counts == {"enrolled": 5, "unchanged": 2, "refused": 3, "failed": 0}
    assert sum(counts.values()) == body["total"] == len(selection)
    codes = [result["code"] for result in body["results"] if result["code"]]
    assert codes == ["already_enrolled", "email_required", "not_found"]
    again = club.bulk(bronze, selection, move=True).body
    assert (again["enrolled"], again["unchanged"], again["refused"]) == (1, 7, 2)


def test_who_was_erased_is_gone(club: Club) -> None:
    stage = club.stage()
    first = club.enrolled(stage, **ANN)
    club.till.erase(first["customerId"])
    assert club.enroll(stage, customerId=first["customerId"]).status == 410
    assert club.enroll(stage, email=ANN["email"]).status == 410
    assert club.enrollment(first["id"]).status == 404
    assert club.cancel(first["id"]).status == 404
    assert club.enrollments(stageId=stage).body["enrollments"] == []


class BrokenQueue:
    """Implements `ports.jobs.JobQueue` where nothing can be sent."""

    def __init__(self) -> None:
        self.asked = 0

    def send(self, jobs: Sequence[Job]) -> None:
        """Takes none of them."""
        self.asked += len(jobs)
        raise ServiceUnavailable("the queue was not reached")


def test_a_queue_that_takes_nothing_keeps_nobody_from_being_enrolled(
    dynamodb_tables: DynamoDBTables, caplog: pytest.LogCaptureFixture
) -> None:
    """Invariant 2: what is owed is in the tables, where the schedule finds it. Invariant 8: the log names nobody."""
    queue = BrokenQueue()
    club = Club(open_till(dynamodb_tables.client(), dynamodb_tables.names, queue=queue))
    connect(dynamodb_tables, club.till.tenant.id)
    enrolled = club.enrolled(club.stage(), **ANN)
    assert club.move(enrolled["id"], club.stage("Silver", 20)).status == 200
    assert queue.asked == 2 + 3 + 2 + 2
    assert len(jobs_in(dynamodb_tables, club.till.tenant.id)) == 7
    lines = [vars(record) for record in caplog.records if record.levelname in ("WARNING", "ERROR")]
    assert [line["jobs"] for line in lines] == [2, 3, 2, 2]
    assert len({line["request"] for line in lines}) == len(lines) == 4
    assert not any(word in str(lines) for word in ("ann@", "Archer", "7075550101"))
