"""Invariants 2 and 4 at every point of failure: whatever fails while a job is taken, run and written, here or at the
CRM, every enrollment ends with exactly one CRM customer and one grant, and nobody is welcomed twice."""

from collections.abc import Callable
from contextlib import suppress
from datetime import timedelta
from typing import Any

import pytest

from customerhub.domain import owing
from customerhub.domain.enrollment import EnrollmentStatus
from customerhub.domain.ids import CustomerId, EnrollmentId
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.link import external_entry
from customerhub.errors import InvalidInput, NotSent, RetryLater
from infra.local.tables import DynamoDBTables
from tests.support.fake_crm import PARTNER_FAULTS, failing_at
from tests.support.faults import Crash, FailingClient, UseCase, survive_every_failure
from tests.support.job_scene import CRM, JobScene, job_scene

EMAIL = "ann@example.com"
LEASE_ENDS = timedelta(minutes=3)


def ready(tables: DynamoDBTables) -> JobScene:
    """Two stages that stand in the CRM, and Ann, who is no member."""
    scene = job_scene(tables)
    for name in ("Bronze", "Silver"):
        scene.add_stage(name)
    scene.deliver([job.id for job in scene.jobs()])
    scene.person = scene.customer(EMAIL, firstName="Ann").id
    scene.queue.messages.clear()
    return scene


def run(scene: JobScene, client: Any = None) -> None:
    """Deliver what is due until nothing is, a few times at most; a lease of somebody who died has run out by then."""
    scene.clock.at += LEASE_ENDS
    for _ in range(4):
        jobs = [job for job in scene.jobs(JobStatus.WAITING) if job.due_at <= scene.clock.now()]
        if not jobs:
            break
        order = {JobKind.SYNC_STAGE: 0, JobKind.END_ENROLLMENT: 1, JobKind.SYNC_CUSTOMER: 2, JobKind.SEND_WELCOME: 3}
        scene.deliver([job.id for job in sorted(jobs, key=lambda job: order[job.kind])], client)
        scene.clock.at += timedelta(minutes=1)


def check(scene: JobScene) -> None:
    """At every moment."""
    assert len(scene.crm.with_email(EMAIL)) <= 1, "invariant 2: a second CRM customer"
    for granted in scene.crm.grants().values():
        assert len(granted) <= 1, "invariant 2: more than one grant"
    assert len(scene.messenger.sent) <= 1, "invariant 2: welcomed twice"


def check_synced(scene: JobScene, stages: list[str]) -> None:
    check(scene)
    (remote,) = scene.crm.with_email(EMAIL)
    assert scene.crm.grants()[remote.id] == stages
    entry = external_entry(scene.stored(scene.person), CRM)
    assert entry
    assert entry.value == f"{CRM}:{remote.id}"
    assert scene.job_of(scene.person).status is JobStatus.DONE
    enrollments = scene.app().club.enrollments_of(scene.tenant.id, [CustomerId(scene.person)])
    assert all(one.is_synced for one in enrollments)


def enrolled(tables: DynamoDBTables) -> JobScene:
    scene = ready(tables)
    scene.enroll(scene.person, "Bronze")
    return scene


def member(tables: DynamoDBTables) -> JobScene:
    scene = enrolled(tables)
    run(scene)
    check_synced(scene, ["Bronze"])
    return scene


def moved(tables: DynamoDBTables) -> JobScene:
    scene = member(tables)
    scene.enroll(scene.person, "Silver")
    return scene


def cancelled(tables: DynamoDBTables) -> JobScene:
    scene = member(tables)
    scene.cancel(scene.person)
    return scene


def deleted(tables: DynamoDBTables) -> JobScene:
    scene = member(tables)
    scene.crm.customers.clear()
    scene.owe_customer(scene.person)
    return scene


def expired(tables: DynamoDBTables) -> JobScene:
    scene = member(tables)
    membership = scene.enrollment(EnrollmentId(str(scene.stored(scene.person).membership)))
    assert membership.expires_at
    scene.clock.at = membership.expires_at
    return scene


def check_expired(scene: JobScene) -> None:
    check_synced(scene, [])
    (enrollment,) = scene.app().club.enrollments_of(scene.tenant.id, [CustomerId(scene.person)])
    assert enrollment.status is EnrollmentStatus.EXPIRED


CASES: dict[str, tuple[Callable[[DynamoDBTables], JobScene], Callable[[JobScene], None]]] = {
    "enroll": (enrolled, lambda scene: check_synced(scene, ["Bronze"])),
    "move": (moved, lambda scene: check_synced(scene, ["Silver"])),
    "cancel": (cancelled, lambda scene: check_synced(scene, [])),
    "recreate": (deleted, lambda scene: check_synced(scene, ["Bronze"])),
    "expire": (expired, check_expired),
}


@pytest.mark.parametrize("case", CASES)
def test_a_job_survives_every_failure_of_the_table(dynamodb_tables: DynamoDBTables, case: str) -> None:
    """Invariants 2 and 4."""
    arrange, check_done = CASES[case]
    use_case = UseCase(lambda: arrange(dynamodb_tables), run, lambda scene: scene.client, check, check_done)
    assert survive_every_failure(case, use_case) >= 30


@pytest.mark.parametrize("case", CASES)
def test_a_job_survives_every_failure_of_the_crm(dynamodb_tables: DynamoDBTables, case: str) -> None:
    """Invariants 2 and 4."""
    arrange, check_done = CASES[case]
    scene = arrange(dynamodb_tables)
    before = len(scene.crm.calls)
    run(scene)
    calls = len(scene.crm.calls) - before
    check_done(scene)
    assert calls >= 2
    for at in range(calls):
        for name, fault in PARTNER_FAULTS.items():
            scene = arrange(dynamodb_tables)
            number = len(scene.crm.calls) + at
            scene.crm.plan = failing_at(number, fault)
            with suppress(Crash):
                run(scene)
            assert len(scene.crm.calls) > number, f"{case}: call {at} was not reached"
            check(scene)
            run(scene)
            check_done(scene)
            writes, stored = list(scene.crm.writes), scene.stored(scene.person)
            scene.owe_customer(scene.person)
            run(scene)
            assert scene.crm.writes == writes, f"invariant 4: {name} at call {at}: something was written again"
            assert scene.stored(scene.person) == stored


def test_a_stage_survives_every_failure(dynamodb_tables: DynamoDBTables) -> None:
    def arrange() -> JobScene:
        scene = job_scene(dynamodb_tables)
        scene.add_stage("Bronze")
        return scene

    def check_stage(scene: JobScene) -> None:
        assert len(scene.crm.offers) <= 1

    def check_done(scene: JobScene) -> None:
        (placed,) = scene.app().integrations.placed_offers(scene.tenant.id, CRM).values()
        assert scene.crm.offers == {placed.tag: scene.stages["Bronze"].offer}
        assert {job.status for job in scene.jobs()} == {JobStatus.DONE}

    use_case = UseCase(arrange, run, lambda scene: scene.client, check_stage, check_done)
    assert survive_every_failure("place", use_case) >= 20
    for at in range(2):
        for fault in PARTNER_FAULTS.values():
            scene = arrange()
            scene.crm.plan = failing_at(at, fault)
            with suppress(Crash):
                run(scene)
            run(scene)
            check_done(scene)


MAIL_FAULTS: dict[str, tuple[str, BaseException, JobStatus, str | None]] = {
    "throttled": ("before", NotSent("throttled"), JobStatus.DONE, None),
    "refused": ("before", InvalidInput("no", code="undeliverable"), JobStatus.PARKED, "undeliverable"),
    "no answer": ("before", RetryLater("no answer"), JobStatus.PARKED, "maybe_sent"),
    "no answer, but sent": ("after", RetryLater("no answer"), JobStatus.PARKED, "maybe_sent"),
    "crash before": ("before", Crash("mail"), JobStatus.PARKED, "maybe_sent"),
    "crash after": ("after", Crash("mail"), JobStatus.PARKED, "maybe_sent"),
}


@pytest.mark.parametrize("name", MAIL_FAULTS)
def test_nobody_is_welcomed_twice(dynamodb_tables: DynamoDBTables, name: str) -> None:
    """Invariant 2: what may have been sent is not sent again, and what was surely not is."""
    when, error, status, reason = MAIL_FAULTS[name]
    scene = enrolled(dynamodb_tables)
    scene.messenger.plan = lambda call, _name: (when, error) if call == 0 else None
    with suppress(Crash):
        run(scene)
    run(scene)
    welcome = next(job for job in scene.jobs() if job.kind is JobKind.SEND_WELCOME)
    assert (welcome.status, welcome.reason) == (status, reason)
    assert len(scene.messenger.sent) == (when == "after" or status is JobStatus.DONE)
    if reason == "maybe_sent":
        assert scene.desk.call("POST /api/sync/jobs/{jobId}/retry", path={"jobId": welcome.id}).status == 200
        run(scene)
        assert scene.job(welcome.id).status is JobStatus.DONE, "a person has decided that it is to be sent"


def test_a_welcome_survives_every_failure_of_the_table(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2: once, or parked because nobody knows."""

    def welcome(scene: JobScene) -> Any:
        enrollment = EnrollmentId(str(scene.stored(scene.person).membership))
        return owing.send_welcome(scene.tenant.id, enrollment).job

    def acts(scene: JobScene, client: Any) -> None:
        scene.clock.at += LEASE_ENDS
        scene.deliver([welcome(scene)], client)
        if not isinstance(client, FailingClient):
            run(scene)

    def check_done(scene: JobScene) -> None:
        check(scene)
        job = scene.job(welcome(scene))
        assert (job.status, job.reason) in ((JobStatus.DONE, None), (JobStatus.PARKED, "maybe_sent"))
        assert len(scene.messenger.sent) == 1 or job.status is JobStatus.PARKED

    use_case = UseCase(lambda: enrolled(dynamodb_tables), acts, lambda scene: scene.client, check, check_done)
    assert survive_every_failure("welcome", use_case) >= 20
