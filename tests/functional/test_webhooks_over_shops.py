"""Webhooks of the double of Shopify, read by the real connector and worked by the worker."""

from collections.abc import Mapping, Sequence
from datetime import timedelta

import pytest

from customerhub.bootstrap import build_delivery_parts
from customerhub.domain.delivery import DeliveryStatus
from customerhub.services.new_delivery import new_delivery
from customerhub.services.work_delivery import DeliveryParts, work_delivery
from customerhub.settings import Settings
from customerhub.store.pacing import DynamoPacers
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.care import HeardTopic
from tests.support.import_desk import HeardJobs
from tests.support.inbox import FakeDeliveryQueue
from tests.support.shop_scene import ShopConnectors, ShopScene, shop_scene
from tests.support.shops import SHOPIFY, Shops
from tests.support.webhook_catcher import WebhookCatcher, catching

Caught = tuple[Mapping[str, str], bytes]
TOPIC = "x-shopify-topic"


def parts_of(scene: ShopScene) -> DeliveryParts:
    settings = Settings(scene.tables.names)
    pacers = DynamoPacers(Database(scene.client), settings.work_table, scene.clock)
    return build_delivery_parts(
        settings,
        scene.client,
        connectors=ShopConnectors(scene.shops, pacers, scene.clock),
        queue=FakeDeliveryQueue(),
        job_queue=HeardJobs(),
        topic=HeardTopic(),
        clock=scene.clock,
    )


def work(scene: ShopScene, letters: Sequence[Caught]) -> list[tuple[str, DeliveryStatus]]:
    """What became of each, by topic."""
    parts = parts_of(scene)
    integration = parts.club.integrations.get_integration(scene.tenant.id, SHOPIFY)
    assert integration
    connector, worked = parts.connectors.open(integration), list[tuple[str, DeliveryStatus]]()
    for headers, body in letters:
        verified = connector.verify_webhook(headers, body)
        delivery = new_delivery(integration, connector, verified, scene.clock.now())
        parts.deliveries.put_delivery_if_absent(delivery)
        after = work_delivery(scene.tenant.id, delivery.id, scene.clock.now() + timedelta(minutes=1), parts=parts)
        assert after
        worked.append((headers[TOPIC], after.status))
    return worked


def caught(catcher: WebhookCatcher, topic: str) -> list[Caught]:
    """What has come since the last time, once that topic is among it."""
    catcher.wait_until(lambda: any(headers[TOPIC] == topic for headers, _ in catcher.caught))
    letters = catcher.settled()
    catcher.caught.clear()
    return letters


@pytest.mark.parametrize("first", ["customers/delete", "customers/merge"])
def test_who_was_merged_in_the_shop_is_one_customer_and_can_be_two_again(
    dynamodb_tables: DynamoDBTables, shops: Shops, first: str
) -> None:
    """Invariants 3 and 5: the shop tells of the merge and of the deletion, in either order."""
    scene, bench = shop_scene(dynamodb_tables, shops), shops.shopify
    with catching() as catcher:
        bench.connector.register_webhooks(catcher.url)
        leaving = bench.add_customer(email="ann.old@example.com", firstName="Ann", tags=["VIP"])
        staying = bench.add_customer(email="ann@example.com", firstName="Ann")
        catcher.wait_until(lambda: [headers[TOPIC] for headers, _ in catcher.caught].count("customers/create") == 2)
        work(scene, caught(catcher, "customers/create"))
        gone, kept = (scene.till.manage(email=email).id for email in ("ann.old@example.com", "ann@example.com"))
        assert gone != kept
        scene.let_pass(minutes=1)
        into = {"into": bench.control_id(staying)}
        bench.partner.control("POST", f"customers/{bench.control_id(leaving)}/merge", into).raise_for_status()
        letters = caught(catcher, "customers/merge")
    letters.sort(key=lambda letter: letter[0][TOPIC] != first)
    assert dict(work(scene, letters)).keys() >= {"customers/delete", "customers/merge"}

    assert {scene.till.manage(email=email).id for email in ("ann.old@example.com", "ann@example.com")} == {kept}
    assert scene.till.get(gone).id == kept, "an old id leads there"
    assert [one["id"] for one in scene.till.search("ann").body["customers"]] == [kept]
    undone = scene.till.unmerge(kept)
    assert undone.status == 200
    assert scene.till.manage(email="ann.old@example.com").id == gone
    assert scene.till.manage(email="ann@example.com").id == kept
