"""Racing calls about one member: one customer, one membership, one job for each shop."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta
from threading import Barrier
from typing import Any

from customerhub.bootstrap import build_club_app
from customerhub.domain.enrollment import EnrollmentStatus
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import CredentialId, EnrollmentId
from customerhub.domain.job import JobKind
from customerhub.errors import Skipped
from customerhub.services.end_enrollment import end_enrollment
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.club import SHOPS, Club, connect, enrollments_in, jobs_in
from tests.support.one_client import with_one_client
from tests.support.till import QuietQueue, Reply, open_till

THREADS = 16
ROUNDS = 12
SCHEDULE = CredentialId("schedule:jobs")


def _club(tables: DynamoDBTables) -> Club:
    till = open_till(tables.client(), tables.names)
    connect(tables, till.tenant.id)
    return Club(till)


def test_many_who_enroll_one_new_person_make_one_member(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2."""
    tables = with_one_client(fresh_tables())
    club, start = _club(tables), Barrier(THREADS)
    stage, tenant = club.stage("Bronze", 10, durationMonths=12), club.till.tenant.id
    calls: list[dict[str, Any]] = [
        {"email": "ann@example.com"},
        {"email": "Ann@Example.com", "phone": "+17075550101"},
        {"email": "ann@example.com", "firstName": "Ann"},
    ]

    def enroll(number: int) -> Reply:
        start.wait()
        return club.enroll(stage, **calls[number % len(calls)])

    with ThreadPoolExecutor(THREADS) as threads:
        replies = list(threads.map(enroll, range(THREADS)))
    assert sorted(reply.status for reply in replies) == [200] * (THREADS - 1) + [201]
    assert len({reply.body["enrollment"]["id"] for reply in replies}) == 1
    assert len(audit(tables).customers) == 1
    assert len(enrollments_in(tables, tenant)) == 1
    jobs = [job.kind for job in jobs_in(tables, tenant) if job.kind is not JobKind.SYNC_STAGE]
    assert sorted(jobs) == ["end_enrollment", "send_welcome", *["sync_customer"] * len(SHOPS)]


def test_moving_cancelling_and_expiring_at_once_ends_in_one_of_them(
    fresh_tables: Callable[[], DynamoDBTables],
) -> None:
    """Invariant 2: whoever wins, the profile, the enrollments and the jobs say the same."""
    tables = with_one_client(fresh_tables())
    club = _club(tables)
    bronze, silver = club.stage("Bronze", 10, durationMonths=1), club.stage("Silver", 20)
    parts = build_club_app(Settings(tables.names), tables.client(), QuietQueue()).parts
    later = Circumstances(SCHEDULE, "schedule", "run", datetime.now(UTC) + timedelta(days=40))

    def expire(enrollment: str) -> str:
        try:
            end_enrollment(EnrollmentId(enrollment), club.till.tenant, later, parts=parts)
        except Skipped as skipped:
            return skipped.reason
        return "expired"

    for number in range(ROUNDS):
        first = club.enrolled(bronze, email=f"p{number}@example.com")
        start = Barrier(3)

        def run(action: Callable[[], Any], start: Barrier = start) -> Any:
            start.wait()
            return action()

        actions: list[Callable[[], Any]] = [
            lambda first=first: club.move(first["id"], silver),  # type: ignore[misc]
            lambda first=first: club.cancel(first["id"]),  # type: ignore[misc]
            lambda first=first: expire(first["id"]),  # type: ignore[misc]
        ]
        with ThreadPoolExecutor(3) as threads:
            moved, cancelled, expired = threads.map(run, actions)
        done = [moved.status == 200, cancelled.status == 200, expired == "expired"]
        assert done.count(True) == 1, (moved, cancelled, expired)
        customer = audit(tables).customers[first["customerId"]]
        own = [one for one in enrollments_in(tables, club.till.tenant.id) if one.collection == customer.id]
        active = [one.id for one in own if one.status is EnrollmentStatus.ACTIVE]
        assert active == ([customer.membership] if customer.membership else [])
        assert bool(active) == done[0]


def test_an_enrollment_ends_when_its_time_is_up_and_once(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    tables = with_one_client(fresh_tables())
    club = _club(tables)
    stage = club.stage("Bronze", 10, durationMonths=1)
    first = club.enrolled(stage, email="ann@example.com")
    parts = build_club_app(Settings(tables.names), tables.client(), QuietQueue()).parts
    tenant, enrollment = club.till.tenant, EnrollmentId(first["id"])
    due = datetime.fromisoformat(first["expiresAt"])

    def end(at: datetime) -> str:
        try:
            end_enrollment(enrollment, tenant, Circumstances(SCHEDULE, "schedule", "run", at), parts=parts)
        except Skipped as skipped:
            return skipped.reason
        return "expired"

    versions = [job.version for job in jobs_in(tables, tenant.id, JobKind.SYNC_CUSTOMER)]
    assert end(due - timedelta(microseconds=1)) == "not_due"
    assert end(due) == "expired"
    assert end(due) == "not_active"
    assert [job.version for job in jobs_in(tables, tenant.id, JobKind.SYNC_CUSTOMER)] == [v + 1 for v in versions]
    assert club.enrollment(first["id"]).body["enrollment"]["status"] == "expired"
    assert club.till.timeline(first["customerId"]).body["events"][0]["type"] == "EnrollmentExpired"
    assert club.enroll(stage, email="ann@example.com").status == 201
    club.till.erase(first["customerId"])
    assert end(due) == "gone"
