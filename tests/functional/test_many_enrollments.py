"""Many enrollments over the real connectors and the doubles of both shops, which fail, or are not there at all: all of
them end synced. Invariants 2 and 4.

Two dozen run here; `python -m tests.bench` has the thousand.
"""

from collections.abc import Callable
from datetime import timedelta

import pytest

from customerhub.domain.job import JobKind, JobStatus
from infra.local.tables import DynamoDBTables
from tests.support.bad_day import BadDay, failing
from tests.support.shop_scene import shop_scene
from tests.support.shops import COMMERCE7, SHOPIFY, Shops

MEMBERS = 24


@pytest.fixture
def day(fresh_tables: Callable[[], DynamoDBTables], shops: Shops) -> BadDay:
    """The sweep looks after all tenants: it must not find those of other tests."""
    day = BadDay(shop_scene(fresh_tables(), shops))
    day.open()
    return day


def test_with_three_calls_in_ten_failing_every_enrollment_ends_with_one_customer_and_one_grant(day: BadDay) -> None:
    """Invariant 2."""
    scene, shops = day.scene, day.scene.shops
    day.enroll(MEMBERS)
    shops.commerce7.fail(*failing(0.3, seed=1))
    shops.shopify.fail(*failing(0.3, seed=5))
    start = scene.clock.now()
    scene.work_off(start + timedelta(minutes=1), stops_when_idle=False)
    assert day.enroll_again() >= 3
    day.rename()
    scene.work_off(start + timedelta(days=1))
    figures = day.check()
    day.check_failures(figures)
    assert shops.densest_minute(COMMERCE7) <= 100
    assert shops.commerce7.state()["allowance"]["busiest"] <= 100
    health = scene.desk.call("GET /api/sync/health").body["integrations"]
    assert [each["customers"] for each in health] == [{"synced": MEMBERS, "pending": 0, "parked": 0}] * 2
    shown = {each["integration"]: (each["attempts"], each["failedAttempts"]) for each in health}
    assert shown == {name: (figures[name].attempts, figures[name].failed_attempts) for name in scene.integrations}
    print(f"attempts and failed ones: {shown}; {scene.clock.now() - start} of simulated time")


def test_an_hour_without_commerce7_delays_everybody_there_and_nobody_elsewhere(day: BadDay) -> None:
    """Invariant 2, and 4 afterwards. Its process is really stopped."""
    scene, shops, start = day.scene, day.scene.shops, day.scene.clock.now()
    day.enroll(8)
    shops.commerce7.partner.stop()
    scene.work_off(start + timedelta(hours=1), stops_when_idle=False)
    during = {each["integration"]: each for each in scene.desk.call("GET /api/sync/health").body["integrations"]}
    assert during[COMMERCE7]["customers"] == {"synced": 0, "pending": 8, "parked": 0}
    assert during[SHOPIFY]["customers"] == {"synced": 8, "pending": 0, "parked": 0}
    assert during[COMMERCE7]["failedAttempts"] >= 40
    assert len(scene.messenger.sent) == 8, "a welcome waits for no shop"
    shops.revive(COMMERCE7)
    scene.work_off(start + timedelta(days=1))
    day.check()
    tried = [job.attempts for job in scene.jobs(JobStatus.DONE) if job.kind is JobKind.SYNC_CUSTOMER]
    assert scene.clock.now() < start + timedelta(hours=3)
    print(f"{max(tried)} attempts at most; all synced {scene.clock.now() - start} after they were enrolled")
    scene.check_no_echo(day.members.values())
