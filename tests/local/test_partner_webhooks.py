"""Webhooks of a double: what subscribers get over a network that loses, repeats and disorders."""

import base64
import json
import threading
import time
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest

from tests.support.commerce7 import Commerce7Caller


class Subscriber(ThreadingHTTPServer):
    """Keeps what comes, and answers each with the next of `statuses`, with 200 once there are no more."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Answer)
        self.caught: list[tuple[dict[str, str], Any]] = []
        self.statuses: list[int] = []

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server_port}/hooks/secret"

    def bodies(self, count: int) -> list[Any]:
        """The first so many, once they have come."""
        wait_for(lambda: len(self.caught) >= count)
        return [body for _, body in self.caught]


class _Answer(BaseHTTPRequestHandler):
    server: Subscriber

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["content-length"]))
        self.server.caught.append(({name.lower(): value for name, value in self.headers.items()}, json.loads(body)))
        self.send_response(self.server.statuses.pop(0) if self.server.statuses else 200)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: Any) -> None:  # the name is the base class's
        pass


def wait_for(condition: Callable[[], bool], timeout_s: float = 15) -> None:
    deadline = time.monotonic() + timeout_s
    while not condition():
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.fixture
def subscriber() -> Iterator[Subscriber]:
    with Subscriber() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


def subscribe(
    commerce7: Commerce7Caller, subscriber: Subscriber, action: str = "Create", kind: str = "Customer"
) -> Any:
    return commerce7.ok("POST", "/web-hook", {"object": kind, "action": action, "url": subscriber.url})


def enrol(commerce7: Commerce7Caller, count: int) -> list[str]:
    return [commerce7.customer(f"c{number}@example.com")["id"] for number in range(count)]


def test_a_subscriber_is_told_of_its_object_and_action(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    hook = subscribe(commerce7, subscriber)
    customer = commerce7.customer("ada@example.com")
    commerce7.ok("PUT", f"/customer/{customer['id']}", {"firstName": "Ada"})
    commerce7.tag("VIP")

    assert subscriber.bodies(1) == [
        {
            "object": "Customer",
            "action": "Create",
            "payload": customer,
            "user": "customer-hub",
            "tenantId": "demo-winery",
            "webHookId": hook["id"],
        }
    ]
    headers = subscriber.caught[0][0]
    assert headers["content-type"] == "application/json"
    assert not [name for name in headers if name == "authorization" or "signature" in name or "hmac" in name]


def test_the_staffs_changes_carry_the_staffs_name(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    subscribe(commerce7, subscriber, "Update")
    subscribe(commerce7, subscriber, "Delete")
    customer = commerce7.customer("ada@example.com")
    commerce7.control("PATCH", f"customers/{customer['id']}", {"firstName": "Ada"})
    commerce7.control("DELETE", f"customers/{customer['id']}")

    bodies = subscriber.bodies(2)
    assert [(body["action"], body["user"]) for body in bodies] == [
        ("Update", "staff@winery.example"),
        ("Delete", "staff@winery.example"),
    ]
    assert [body["payload"]["firstName"] for body in bodies] == ["Ada", "Ada"]


def test_orders_are_told_of(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    subscribe(commerce7, subscriber, kind="Order")
    order = commerce7.control("POST", "orders", {"email": "ada@example.com", "totalCents": 2500})

    assert subscriber.bodies(1)[0]["payload"] == order


def test_webhooks_come_in_order(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    subscribe(commerce7, subscriber)
    ids = enrol(commerce7, 20)

    assert [body["payload"]["id"] for body in subscriber.bodies(20)] == ids


def test_with_basic_if_the_merchant_has_typed_it_in(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    commerce7.control("PUT", "settings", {"webhookBasic": {"username": "hub", "password": "s3cret"}})
    subscribe(commerce7, subscriber)
    enrol(commerce7, 1)
    subscriber.bodies(1)

    assert subscriber.caught[0][0]["authorization"] == "Basic " + base64.b64encode(b"hub:s3cret").decode()


def test_switched_off_nothing_is_sent(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    subscribe(commerce7, subscriber)
    commerce7.control("PUT", "webhooks", {"enabled": False})
    enrol(commerce7, 1)
    commerce7.control("PUT", "webhooks", {"enabled": True})
    ids = [commerce7.customer("last@example.com")["id"]]

    assert [body["payload"]["id"] for body in subscriber.bodies(1)] == ids


def test_lost_webhooks_never_come_and_stand_in_the_log(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    subscribe(commerce7, subscriber)
    commerce7.control("PUT", "webhooks", {"drop": True})
    lost = enrol(commerce7, 3)
    commerce7.control("PUT", "webhooks", {"drop": False})
    commerce7.customer("last@example.com")

    assert len(subscriber.bodies(1)) == 1
    assert commerce7.state()["webhooks"]["dropped"] == 3
    logs = commerce7.ok("GET", "/web-hook-log?object=Customer&action=Create&isSuccess=false")["webHookLogs"]
    assert sorted(log["payload"]["id"] for log in logs) == sorted(lost)


def test_some_are_lost_by_a_rate_and_the_same_ones_by_the_same_seed(
    commerce7: Commerce7Caller, subscriber: Subscriber
) -> None:
    subscribe(commerce7, subscriber)

    def lost(run: int) -> list[int]:
        before = 0
        commerce7.control("PUT", "webhooks", {"drop": 0.5, "seed": 3})
        gone = []
        base = commerce7.state()["webhooks"]["dropped"]
        for number in range(20):
            commerce7.control("POST", "customers", {"email": f"r{run}-{number}@example.com"})
            dropped = commerce7.state()["webhooks"]["dropped"] - base
            gone += [number] * (dropped - before)
            before = dropped
        return gone

    first = lost(1)
    assert 3 < len(first) < 17
    assert lost(2) == first


def test_repeated_webhooks_come_twice(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    subscribe(commerce7, subscriber)
    commerce7.control("PUT", "webhooks", {"duplicate": 1})
    enrol(commerce7, 3)
    bodies = subscriber.bodies(6)

    assert bodies[0] == bodies[1]
    assert [body["payload"]["id"] for body in bodies[::2]] == [body["payload"]["id"] for body in bodies[1::2]]


def test_disordered_webhooks_all_come_but_not_in_order(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    subscribe(commerce7, subscriber)
    commerce7.control("PUT", "webhooks", {"reorder": True})
    ids = enrol(commerce7, 5)
    came = [body["payload"]["id"] for body in subscriber.bodies(5)]

    assert sorted(came) == sorted(ids)
    assert came != ids


def test_a_single_webhook_is_not_held_back_for_ever(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    subscribe(commerce7, subscriber)
    commerce7.control("PUT", "webhooks", {"reorder": True})
    enrol(commerce7, 1)

    assert len(subscriber.bodies(1)) == 1


def test_a_failed_webhook_is_tried_again_with_the_same_bytes(
    commerce7: Commerce7Caller, subscriber: Subscriber
) -> None:
    subscribe(commerce7, subscriber)
    subscriber.statuses = [500, 503]
    enrol(commerce7, 1)
    subscriber.bodies(1)
    wait_for(lambda: commerce7.state()["webhooks"]["failed"] == 1)
    (log,) = commerce7.ok("GET", "/web-hook-log?isSuccess=false")["webHookLogs"]
    assert (log["object"], log["action"], log["error"]["status"]) == ("Customer", "Create", 500)

    commerce7.control("PUT", "clock", {"advanceSeconds": 60})
    subscriber.bodies(2)
    # The next attempt is due by the clock at which the failure is counted, not at which the subscriber answered.
    wait_for(lambda: commerce7.state()["webhooks"]["failed"] == 2)
    commerce7.control("PUT", "clock", {"advanceSeconds": 600})
    bodies = subscriber.bodies(3)
    assert bodies[0] == bodies[1] == bodies[2]
    wait_for(lambda: commerce7.state()["webhooks"]["delivered"] == 1)
    (log,) = commerce7.ok("GET", "/web-hook-log?isSuccess=true")["webHookLogs"]
    assert log["error"] is None
    assert commerce7.state()["webhooks"]["pending"] == 0


def test_a_hook_that_fails_for_48_hours_is_disabled_for_good(
    commerce7: Commerce7Caller, subscriber: Subscriber
) -> None:
    hook = subscribe(commerce7, subscriber)
    subscriber.statuses = [500] * 10
    commerce7.customer("first@example.com")
    wait_for(lambda: commerce7.state()["webhooks"]["failed"] == 1)
    commerce7.control("PUT", "clock", {"advanceSeconds": 48 * 3600})
    wait_for(lambda: not commerce7.state()["subscriptions"])

    (disabled,) = commerce7.state()["disabledSubscriptions"]
    assert disabled["id"] == hook["id"]
    assert commerce7.call("GET", f"/web-hook/{hook['id']}").status_code == 404


def test_bulk_tagging_is_told_of_once_with_an_address_to_read_at(
    commerce7: Commerce7Caller, subscriber: Subscriber
) -> None:
    subscribe(commerce7, subscriber, "Update")
    subscribe(commerce7, subscriber, "Bulk Update")
    ids = enrol(commerce7, 3)
    tag = commerce7.control("POST", "bulk-tag", {"tag": "VIP", "customerIds": ids})

    (body,) = subscriber.bodies(1)
    address = f"{commerce7.partner.url}/v1/customer?tagId={tag['id']}&cursor=start"
    assert (body["object"], body["action"], body["payload"]) == ("Customer", "Bulk Update", {"callbackUrl": address})
    listed = commerce7.http.get(address).json()
    assert [customer["id"] for customer in listed["customers"]] == sorted(ids)
    assert "cursor" not in listed


def test_the_log_is_filtered_by_time(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    subscribe(commerce7, subscriber)
    enrol(commerce7, 1)
    wait_for(lambda: commerce7.state()["webhooks"]["delivered"] == 1)

    assert commerce7.ok("GET", "/web-hook-log?updatedAt=gte:2000-01-01T00:00:00.000Z")["total"] == 1
    assert commerce7.ok("GET", "/web-hook-log?updatedAt=gte:2099-01-01T00:00:00.000Z")["total"] == 0


@pytest.mark.parametrize(
    ("content", "fields"),
    [
        ({}, ["object", "action", "url"]),
        ({"object": "Guest", "action": "Create", "url": "http://x.example"}, ["object"]),
        ({"object": "Customer", "action": "Vanish", "url": "http://x.example"}, ["action"]),
        ({"object": "Customer", "action": "Create", "url": "ftp://x.example"}, ["url"]),
        ({"object": "Customer", "action": "Create", "url": "http://x.example", "username": "u"}, ["username"]),
    ],
)
def test_a_hook_that_makes_no_sense_is_refused(commerce7: Commerce7Caller, content: Any, fields: list[str]) -> None:
    response = commerce7.call("POST", "/web-hook", content)

    assert response.status_code == 422
    assert [problem["field"] for problem in response.json()["errors"]] == fields


def test_hooks_are_listed_changed_and_deleted(commerce7: Commerce7Caller, subscriber: Subscriber) -> None:
    hook = subscribe(commerce7, subscriber)
    assert commerce7.ok("GET", "/web-hook") == {"webHooks": [hook], "total": 1}

    changed = commerce7.ok("PUT", f"/web-hook/{hook['id']}", {"url": "https://hub.example/x"})
    assert (changed["url"], changed["object"]) == ("https://hub.example/x", "Customer")
    assert commerce7.call("PUT", f"/web-hook/{hook['id']}", {"url": None}).status_code == 422

    assert commerce7.call("DELETE", f"/web-hook/{hook['id']}").status_code == 204
    assert commerce7.ok("GET", "/web-hook") == {"webHooks": [], "total": 0}
