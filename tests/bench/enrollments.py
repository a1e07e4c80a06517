"""A thousand enrollments while both shops fail three calls in ten: the real connectors against the doubles, in
simulated time. Raises where not each of them ends with one customer and one grant in both shops."""

import tempfile
import time
from datetime import timedelta
from pathlib import Path

from customerhub.domain.sync_health import SyncFigures, percentile_ms
from infra.local.partners.processes import running_partners
from infra.local.tables import DynamoDBTables, create_tables
from tests.support.bad_day import BadDay, failing
from tests.support.shop_scene import shop_scene
from tests.support.shops import COMMERCE7, Shops

ACCOUNT = "123456789013"
"""Of its own: the sweep looks after all tenants."""
MEMBERS = 1_000
FAILING = 0.3


def run(tables: DynamoDBTables) -> None:
    """Enroll them all at once, have one worker and the sweep go on until nothing waits, and print what it took."""
    own = create_tables(tables.emulator, ACCOUNT)
    with tempfile.TemporaryDirectory() as directory, running_partners(Path(directory)) as partners:
        shops = Shops(partners)
        try:
            _run(BadDay(shop_scene(own, shops)))
        finally:
            shops.close()


def _run(day: BadDay) -> None:
    scene, shops = day.scene, day.scene.shops
    day.open()
    day.enroll(MEMBERS)
    for seed, bench in enumerate(shops.benches.values()):
        bench.fail(*failing(FAILING, seed))
    started, begun = time.perf_counter(), scene.clock.now()
    scene.work_off(begun + timedelta(days=7))
    seconds, passed = time.perf_counter() - started, scene.clock.now() - begun
    figures = day.check()
    day.check_failures(figures)
    print(f"Enrollments: {MEMBERS} at once, {FAILING:.0%} of all calls to both shops failing (refused, or not answered")
    print("without and with effect); simulated time, one worker. All ended synced, each with one customer, one grant")
    print("and one welcome e-mail.\n")
    for name in scene.integrations:
        requests = shops.benches[name].state()["requests"]
        failed = sum(requests["byFault"].values())
        print(f"  {name}: {requests['total']} requests, {failed} failed; {_told(figures[name])}")
    busiest = shops.densest_minute(COMMERCE7)
    print(f"  Commerce7's busiest minute: {busiest} requests; requests refused for coming too fast: none")
    print(f"  {passed} of simulated time in {seconds:.0f} s\n")


def _told(figures: SyncFigures) -> str:
    attempts = f"{figures.attempts} attempts, {figures.failed_attempts} failed"
    return f"{attempts}; p50 {percentile_ms(figures.buckets, 0.5)} ms, p95 {percentile_ms(figures.buckets, 0.95)} ms"
