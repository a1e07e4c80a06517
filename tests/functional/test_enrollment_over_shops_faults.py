"""Invariants 2 and 4 at every point of failure of one whole enrollment, over the real connectors and the doubles of
both shops: placing the stage's discount, finding or making the customer, granting, welcoming.

Each request to a shop fails once before and once after its effect, with and without the worker's end in turn; each
write of the workers to DynamoDB fails once, in one of its ways. Then workers and sweep go on.
"""

from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import timedelta
from itertools import groupby
from typing import Any

import pytest

from customerhub.domain.ids import CustomerId
from customerhub.domain.job import JobStatus
from infra.local.tables import DynamoDBTables
from tests.support.faults import FailingClient, Failure, UseCase, points
from tests.support.shop_scene import ShopScene, shop_scene
from tests.support.shops import NETWORK_FAULTS, Shops, is_write

ANN = "ann@example.com"
STRANGER = "sam@example.com"


@pytest.fixture
def tables(fresh_tables: Callable[[], DynamoDBTables]) -> DynamoDBTables:
    """The sweep looks after all tenants; those of other points have nothing left to do."""
    return fresh_tables()


def with_stage(tables: DynamoDBTables, shops: Shops) -> ShopScene:
    """A stage that the shops do not know yet, and a customer of theirs who is no member."""
    scene = shop_scene(tables, shops)
    for bench in shops.benches.values():
        bench.add_customer(email=STRANGER, tags=["VIP"])
    scene.open_stage("Bronze", 10, durationMonths=12)
    return scene


def owed(tables: DynamoDBTables, shops: Shops) -> ShopScene:
    """Nothing is done yet."""
    scene = with_stage(tables, shops)
    scene.person = scene.join("Bronze", ANN, firstName="Ann")["customerId"]
    return scene


def run(scene: ShopScene, client: Any = None) -> None:
    """Workers, which are replaced where they die, and the sweep go on until nothing waits for them."""
    scene.work_off(scene.clock.now() + timedelta(days=1), client=client)


def check(scene: ShopScene) -> None:
    for name, bench in scene.shops.benches.items():
        assert len(scene.with_email(name, ANN)) <= 1, f"invariant 2: a second customer of {name}"
        granted = [scene.granted(one) for one in bench.customers()]
        assert sum(map(len, granted)) <= 1, f"invariant 2: more than one grant of {name}"
        assert len(bench.offers()) <= 1, f"invariant 2: more than one discount of {name}"
    assert len(scene.messenger.sent) <= 1, "invariant 2: welcomed twice"


def check_done(scene: ShopScene) -> None:
    check(scene)
    scene.check_grants({ANN: "Bronze", STRANGER: None})
    assert [job.reason for job in scene.jobs(JobStatus.PARKED)] in ([], ["maybe_sent"])
    for name, bench in scene.shops.benches.items():
        assert [(one.percent, one.is_active) for one in bench.offers()] == [(10, True)], name
        assert scene.job_of(scene.person, name).status is JobStatus.DONE
    (enrollment,) = scene.app().club.enrollments_of(scene.tenant.id, [CustomerId(scene.person)])
    assert enrollment.is_synced


def check_quiet(scene: ShopScene) -> None:
    """Invariant 4: everything once more writes nothing."""
    scene.check_no_echo([scene.person])
    check_done(scene)


def shop_points(sent: Sequence[str], first: int) -> Iterator[tuple[int, str]]:
    """Of each request from that one on a failure before its effect, and where it has one, a failure after it; every
    other of them is the worker's end."""
    for at, request in enumerate(sent[first:], first):
        before, after = NETWORK_FAULTS[:2] if at % 2 else NETWORK_FAULTS[2:]
        yield at, before
        if is_write(request):
            yield at, after


def survive(arrange: Callable[[], ShopScene]) -> None:
    """Every failure of the shops, from where `arrange` leaves off."""
    scene = arrange()
    first = len(scene.shops.network.sent)
    run(scene)
    sent = list(scene.shops.network.sent)
    check_quiet(scene)
    tried = 0
    for at, fault in shop_points(sent, first):
        scene = arrange()
        network = scene.shops.network
        network.at, network.fault = at, fault
        run(scene)
        assert len(network.sent) > at, f"request {at} was not reached"
        check_done(scene)
        if "after" in fault:
            check_quiet(scene)
        tried += 1
    assert tried >= 15
    print(f"{tried} points at {len(sent) - first} requests survived")


def test_an_enrollment_survives_every_failure_of_the_shops(tables: DynamoDBTables, shops: Shops) -> None:
    survive(lambda: owed(tables, shops))


def test_an_enrollment_of_somebody_whom_the_shops_know_survives_every_failure(
    tables: DynamoDBTables, shops: Shops
) -> None:
    """The discount stands already."""

    def arrange() -> ShopScene:
        scene = with_stage(tables, shops)
        run(scene)
        for bench in shops.benches.values():
            bench.add_customer(email=ANN.upper(), lastName="Archer", tags=["VIP"])
        scene.person = scene.join("Bronze", ANN, firstName="Ann")["customerId"]
        return scene

    survive(arrange)


def one_of_each(found: Iterable[tuple[int, Failure]]) -> Iterator[tuple[int, Failure]]:
    """Of each call that writes one failure, each time another one; of those that read one in three, which fail alike:
    nothing has become of them."""
    for at, failures in groupby(found, key=lambda point: point[0]):
        possible = [failure for _, failure in failures]
        is_write = any(failure.takes_effect and failure.name.startswith("time-out") for failure in possible)
        if is_write or at % 3 == 0:
            yield at, possible[at % len(possible)]


def test_an_enrollment_survives_failures_of_the_table(tables: DynamoDBTables, shops: Shops) -> None:
    """All failures of all calls meet a CRM in memory in `test_job_faults.py`."""
    use_case = UseCase(lambda: owed(tables, shops), run, lambda scene: scene.client, check, check_done)
    tried = 0
    for at, failure in one_of_each(points(use_case)):
        scene = use_case.arrange()
        client = FailingClient(scene.client, at, failure)
        run(scene, client)
        assert len(client.calls) > at, f"call {at} was not reached"
        check_done(scene)
        tried += 1
    assert tried >= 35
    print(f"{tried} points survived")
