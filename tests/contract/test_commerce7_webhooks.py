"""Commerce7's webhooks at the double: registered once with a secret, delivered, told again where nobody took them."""

import time

import pytest

from customerhub.errors import Unauthenticated
from infra.local.emulator import free_port
from tests.support.commerce7_bench import WEBHOOK_SECRET, Commerce7Bench
from tests.support.webhook_catcher import catching

HOOKS = "https://hub.example.com/api/webhooks/commerce7"
BASIC = {"username": "shop", "password": "basic-password"}


def test_each_is_registered_with_the_secret_which_is_shown_to_nobody(commerce7: Commerce7Bench) -> None:
    registered = commerce7.connector.register_webhooks(f"{HOOKS}/")
    assert {url for _, url in commerce7.subscriptions()} == {f"{HOOKS}/{WEBHOOK_SECRET}"}
    assert {subscription.url for subscription in registered} == {HOOKS}
    assert {subscription.url for subscription in commerce7.connector.list_webhooks()} == {HOOKS}
    assert {subscription.topic for subscription in registered} == {
        "Customer/Create",
        "Customer/Update",
        "Customer/Bulk Update",
        "Customer/Delete",
        "Order/Create",
        "Order/Update",
        "Order/Delete",
    }


def test_another_secret_takes_the_place_of_the_one_before(commerce7: Commerce7Bench) -> None:
    before = commerce7.connector.register_webhooks(HOOKS)
    after = commerce7.fresh(webhook_secret="another-secret-segment").register_webhooks(HOOKS)
    assert [each.id for each in after] == [each.id for each in before]
    assert {url for _, url in commerce7.subscriptions()} == {f"{HOOKS}/another-secret-segment"}


def test_webhooks_of_others_are_left_alone_and_ours_are_not_there_twice(commerce7: Commerce7Bench) -> None:
    others = [f"{HOOKS}-of-others/x", "https://elsewhere.example.com/hooks", f"{HOOKS}/too/deep"]
    for url in (*others, f"{HOOKS}/{WEBHOOK_SECRET}", f"{HOOKS}/{WEBHOOK_SECRET}", f"{HOOKS}/an-older-secret"):
        commerce7.ask("POST", "web-hook", {"object": "Customer", "action": "Update", "url": url})
    commerce7.connector.register_webhooks(HOOKS)
    updates = [url for topic, url in commerce7.subscriptions() if topic == "Customer/Update"]
    assert sorted(updates) == sorted([*others, f"{HOOKS}/{WEBHOOK_SECRET}"])


def test_what_is_delivered_is_believed_by_its_path_alone(commerce7: Commerce7Bench) -> None:
    connector = commerce7.connector
    with catching() as catcher:
        connector.register_webhooks(catcher.url)
        there = commerce7.add_customer(email="ann@example.com")
        ((headers, body),) = catcher.settled(1)
    (change,) = connector.parse_webhook(connector.verify_webhook(headers, body))
    assert change.id == there
    with pytest.raises(Unauthenticated):
        connector.verify_webhook({**headers, ":path": "/hooks/somebody-elses-secret"}, body)


def test_basic_authentication_is_believed_where_the_merchant_set_it_up(commerce7: Commerce7Bench) -> None:
    commerce7.settings(webhookBasic=BASIC)
    connector = commerce7.fresh(webhook_user="shop", webhook_password="basic-password")
    with catching() as catcher:
        commerce7.ask("POST", "web-hook", {"object": "Customer", "action": "Create", "url": catcher.url})
        commerce7.add_customer(email="ann@example.com")
        ((headers, body),) = catcher.settled(1)
    assert connector.verify_webhook(headers, body).topic == "Customer/Create"
    with pytest.raises(Unauthenticated):
        commerce7.connector.verify_webhook(headers, body)


def test_a_delivery_that_comes_twice_is_one_event(commerce7: Commerce7Bench) -> None:
    """Invariant 3, as far as Commerce7 lets us tell."""
    commerce7.partner.control("PUT", "webhooks", {"duplicate": True}).raise_for_status()
    commerce7.stand_still()
    connector = commerce7.connector
    with catching() as catcher:
        connector.register_webhooks(catcher.url)
        there = commerce7.add_customer(email="ann@example.com")
        commerce7.change_customer(there, firstName="Ann")
        caught = catcher.settled(4)
    events = [connector.verify_webhook(headers, body).event_id for headers, body in caught]
    assert (len(events), len(set(events))) == (4, 2)


def test_a_bulk_update_leads_to_those_whom_it_is_about(commerce7: Commerce7Bench) -> None:
    connector = commerce7.fresh()
    ids = [commerce7.add_customer(email=f"c{number}@example.com") for number in range(3)]
    with catching() as catcher:
        connector.register_webhooks(catcher.url)
        commerce7.partner.control("POST", "bulk-tag", {"tag": "Harvest", "customerIds": ids[1:]}).raise_for_status()
        ((headers, body),) = catcher.settled(1)
    (change,) = connector.parse_webhook(connector.verify_webhook(headers, body))
    page = connector.changed_in_bulk(change.id, None)
    assert (page.cursor, {customer.id for customer in page.items}) == (None, set(ids[1:]))


def test_what_nobody_took_is_told_again_from_the_log(commerce7: Commerce7Bench) -> None:
    """Invariant 2: nothing is lost while the hub is away, not even for so long that its webhooks are disabled."""
    connector = commerce7.fresh()
    since = commerce7.clock.now()
    connector.register_webhooks(f"http://127.0.0.1:{free_port()}/hooks")
    there = commerce7.add_customer(email="ann@example.com")
    failed = connector.missed_deliveries_since(since, None)
    for _ in range(100):
        if failed.items:
            break
        time.sleep(0.05)
        failed = connector.missed_deliveries_since(since, None)
    (delivery,) = failed.items
    (change,) = connector.parse_webhook(delivery)
    assert (change.kind, change.action, change.id) == ("customer", "created", there)
