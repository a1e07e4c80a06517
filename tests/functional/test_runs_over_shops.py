"""Runs over the real connectors and the doubles of both shops: the first one from Shopify's export and from
Commerce7's pages, the next ones by what has changed, and a comparison."""

from datetime import timedelta
from typing import Any

import pytest

from customerhub.bootstrap import build_pull_parts
from customerhub.domain.feed import FeedKind
from customerhub.domain.ids import CredentialId, IntegrationId
from customerhub.domain.run import Run, RunKind, RunStatus
from customerhub.domain.verdict import Verdict
from customerhub.services.run_parts import PullParts
from customerhub.services.start_run import start_run
from customerhub.services.work_run import Ending, work_run
from customerhub.settings import Settings
from customerhub.store.pacing import DynamoPacers
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.care import HeardTopic
from tests.support.import_desk import HeardJobs
from tests.support.run_desk import HeardRuns
from tests.support.shop_scene import ShopConnectors, ShopScene, shop_scene
from tests.support.shops import COMMERCE7, SHOPIFY, Shops

SOMEBODY = CredentialId("key:somebody")
PEOPLE = 12


def parts_of(scene: ShopScene) -> PullParts:
    settings, database = Settings(scene.tables.names), Database(scene.client)
    pacers = DynamoPacers(database, settings.work_table, scene.clock)
    return build_pull_parts(
        settings,
        scene.client,
        connectors=ShopConnectors(scene.shops, pacers, scene.clock),
        queue=HeardRuns(),
        job_queue=HeardJobs(),
        topic=HeardTopic(),
        clock=scene.clock,
    )


def pull(scene: ShopScene, name: IntegrationId, kind: RunKind = RunKind.PULL) -> Run:
    """One run, to its end; time goes on as long as it has to."""
    parts = parts_of(scene)
    integration = parts.club.integrations.get_integration(scene.tenant.id, name)
    assert integration
    run = start_run(integration, kind, SOMEBODY, parts=parts.starting)
    for _ in range(100):
        ending = work_run(scene.tenant.id, run.id, scene.clock.now() + timedelta(minutes=5), parts=parts)
        if ending is Ending.ENDED:
            ended = parts.runs.get_run(scene.tenant.id, run.id)
            assert ended
            return ended
        scene.let_pass(seconds=30)
    raise AssertionError(parts.runs.get_run(scene.tenant.id, run.id))


def emails(scene: ShopScene) -> set[str]:
    return {customer["email"] for customer in scene.till.search(limit=100).body["customers"]}


@pytest.mark.parametrize(
    ("name", "settings"),
    [
        (SHOPIFY, {"bulkSeconds": 20}),
        (SHOPIFY, {"bulkSeconds": 0, "bulkBreaksOffAfter": 4_000}),
        (SHOPIFY, {"bulkSeconds": 5, "bulkFailsAfter": 3}),
        (COMMERCE7, {}),
        (COMMERCE7, {"customerUpdatedAtFilter": "rejected"}),
        (COMMERCE7, {"customerUpdatedAtFilter": "ignored"}),
    ],
)
def test_a_shop_is_taken_in_whole_and_followed(
    dynamodb_tables: DynamoDBTables, shops: Shops, name: IntegrationId, settings: dict[str, Any]
) -> None:
    scene = shop_scene(dynamodb_tables, shops)
    bench: Any = shops.benches[name]
    if settings:
        bench.settings(**settings)
    people = [bench.add_customer(email=f"p{number}@example.com", firstName="Kim") for number in range(PEOPLE)]
    bench.add_product(title="Wine")
    scene.let_pass(hours=1)

    first = pull(scene, name)
    assert (first.status, first.reason) == (RunStatus.COMPLETED, None)
    assert first.counts[FeedKind.CUSTOMERS].of(Verdict.CREATED) == PEOPLE
    assert first.counts[FeedKind.PRODUCTS].of(Verdict.CREATED) == 1
    assert emails(scene) == {f"p{number}@example.com" for number in range(PEOPLE)}

    scene.let_pass(hours=1)
    bench.change_customer(people[3], firstName="Ann")
    bench.add_customer(email="new@example.com")
    scene.let_pass(minutes=20)
    second = pull(scene, name)
    assert second.total.of(Verdict.CREATED) == 1
    assert second.total.of(Verdict.UPDATED) == 1
    assert "new@example.com" in emails(scene)

    bench.delete_customer(people[5])
    scene.let_pass(minutes=20)
    compared = pull(scene, name, RunKind.COMPARE)
    assert (compared.status, compared.gone) == (RunStatus.COMPLETED, 1)
    assert compared.counts[FeedKind.CUSTOMERS].rows == PEOPLE + 1
    runs = parts_of(scene).runs
    drift = runs.get_drift(scene.tenant.id, name)
    assert drift
    assert (drift.only_in_shop, drift.only_in_hub, drift.different) == (0, 1, 0)
