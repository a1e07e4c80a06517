"""Many workers at one job, jobs owed anew while they run, lost messages, and a thousand enrollments on bad days.
Invariants 2 and 4."""

import random
import threading
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta
from functools import partial

import pytest

from customerhub.aws.clock import SystemClock
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.sync_health import total
from customerhub.services.attempts import attempts
from infra.local.tables import DynamoDBTables
from tests.support.fake_crm import FakeCrm, Fault, unavailable
from tests.support.faults import Crash
from tests.support.job_scene import CRM, START, JobScene, job_scene


def bronze(tables: DynamoDBTables, **parts: object) -> JobScene:
    scene = job_scene(tables, **parts)
    for name in ("Bronze", "Silver"):
        scene.add_stage(name, months=None)
    scene.deliver([job.id for job in scene.jobs()])
    return scene


def test_eight_workers_with_one_message_do_it_once(dynamodb_tables: DynamoDBTables) -> None:
    scene = bronze(dynamodb_tables, clock=SystemClock(), crm=FakeCrm(pause_s=0.05))
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    jobs = [job.id for job in scene.jobs(JobStatus.WAITING) if job.kind is not JobKind.END_ENROLLMENT]
    with ThreadPoolExecutor(8) as pool:
        failed = list(pool.map(lambda _: scene.deliver(jobs, scene.tables.client()), range(8)))
    assert failed == [[]] * 8
    assert Counter(scene.crm.writes) == {"put_offer": 2, "create": 1, "grant": 1}
    assert len(scene.messenger.sent) == 1
    assert scene.job_of(ann.id).attempts == 1


def test_owed_anew_while_it_runs_it_is_run_again(dynamodb_tables: DynamoDBTables) -> None:
    """Ann moves on while the first stage is being granted: the worker finds out when it is done."""
    scene = bronze(dynamodb_tables)
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")

    def moves_on(_number: int, name: str) -> Fault | None:
        if name == "grant" and scene.crm.writes.count("create") == 1:
            scene.crm.plan = lambda _number, _name: None
            scene.enroll(ann.id, "Silver")
        return None

    scene.crm.plan = moves_on
    scene.deliver([scene.job_of(ann.id).id])
    assert scene.job_of(ann.id).status is JobStatus.DONE
    assert list(scene.crm.grants().values()) == [["Silver"]]


def test_put_away_while_it_runs_it_stays_so(dynamodb_tables: DynamoDBTables) -> None:
    scene = bronze(dynamodb_tables)
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    job = scene.job_of(ann.id).id

    def discards(_number: int, name: str) -> Fault | None:
        if name == "grant":
            assert scene.desk.call("POST /api/sync/jobs/{jobId}/discard", path={"jobId": job}).status == 200
        return None

    scene.crm.plan = discards
    scene.deliver([job])
    assert scene.job(job).status is JobStatus.DISCARDED


def test_a_worker_that_dies_is_replaced_when_its_lease_has_run_out(
    fresh_tables: Callable[[], DynamoDBTables],
) -> None:
    scene = bronze(fresh_tables())
    ann = scene.customer("ann@example.com")
    scene.enroll(ann.id, "Bronze")
    job = scene.job_of(ann.id).id
    scene.queue.messages.clear()
    scene.crm.plan = lambda _number, _name: ("after", Crash("power"))
    with pytest.raises(Crash):
        scene.deliver([job])
    scene.crm.plan = lambda _number, _name: None
    scene.deliver([job])
    assert scene.job(job).status is JobStatus.WAITING, "somebody may still be at it"
    scene.work_off(scene.clock.now() + timedelta(minutes=10))
    assert scene.job(job).status is JobStatus.DONE
    assert Counter(scene.crm.writes) == {"put_offer": 2, "create": 1, "grant": 1}


def test_lost_messages_are_sent_by_the_sweep_and_a_backlog_is_not_sent_every_minute(
    fresh_tables: Callable[[], DynamoDBTables],
) -> None:
    scene = bronze(fresh_tables())
    scene.queue.loses = True
    people = [scene.customer(f"p{number}@example.com").id for number in range(5)]
    for person in people:
        scene.enroll(person, "Bronze")
    scene.queue.loses = False
    scene.queue.messages.clear()
    ours = {scene.job_of(person).id for person in people}
    scene.sweep()
    sent = [job for tenant, job, _ in scene.queue.messages if tenant == scene.tenant.id]
    assert ours <= set(sent)
    assert len(sent) == len(set(sent))
    scene.queue.messages.clear()
    scene.clock.at += timedelta(minutes=1)
    scene.sweep()
    assert not [job for tenant, job, _ in scene.queue.messages if tenant == scene.tenant.id]
    scene.clock.at += timedelta(minutes=10)
    scene.sweep()
    assert ours <= {job for tenant, job, _ in scene.queue.messages}
    assert all(scene.job_of(person).due_at == START for person in people)


def enroll_many(scene: JobScene, count: int) -> list[str]:
    def one(number: int) -> str:
        person = scene.customer(f"member{number}@example.com", firstName=f"Member{number}").id
        scene.enroll(person, "Bronze")
        return person

    with ThreadPoolExecutor(4) as pool:
        return list(pool.map(one, range(count)))


def check_everybody(scene: JobScene, people: list[str]) -> None:
    grants = scene.crm.grants()
    assert len(grants) == len(people), "invariant 2: one CRM customer for each"
    assert set(map(tuple, grants.values())) == {("Bronze",)}, "invariant 2: one grant for each"
    assert len({email for one in scene.crm.customers.values() for email in one.emails}) == len(people)
    recount = Counter((job.integration, job.kind, job.status) for job in scene.scan_jobs())
    figures = scene.app().jobs.read_figures(scene.tenant.id, [CRM, None], scene.clock.now())
    counted = {(one, *place): n for one, shown in figures.items() for place, n in shown.jobs.items()}
    assert counted == recount, "the counters are what a recount finds"
    assert recount[CRM, JobKind.SYNC_CUSTOMER, JobStatus.DONE] == len(people)


def health(scene: JobScene) -> dict[str, object]:
    reply = scene.desk.call("GET /api/sync/health")
    assert reply.status == 200
    return reply.body


def test_enrollments_with_a_crm_that_fails_three_calls_in_ten_end_all_synced(
    fresh_tables: Callable[[], DynamoDBTables],
) -> None:
    scene = bronze(fresh_tables())
    people = enroll_many(scene, 100)
    chance, failed = random.Random(7), Counter[str]()

    def plan(_number: int, name: str) -> Fault | None:
        if chance.random() >= 0.3:
            return None
        when = chance.choice(["before", "after"])
        failed[when] += 1
        return when, unavailable(503 if when == "before" else None)

    scene.crm.plan = plan
    scene.work_off(START + timedelta(days=1))
    check_everybody(scene, people)
    shown = health(scene)
    assert shown["total"]["customers"] == {"synced": 100, "pending": 0, "parked": 0}  # type: ignore[index]
    figures = total(scene.app().jobs.read_figures(scene.tenant.id, [CRM, None], scene.clock.now()).values())
    assert figures.failed_attempts == failed.total()
    jobs = scene.scan_jobs()
    assert figures.attempts == sum(job.attempts for job in jobs)
    print(f"{figures.attempts} attempts, {figures.failed_attempts} failed, {scene.clock.now() - START} simulated")


def test_an_hour_without_the_crm_delays_everybody_and_loses_nobody(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    scene = bronze(fresh_tables())
    people = enroll_many(scene, 40)
    back_at: datetime = START + timedelta(hours=1)
    scene.crm.plan = lambda _n, _name: ("before", unavailable(None)) if scene.clock.now() < back_at else None
    scene.work_off(START + timedelta(minutes=30))
    during = health(scene)["total"]
    assert during["customers"]["pending"] == 40  # type: ignore[index]
    assert during["failedAttempts"] > 200  # type: ignore[index]
    assert during["queue"]["length"] == 40  # type: ignore[index]
    scene.work_off(START + timedelta(days=1))
    check_everybody(scene, people)
    assert scene.clock.now() < back_at + timedelta(hours=2)
    assert health(scene)["total"]["lastSuccessAt"] > back_at.isoformat()  # type: ignore[index]


def test_counters_are_right_under_many_hands(dynamodb_tables: DynamoDBTables) -> None:
    """Enrolling, working and retrying at the same time."""
    scene = bronze(dynamodb_tables, clock=SystemClock())
    people = [scene.customer(f"p{number}@example.com").id for number in range(12)]
    for person in people:
        scene.enroll(person, "Bronze")
    stop = threading.Event()

    def work(_: int) -> None:
        while not stop.is_set():
            scene.deliver([scene.job_of(person).id for person in random.sample(people, 3)], scene.tables.client())

    with ThreadPoolExecutor(4) as pool:
        workers = [pool.submit(work, number) for number in range(3)]
        try:
            for person in people:
                attempts(scene.clock, partial(scene.enroll, person, "Silver"))
        finally:
            stop.set()
        for worker in workers:
            worker.result()
    jobs = [scene.job_of(person) for person in people]
    scene.deliver([job.id for job in jobs if job.status is JobStatus.WAITING])
    check = Counter((job.integration, job.kind, job.status) for job in scene.scan_jobs())
    figures = scene.app().jobs.read_figures(scene.tenant.id, [CRM, None], scene.clock.now())
    assert {(one, *place): n for one, shown in figures.items() for place, n in shown.jobs.items()} == check
    assert set(map(tuple, scene.crm.grants().values())) == {("Silver",)}
    assert len(scene.crm.customers) == len(people)
