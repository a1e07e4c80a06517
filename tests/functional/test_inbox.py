"""Webhooks come in: who is believed, what is stored, at what cost, and what a fault leaves behind."""

import base64
import json
import logging
import random
from collections.abc import Callable
from contextlib import suppress
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from customerhub.domain.delivery import DeliveryStatus
from customerhub.domain.delivery_outcome import parked
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import RemoteChange
from customerhub.entrypoints.webhooks import MAX_BODY_BYTES, build_webhooks
from customerhub.errors import ServiceUnavailable, StoreUnavailable
from infra.local.tables import DynamoDBTables
from tests.support import commerce7_samples
from tests.support.fake_crm import FakeQueue
from tests.support.faults import FAILURES, Crash, FailingClient, Failure, UseCase, survive_every_failure
from tests.support.inbox import COMMERCE7, SHOPIFY, SOURCE, Inbox, open_events, open_inbox
from tests.support.job_scene import Context, job_scene

BODY = json.dumps({"id": 9_007_199_254_740_993, "email": "ann@example.com", "first_name": "Ann"}).encode()


@pytest.fixture
def inbox(dynamodb_tables: DynamoDBTables) -> Inbox:
    return open_inbox(dynamodb_tables)


def body_of(answer: dict[str, Any]) -> dict[str, Any]:
    body: dict[str, Any] = json.loads(answer["body"])
    return body


def test_a_signed_webhook_is_stored_and_the_queue_told(inbox: Inbox) -> None:
    answer = inbox.post(inbox.signed(BODY, x_shopify_event_id="event-1"), BODY)
    assert (answer["statusCode"], body_of(answer)) == (200, {"status": "stored"})
    delivery = inbox.only()
    assert (delivery.tenant, delivery.integration, delivery.topic) == (inbox.tenant.id, SHOPIFY, "customers/update")
    assert (delivery.body, delivery.status) == (BODY, DeliveryStatus.WAITING)
    assert delivery.event_id == f"{inbox.account}/customers/update/event-1/9007199254740993"
    assert delivery.occurred_at == delivery.received_at == inbox.clock.now()
    assert inbox.queue.messages == [(inbox.tenant.id, delivery.id, inbox.clock.now())]


def test_a_warm_process_makes_two_calls_before_it_answers(inbox: Inbox) -> None:
    recorder = FailingClient(inbox.client)
    parts = inbox.fresh_parts(recorder)
    inbox.post(inbox.signed(BODY), BODY, parts=parts)
    assert recorder.calls == ["get_item", "get_item", "put_item"]
    recorder.calls.clear()
    inbox.queue.sends = 0
    for _ in range(3):
        assert inbox.post(inbox.signed(BODY), BODY, parts=parts)["statusCode"] == 200
    assert (recorder.calls, inbox.queue.sends) == (["put_item"] * 3, 3)
    inbox.pass_time(seconds=61)
    recorder.calls.clear()
    inbox.post(inbox.signed(BODY), BODY, parts=parts)
    assert recorder.calls == ["get_item", "get_item", "put_item"]


def test_the_same_event_is_stored_once_however_often_it_comes(inbox: Inbox) -> None:
    headers = inbox.signed(BODY, x_shopify_event_id="event-1")
    answers = [body_of(inbox.post(headers, BODY))["status"] for _ in range(3)]
    other = inbox.signed(BODY, x_shopify_event_id="event-1", x_shopify_topic="customers/create")
    assert answers == ["stored", "known", "known"]
    assert body_of(inbox.post(other, BODY))["status"] == "stored"
    assert len(inbox.stored()) == len(inbox.queue.messages) == 2


def test_the_secret_before_the_present_one_counts_for_a_while(inbox: Inbox) -> None:
    assert inbox.status(inbox.signed(BODY, "shpss_before"), BODY) == 200


@pytest.mark.parametrize(
    "forged",
    [
        {"x-shopify-hmac-sha256": "wrong"},
        {"x-shopify-hmac-sha256": ""},
        {"x-shopify-hmac-sha256": "é"},
        {"x-shopify-shop-domain": "nobody.myshopify.com"},
        {"x-shopify-shop-domain": "other"},
    ],
    ids=["wrong", "empty", "no base64", "unknown shop", "another's shop"],
)
def test_who_is_not_believed_is_not_told_why(inbox: Inbox, dynamodb_tables: DynamoDBTables, forged: Any) -> None:
    """A shop that is not connected, and a signature that does not fit, look alike: invariant 7."""
    other = open_inbox(dynamodb_tables)
    other.connectors.stored[SHOPIFY] = other.connectors.known[SHOPIFY] = {
        "access_token": "shpat_2",
        "webhook_secret": "shpss_other",
    }
    headers = inbox.signed(BODY) | forged
    if headers["x-shopify-shop-domain"] == "other":
        headers["x-shopify-shop-domain"] = other.account
        inbox.connectors.known = inbox.connectors.stored = other.connectors.stored
    answer = inbox.post(headers, BODY)
    assert answer["statusCode"] == 401
    assert body_of(answer) == {
        "error": "Unauthenticated",
        "message": "no shop that is connected has signed this",
        "code": "invalid_signature",
        "requestId": "request-1",
    }
    assert (inbox.stored(), other.stored(), inbox.queue.messages) == ([], [], [])


@pytest.mark.parametrize("account", ["x" * 256, "x" * 10_000, "\u0390" * 10_000])
def test_an_account_that_no_shop_can_have_is_nobodys_and_asks_for_nothing(inbox: Inbox, account: str) -> None:
    """A partition key has 2,048 bytes."""
    recorder = FailingClient(inbox.client)
    parts = inbox.fresh_parts(recorder)
    assert inbox.post(inbox.signed(BODY) | {"x-shopify-shop-domain": account}, BODY, parts=parts)["statusCode"] == 401
    told = commerce7_samples.delivery("Customer", "Update", commerce7_samples.customer(), tenantId=account)
    assert inbox.post({}, told, "commerce7/c7-path-secret-0001", parts=parts)["statusCode"] == 401
    assert recorder.calls == []


def test_the_longest_account_fits_into_a_key(inbox: Inbox) -> None:
    """Six bytes a character, once it is folded."""
    longest = inbox.signed(BODY) | {"x-shopify-shop-domain": "\u0390" * 255}
    assert inbox.status(longest, BODY) == 401


def test_a_body_that_was_changed_is_not_believed(inbox: Inbox) -> None:
    assert inbox.status(inbox.signed(BODY), BODY + b" ") == 401


@pytest.mark.parametrize("missing", ["x-shopify-topic", "x-shopify-shop-domain"])
def test_a_header_that_is_always_sent_and_is_missing_is_named(inbox: Inbox, missing: str) -> None:
    headers = inbox.signed(BODY)
    del headers[missing]
    answer = inbox.post(headers, BODY)
    assert (answer["statusCode"], body_of(answer)["field"]) == (400, missing)
    assert inbox.stored() == []


@pytest.mark.parametrize(
    "body", [b"", b"\xff\x00\xfe", b"[" * 5_000, b'{"id":1}'], ids=["empty", "bytes", "deep", "id"]
)
def test_what_is_signed_is_stored_as_it_came_whether_it_makes_sense_or_not(inbox: Inbox, body: bytes) -> None:
    assert inbox.status(inbox.signed(body), body) == 200
    assert inbox.only().body == body


def test_a_body_comes_as_text_as_well(inbox: Inbox) -> None:
    """API Gateway hands text over as it is, and everything else in base 64."""
    body = '{"id": 1, "first_name": "Zoë"}'
    event = {
        "routeKey": "POST /api/webhooks/shopify",
        "rawPath": "/api/webhooks/shopify",
        "requestContext": {"requestId": "request-1"},
        "headers": inbox.signed(body.encode()),
        "body": body,
        "isBase64Encoded": False,
    }
    assert build_webhooks(inbox.parts)(event, Context())["statusCode"] == 200
    assert inbox.only().body == body.encode()


@pytest.mark.parametrize("text", ["\ud800", "%%"], ids=["lone surrogate", "no base64"])
def test_a_body_that_cannot_be_bytes_is_a_400(inbox: Inbox, text: str) -> None:
    event = {
        "routeKey": "POST /api/webhooks/shopify",
        "rawPath": "/api/webhooks/shopify",
        "requestContext": {"requestId": "request-1"},
        "headers": inbox.signed(BODY),
        "body": text,
        "isBase64Encoded": text == "%%",
    }
    answer = build_webhooks(inbox.parts)(event, Context())
    assert (answer["statusCode"], body_of(answer)["field"]) == (400, "body")
    assert inbox.stored() == []


def test_more_than_any_webhook_has_is_refused(inbox: Inbox) -> None:
    body = b"x" * (MAX_BODY_BYTES + 1)
    answer = inbox.post(inbox.signed(body), body)
    assert (answer["statusCode"], body_of(answer)["code"]) == (413, "request_too_large")


def test_a_long_body_is_kept_as_far_as_an_item_can_hold_it(inbox: Inbox) -> None:
    body = json.dumps({"id": 7, "note": "a" * 2_000_000}).encode()
    assert inbox.status(inbox.signed(body), body) == 200
    assert inbox.only().body == body


def test_of_a_body_that_no_item_holds_it_is_kept_what_it_is_about(inbox: Inbox) -> None:
    scrambled = base64.b64encode(random.Random(5).randbytes(900_000)).decode()
    told = {"admin_graphql_api_id": "gid://shopify/Customer/77", "id": 77, "note": scrambled}
    body = json.dumps(told).encode()
    assert inbox.status(inbox.signed(body, x_shopify_topic="customers/delete"), body) == 200
    delivery = inbox.only()
    assert delivery.body is None
    assert delivery.changes == (RemoteChange("customer", "deleted", ExternalId("77")),)


def test_a_secret_that_was_replaced_is_looked_for_and_a_forger_costs_one_look(inbox: Inbox) -> None:
    inbox.connectors.stored[SHOPIFY] = {"access_token": "shpat_1", "webhook_secret": "shpss_new"}
    assert inbox.status(inbox.signed(BODY, "shpss_new"), BODY) == 200
    assert inbox.connectors.looks == 1
    assert [inbox.status(inbox.signed(BODY, "forged"), BODY) for _ in range(5)] == [401] * 5
    assert inbox.connectors.looks == 1
    inbox.pass_time(seconds=31)
    assert inbox.status(inbox.signed(BODY, "forged"), BODY) == 401
    assert inbox.connectors.looks == 2


def test_a_shop_without_credentials_is_not_believed(inbox: Inbox) -> None:
    inbox.connectors.known.clear()
    assert inbox.status(inbox.signed(BODY), BODY) == 401


def test_of_a_shop_that_was_disconnected_only_what_the_law_wants_is_stored(inbox: Inbox) -> None:
    inbox.change(SHOPIFY, active=False)
    assert body_of(inbox.post(inbox.signed(BODY), BODY)) == {"status": "skipped"}
    assert inbox.stored() == []
    redact = json.dumps({"shop_id": 1, "shop_domain": inbox.account, "customer": {"id": 9}}).encode()
    headers = inbox.signed(redact, x_shopify_topic="customers/redact")
    assert body_of(inbox.post(headers, redact)) == {"status": "stored"}
    assert len(inbox.stored()) == 1


def test_what_cannot_be_read_of_a_shop_that_was_disconnected_may_be_what_the_law_wants(inbox: Inbox) -> None:
    """Invariant 2: it is parked by the worker, and a person looks at it."""
    inbox.change(SHOPIFY, active=False)
    unreadable = inbox.signed(b"{", x_shopify_topic="customers/redact")
    assert body_of(inbox.post(unreadable, b"{")) == {"status": "stored"}
    assert inbox.only().body == b"{"


def test_a_shop_that_is_connected_again_is_heard_at_once(inbox: Inbox) -> None:
    inbox.change(SHOPIFY, active=False)
    inbox.status(inbox.signed(BODY), BODY)
    inbox.change(SHOPIFY, active=True)
    assert body_of(inbox.post(inbox.signed(BODY), BODY)) == {"status": "stored"}


def test_without_a_queue_the_sweep_tells_the_workers(inbox: Inbox) -> None:
    inbox.queue.is_down = True
    assert inbox.status(inbox.signed(BODY), BODY) == 200
    inbox.queue.is_down = False
    inbox.sweep()
    assert inbox.queue.messages == []
    inbox.pass_time(minutes=1)
    inbox.sweep()
    delivery = inbox.only()
    assert inbox.queue.messages == [(inbox.tenant.id, delivery.id, delivery.due_at)]
    inbox.sweep()
    inbox.pass_time(minutes=2)
    inbox.sweep()
    assert len(inbox.queue.messages) == 1


def test_what_keeps_webhooks_from_being_swept_does_not_keep_jobs(inbox: Inbox, dynamodb_tables: DynamoDBTables) -> None:
    scene = job_scene(dynamodb_tables, queue=FakeQueue())
    scene.add_stage("Bronze")
    inbox.queue.is_down = True
    assert inbox.status(inbox.signed(BODY), BODY) == 200
    inbox.pass_time(minutes=10)
    with pytest.raises(ServiceUnavailable):
        inbox.sweep(jobs=scene.queue)
    assert {message[1] for message in scene.queue.messages} >= {job.id for job in scene.jobs()}


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.name)
def test_invariant_2_no_fault_of_the_sweep_loses_a_webhook(
    fresh_tables: Callable[[], DynamoDBTables], failure: Failure
) -> None:
    inbox = open_inbox(fresh_tables())
    inbox.queue.is_down = True
    inbox.status(inbox.signed(BODY), BODY)
    inbox.queue.is_down = False
    inbox.pass_time(minutes=2)
    client = FailingOnce(inbox.client, failure)
    with suppress(StoreUnavailable, Crash):
        inbox.sweep(client=client)
    assert client.failed
    assert (inbox.only().status, inbox.only().body) == (DeliveryStatus.WAITING, BODY)
    if not inbox.queue.messages:  # put off, perhaps, and not sent: it is sent with its next turn
        inbox.pass_time(minutes=10)
        inbox.sweep()
    assert {message[1] for message in inbox.queue.messages} == {inbox.only().id}


class FailingOnce:
    """A client whose first write of a delivery fails."""

    def __init__(self, client: Any, failure: Failure) -> None:
        self._client, self._failure, self.failed = client, failure, False

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def put_item(self, **request: Any) -> Any:
        if self.failed:
            return self._client.put_item(**request)
        self.failed = True
        if self._failure.takes_effect:
            self._client.put_item(**request)
        raise self._failure.error("put_item")


def test_a_fault_of_the_store_is_a_503_and_the_webhook_comes_again(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2: it is stored, once, and somebody is told of it, if only by the sweep."""

    def answer(inbox: Inbox, client: Any) -> None:
        headers = inbox.signed(BODY, x_shopify_event_id="event-1")
        reply = inbox.post(headers, BODY, parts=inbox.fresh_parts(client))
        assert reply["statusCode"] in (200, 503)
        if reply["statusCode"] == 503:
            assert int(reply["headers"]["Retry-After"]) >= 1

    def check(inbox: Inbox) -> None:
        assert len(inbox.stored()) <= 1

    def check_done(inbox: Inbox) -> None:
        inbox.pass_time(minutes=1)
        inbox.sweep()
        assert inbox.only().id in {message[1] for message in inbox.queue.messages}

    use_case = UseCase(lambda: open_inbox(dynamodb_tables), answer, lambda inbox: inbox.client, check, check_done)
    assert survive_every_failure("a webhook is received", use_case) >= 12


def test_commerce7_is_believed_by_the_secret_in_its_path(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    account = f"winery-{inbox.tenant.id}"
    body = commerce7_samples.delivery("Customer", "Update", commerce7_samples.customer(), tenantId=account)
    assert inbox.status({}, body, "commerce7/c7-path-secret-0001") == 200
    (delivery,) = inbox.stored(integration=COMMERCE7)
    assert (delivery.topic, delivery.body) == ("Customer/Update", body)
    assert inbox.status({}, body, "commerce7/another-secret-0001") == 401
    assert inbox.status({}, body, "commerce7") == 401
    unknown = commerce7_samples.delivery("Customer", "Update", commerce7_samples.customer(), tenantId="nobody")
    assert inbox.status({}, unknown, "commerce7/c7-path-secret-0001") == 401
    assert inbox.status({}, b"{", "commerce7/c7-path-secret-0001") == 400
    assert inbox.status({"authorization": "Bearer chk_x"}, body, "commerce7") == 401
    written = str([vars(record) for record in caplog.records])
    assert "c7-path-secret" not in written
    assert "Napa" not in written


def test_invariant_8_nothing_personal_and_no_secret_is_logged(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    caplog.set_level(logging.INFO)
    for body in (BODY, b'{"email": "ann@example.com"', b"ann@example.com"):
        inbox.post(inbox.signed(body), body)
        inbox.post(inbox.signed(body, "wrong"), body)
    written = str([vars(record) for record in caplog.records])
    assert "received" in written
    for secret in ("ann@example.com", "shpss_now", "shpat_1", inbox.signed(BODY)["x-shopify-hmac-sha256"]):
        assert secret not in written


def test_a_fault_that_nobody_foresaw_is_a_500_without_its_words(inbox: Inbox, caplog: pytest.LogCaptureFixture) -> None:
    class Broken:
        def get_item(self, **_: Any) -> None:
            raise KeyError("ann@example.com")

    answer = inbox.post(inbox.signed(BODY), BODY, parts=inbox.fresh_parts(Broken()))
    assert (answer["statusCode"], body_of(answer)["code"]) == (500, "internal_error")
    written = str([vars(record) for record in caplog.records])
    assert "KeyError" in written
    assert "ann@example.com" not in written


def payload() -> dict[str, Any]:
    loaded: dict[str, Any] = json.loads(BODY)
    return loaded


def test_what_shopify_sends_over_eventbridge_is_in_the_same_inbox(inbox: Inbox) -> None:
    open_events(inbox)
    headers = inbox.signed(BODY, x_shopify_event_id="event-1")
    del headers["x-shopify-hmac-sha256"]
    assert inbox.event(headers, payload()) == []
    delivery = inbox.only()
    assert json.loads(delivery.body or b"") == payload()
    assert delivery.event_id == f"{inbox.account}/customers/update/event-1/9007199254740993"
    assert len(inbox.queue.messages) == 1
    again = inbox.signed(BODY, x_shopify_event_id="event-1")
    assert body_of(inbox.post(again, BODY)) == {"status": "known"}
    assert body_of(inbox.post(inbox.signed(BODY), BODY)) == {"status": "stored"}


def test_only_the_integrations_own_source_is_believed(inbox: Inbox) -> None:
    headers = inbox.signed(BODY)
    assert inbox.event(headers, payload()) == []
    open_events(inbox)
    for source in ("aws.partner/shopify.com/12345/other", "12345/customer-hub", "", "my.own"):
        assert inbox.event(headers, payload(), source) == []
    assert inbox.event(headers | {"x-shopify-shop-domain": "nobody.myshopify.com"}, payload()) == []
    assert inbox.stored() == []
    assert inbox.event(headers, payload(), SOURCE) == []
    assert len(inbox.stored()) == 1


@pytest.mark.parametrize("text", ["", "[]", "{}", "\x00", "[" * 5_000, '{"detail": {"payload": 1}}', '{"detail": 5}'])
def test_an_event_that_cannot_be_read_fails_alone(inbox: Inbox, text: str) -> None:
    open_events(inbox)
    metadata = {name: value for name, value in inbox.signed(BODY).items() if "hmac" not in name}
    good = json.dumps({"source": SOURCE, "detail": {"payload": payload(), "metadata": metadata}})
    assert inbox.events(text, good) == ["0"]
    assert len(inbox.stored()) == 1


def test_what_an_event_says_nothing_of_is_not_there(inbox: Inbox) -> None:
    """A null is not the word None, by which all events would be one."""
    open_events(inbox)
    nothing = dict.fromkeys(("x-shopify-event-id", "x-shopify-triggered-at"))
    for record in (1, 2):
        assert inbox.event(inbox.signed(BODY) | nothing, {"id": record, "email": "ann@example.com"}) == []
    first, second = inbox.stored()
    assert first.event_id != second.event_id
    assert "None" not in first.event_id
    assert first.occurred_at is None
    assert inbox.event(inbox.signed(BODY) | {"x-shopify-shop-domain": None}, payload()) == ["0"]


def test_events_come_again_when_the_store_does_not_answer(inbox: Inbox) -> None:
    open_events(inbox)
    inbox.parts = inbox.fresh_parts(Unwell(inbox.client))
    assert inbox.event(inbox.signed(BODY), payload()) == ["0"]
    inbox.parts = inbox.fresh_parts()
    assert inbox.event(inbox.signed(BODY), payload()) == []
    assert len(inbox.stored()) == 1


class Unwell:
    """A client whose table takes nothing."""

    def __init__(self, client: Any) -> None:
        self._client = client

    def __getattr__(self, operation: str) -> Any:
        return getattr(self._client, operation)

    def put_item(self, **_: Any) -> None:
        raise ReadTimeoutError(endpoint_url="https://aws/put_item")


def test_figures_say_how_webhooks_are_going(inbox: Inbox) -> None:
    for _ in range(3):
        inbox.pass_time(minutes=1)
        inbox.status(inbox.signed(BODY), BODY)
    first, second, third = sorted(inbox.stored(), key=lambda one: one.received_at)
    inbox.store.put_delivery(parked(first, "malformed_request", first.received_at))
    figures = inbox.store.read_figures(inbox.tenant.id, SHOPIFY)
    assert (figures.waiting, figures.parked) == (2, 1)
    assert figures.oldest_received_at == second.received_at
    assert figures.last_received_at == third.received_at
