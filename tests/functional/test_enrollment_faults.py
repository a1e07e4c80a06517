"""Invariants 1 and 2 at every point of failure of the club: nothing half-written, nothing lost, nothing done twice."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from customerhub.bootstrap import build_club_app
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import CredentialId, EnrollmentId
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.tenant import Tenant
from customerhub.errors import RetryLater, Skipped
from customerhub.services.end_enrollment import end_enrollment
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.audit import Books, audit
from tests.support.club import Club, connect, enrollments_in, jobs_in, orders_in
from tests.support.faults import UseCase, survive_every_failure
from tests.support.one_client import with_one_client
from tests.support.till import QuietQueue, Reply, fresh_tenant, open_till

ANN: dict[str, Any] = {"email": "ann@example.com", "phone": "+17075550101", "firstName": "Ann"}
PLACED = datetime.now(UTC).isoformat()


@dataclass
class Scene:
    """Tables of their own with a club of two stages, and what the calls were answered."""

    tables: DynamoDBTables
    tenant: Tenant = field(default_factory=fresh_tenant)
    bronze: str = ""
    silver: str = ""
    enrollment: str = ""
    customer: str = ""
    replies: list[Reply] = field(default_factory=list)

    def club(self, client: Any = None) -> Club:
        """The club, through `client`."""
        return Club(open_till(client or self.tables.client(), self.tables.names, self.tenant))


@dataclass(frozen=True)
class Case:
    """One use case: who is there before, the call, and what there must be in the end."""

    name: str
    known: bool
    member: bool
    act: Callable[[Scene, Club], Reply]
    active: int
    ended: int = 0
    welcomes: int = 1
    orders: int = 0
    statuses: tuple[int, ...] = (200, 201, 503)


CASES = (
    Case("enroll a new person", False, False, lambda s, c: c.enroll(s.bronze, **ANN), 1),
    Case("enroll a known customer", True, False, lambda s, c: c.enroll(s.bronze, customerId=s.customer), 1),
    Case("enroll under a key", False, False, lambda s, c: c.enroll(s.bronze, key="k", **ANN), 1),
    Case("enroll a member", True, True, lambda s, c: c.enroll(s.bronze, **ANN), 1),
    Case("move", True, True, lambda s, c: c.move(s.enrollment, s.silver), 1, ended=1),
    Case("cancel", True, True, lambda s, c: c.cancel(s.enrollment), 0, ended=1),
    Case("select", True, False, lambda s, c: c.bulk(s.bronze, [s.customer]), 1),
    Case("order of a new person", False, False, lambda _, c: c.order("1", placedAt=PLACED, **ANN), 1, orders=1),
    Case("order of a member", True, True, lambda _, c: c.order("1", placedAt=PLACED, **ANN), 1, ended=1, orders=1),
)


def _arrange(case: Case, fresh_tables: Callable[[], DynamoDBTables]) -> Scene:
    scene = Scene(with_one_client(fresh_tables()))
    connect(scene.tables, scene.tenant.id)
    club = scene.club()
    scene.bronze = club.stage("Bronze", 10, durationMonths=12)
    scene.silver = club.stage("Silver", 20, durationMonths=12, qualification={"minOrders": 1})
    if case.known:
        scene.customer = club.till.manage(ANN).id
    if case.member:
        scene.enrollment = club.enrolled(scene.bronze, **ANN)["id"]
    return scene


def _check(scene: Scene) -> Books:
    """What holds at every moment: the profile and the enrollments say the same, and whatever changed is owed."""
    books = audit(scene.tables)
    enrollments = enrollments_in(scene.tables, scene.tenant.id)
    active = {one.id for one in enrollments if one.is_active}
    assert active == {c.membership for c in books.customers.values() if c.membership}
    owed = {(job.integration, job.customer) for job in jobs_in(scene.tables, scene.tenant.id, JobKind.SYNC_CUSTOMER)}
    for enrollment in enrollments:
        assert {(integration, enrollment.collection) for integration in enrollment.owed_to} <= owed
    ends = {job.enrollment for job in jobs_in(scene.tables, scene.tenant.id, JobKind.END_ENROLLMENT)}
    assert {one.id for one in enrollments if one.expires_at} == ends
    return books


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_every_failure_is_survived(case: Case, fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2: at every call, whatever fails there."""

    def act(scene: Scene, client: Any) -> None:
        club = scene.club(client)
        scene.replies.append(case.act(scene, club))

    def check_done(scene: Scene) -> None:
        books = _check(scene)
        enrollments = enrollments_in(scene.tables, scene.tenant.id)
        assert len(books.customers) == 1
        assert sum(one.is_active for one in enrollments) == case.active
        assert sum(not one.is_active for one in enrollments) == case.ended
        jobs = jobs_in(scene.tables, scene.tenant.id)
        assert sum(job.kind is JobKind.SEND_WELCOME for job in jobs) == case.welcomes
        assert sum(job.kind is JobKind.SYNC_CUSTOMER for job in jobs) == 2
        assert all(job.status is JobStatus.WAITING for job in jobs)
        assert len(orders_in(scene.tables, scene.tenant.id)) == case.orders
        assert {reply.status for reply in scene.replies} <= set(case.statuses)
        assert scene.replies[-1].status in (200, 201)

    use_case = UseCase(
        lambda: _arrange(case, fresh_tables), act, lambda scene: scene.tables.client(), _check, check_done
    )
    assert survive_every_failure(case.name, use_case) >= 6


def test_every_failure_of_an_expiry_is_survived(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2."""
    case = Case("expire", known=True, member=True, act=lambda s, c: c.cancel(s.enrollment), active=0)

    def act(scene: Scene, client: Any) -> None:
        parts = build_club_app(Settings(scene.tables.names), client, QuietQueue()).parts
        later = datetime.now(UTC) + timedelta(days=400)
        circumstances = Circumstances(CredentialId("schedule:jobs"), "schedule", "run", later)
        with suppress(Skipped, RetryLater):
            end_enrollment(EnrollmentId(scene.enrollment), scene.tenant, circumstances, parts=parts)

    def check_done(scene: Scene) -> None:
        _check(scene)
        assert [one.status for one in enrollments_in(scene.tables, scene.tenant.id)] == ["expired"]
        events = [event["type"] for event in audit(scene.tables).events]
        assert events.count("EnrollmentExpired") == 1

    use_case = UseCase(
        lambda: _arrange(case, fresh_tables), act, lambda scene: scene.tables.client(), _check, check_done
    )
    assert survive_every_failure(case.name, use_case) >= 6
