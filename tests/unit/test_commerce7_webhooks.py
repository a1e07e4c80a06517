"""Commerce7's webhooks, which are not signed: who is believed, what is read, and where nobody is led."""

import base64
import json
from datetime import timedelta
from typing import Any

import httpx
import pytest

from customerhub.connectors.commerce7.connector import Commerce7Connector
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import VerifiedDelivery
from customerhub.errors import MalformedRequest, Unauthenticated
from tests.support.commerce7_fake import NOW, connector, unasked
from tests.support.commerce7_samples import BRONZE_TAG, CUSTOMER_ID, ORDER_ID, customer, delivery, order

URL = "https://hub.example.com/api/webhooks/commerce7/winery/commerce7"
SECRET = "a-secret-segment"
BASIC = {"authorization": f"Basic {base64.b64encode(b'shop:basic-password').decode()}"}
UPDATE = delivery("Customer", "Update", customer())


def shop(**credentials: Any) -> Commerce7Connector:
    return connector(unasked, **({"webhook_secret": SECRET} | credentials))


def headers(secret: str = SECRET) -> dict[str, str]:
    return {":path": f"/api/webhooks/commerce7/winery/commerce7/{secret}", "content-type": "application/json"}


def verified(body: bytes, **credentials: Any) -> VerifiedDelivery:
    return shop(**credentials).verify_webhook(headers(), body)


def test_the_secret_at_the_end_of_the_path_proves_the_sender() -> None:
    told = verified(UPDATE)
    assert (told.account, told.topic, told.body) == ("example-winery", "Customer/Update", UPDATE)
    assert told.occurred_at
    assert told.occurred_at.year == 2020


@pytest.mark.parametrize(
    "forged",
    [
        {},
        {":path": ""},
        {":path": "/"},
        headers("wrong"),
        headers(""),
        headers(SECRET + "x"),
        headers(f"{SECRET}/more"),
        headers(f"?{SECRET}"),
        BASIC,
        {"authorization": "Basic "},
        headers("sécret"),
        {"x-path": f"/{SECRET}", "path": f"/{SECRET}"},
    ],
)
def test_nobody_else_is_believed(forged: dict[str, str]) -> None:
    with pytest.raises(Unauthenticated) as raised:
        shop().verify_webhook(forged, UPDATE)
    assert SECRET not in str(raised.value)


def test_basic_authentication_proves_the_sender_where_it_was_set_up() -> None:
    both = {"webhook_user": "shop", "webhook_password": "basic-password"}
    assert shop(**both).verify_webhook(BASIC, UPDATE).topic == "Customer/Update"
    with pytest.raises(Unauthenticated):
        shop(**both | {"webhook_password": "another"}).verify_webhook(BASIC, UPDATE)


def test_another_merchants_webhook_is_not_ours() -> None:
    """Invariant 7."""
    with pytest.raises(Unauthenticated):
        verified(delivery("Customer", "Update", customer(), tenantId="other-winery"))


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"null",
        b"[]",
        b"{",
        b"\xff\xfe",
        b'{"object":"Customer","action":"Update","tenantId":"example-winery"}',
        b'{"object":"Customer","action":"Update","payload":"x","tenantId":"example-winery"}',
        b'{"object":"Customer","payload":{},"tenantId":"example-winery"}',
        b'{"object":"Customer","action":"Update","payload":{}}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_delivery_is_malformed(body: bytes) -> None:
    with pytest.raises(MalformedRequest):
        verified(body)


def test_who_is_not_believed_learns_nothing_of_the_body() -> None:
    with pytest.raises(Unauthenticated):
        shop().verify_webhook(headers("wrong"), b"{")


def test_deliveries_of_one_event_have_one_id() -> None:
    again = delivery("Customer", "Update", customer(), user="somebody@winery.example.com", webHookId="1")
    assert verified(UPDATE).event_id == verified(again, at=NOW + timedelta(milliseconds=300)).event_id


@pytest.mark.parametrize(
    "body",
    [UPDATE, delivery("Customer", "Bulk Update", {"callbackUrl": "https://api.commerce7.com/v1/customer?tagId=1"})],
    ids=["tags that came back", "the same list again"],
)
def test_what_is_told_in_the_same_words_later_is_another_event(body: bytes) -> None:
    """Invariant 3: a tag that goes and comes back is told as it was before, with the same `updatedAt`."""
    assert verified(body).event_id != verified(body, at=NOW + timedelta(seconds=1)).event_id


@pytest.mark.parametrize(
    "other",
    [
        delivery("Customer", "Create", customer()),
        delivery("Customer", "Update", customer(updatedAt="2020-03-23T22:02:13.422Z")),
        delivery("Customer", "Update", customer(id="another")),
        delivery("Customer", "Update", customer(tags=[])),
        delivery("Order", "Update", customer()),
    ],
)
def test_other_events_have_other_ids(other: bytes) -> None:
    """A tag does not move the time of the customer who bears it: the event is another one all the same."""
    assert verified(UPDATE).event_id != verified(other).event_id


@pytest.mark.parametrize(("action", "ours"), [("Create", "created"), ("Update", "updated")])
def test_a_customers_change_is_read_with_the_customer(action: str, ours: str) -> None:
    (change,) = shop().parse_webhook(verified(delivery("Customer", action, customer())))
    assert (change.kind, change.action, change.id) == ("customer", ours, CUSTOMER_ID)
    assert change.customer
    assert change.customer.tags == (BRONZE_TAG,)


def test_an_orders_change_is_read_with_the_order() -> None:
    (change,) = shop(currency="CAD").parse_webhook(verified(delivery("Order", "Create", order())))
    assert (change.kind, change.action, change.id) == ("order", "created", ORDER_ID)
    assert change.order
    assert (change.order.total.amount_minor, change.order.total.currency) == (5040, "CAD")


@pytest.mark.parametrize("payload", [{"id": CUSTOMER_ID}, customer()])
def test_a_deletion_may_name_no_more_than_the_id(payload: dict[str, Any]) -> None:
    (change,) = shop().parse_webhook(verified(delivery("Customer", "Delete", payload)))
    assert (change.kind, change.action, change.id, change.customer) == ("customer", "deleted", CUSTOMER_ID, None)


@pytest.mark.parametrize(("about", "action"), [("Club", "Update"), ("Customer", "Send"), ("Order", "Bulk Update")])
def test_what_does_not_concern_the_hub_is_nothing(about: str, action: str) -> None:
    assert shop().parse_webhook(verified(delivery(about, action, customer()))) == ()


@pytest.mark.parametrize(
    ("about", "payload"),
    [("Customer", {}), ("Customer", {"id": 5}), ("Order", {"id": "x"}), ("Customer", customer(emails="x"))],
)
def test_a_payload_that_cannot_be_read_is_malformed(about: str, payload: dict[str, Any]) -> None:
    with pytest.raises(MalformedRequest) as raised:
        shop().parse_webhook(verified(delivery(about, "Update", payload)))
    assert "Ann" not in str(raised.value)


def bulk(url: str) -> bytes:
    return delivery("Customer", "Bulk Update", {"callbackUrl": url})


def test_a_bulk_update_is_one_change_that_is_read_page_by_page() -> None:
    asked: list[str] = []

    def answers(request: httpx.Request) -> httpx.Response:
        asked.append(str(request.url))
        following = {} if request.url.params["cursor"] == "next" else {"cursor": "next"}
        return httpx.Response(200, json={"customers": [customer()], **following})

    hub = connector(answers, webhook_secret=SECRET)
    url = f"https://api.commerce7.com/v1/customer?tagId={BRONZE_TAG}&cursor=start"
    (change,) = hub.parse_webhook(hub.verify_webhook(headers(), bulk(url)))
    assert (change.kind, change.action) == ("customers", "updated")
    first = hub.changed_in_bulk(change.id, None)
    last = hub.changed_in_bulk(change.id, first.cursor)
    assert (len(first.items), first.cursor, len(last.items), last.cursor) == (1, "next", 1, None)
    assert asked == [url, url.replace("start", "next")]


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/v1/customer?cursor=start",
        "http://api.commerce7.com/v1/customer?cursor=start",
        "https://api.commerce7.com@evil.example.com/v1/customer?cursor=start",
        "https://api.commerce7.com:8443/v1/customer?cursor=start",
        "https://api.commerce7.com.evil.example.com/v1/customer",
        "https://api.commerce7.com/v1/order?cursor=start",
        "https://api.commerce7.com/v1/customer/../account/user",
        "//api.commerce7.com/v1/customer",
        "file:///etc/passwd",
        "",
        "https://[bad",
    ],
)
def test_a_bulk_update_leads_nowhere_but_to_commerce7(url: str) -> None:
    """Our credentials go to nobody else (SSRF)."""
    with pytest.raises(MalformedRequest):
        shop().parse_webhook(verified(bulk(url)))


def test_the_secret_is_derived_where_none_was_given_and_is_every_merchants_own() -> None:
    def registered(**credentials: Any) -> str:
        urls: list[str] = []

        def answers(request: httpx.Request) -> httpx.Response:
            if request.method == "GET":
                return httpx.Response(200, json={"webHooks": []})
            body = json.loads(request.content)
            urls.append(body["url"])
            return httpx.Response(201, json={"id": str(len(urls)), **body})

        told = connector(answers, **credentials).register_webhooks(URL)
        assert {subscription.url for subscription in told} == {URL}
        (url,) = set(urls)
        return url.removeprefix(f"{URL}/")

    derived = registered()
    assert derived == registered()
    assert len(derived) == 64
    assert derived != registered(app_secret="another")
    assert registered(webhook_secret=SECRET) == SECRET
    assert "the-app-secret" not in derived
    own = connector(unasked)
    assert own.verify_webhook(headers(derived), UPDATE).topic == "Customer/Update"


def test_deliveries_that_failed_are_told_with_the_same_ids_whenever_the_log_is_read() -> None:
    log = {
        "id": "1",
        "url": f"{URL}/{SECRET}",
        "object": "Customer",
        "action": "Update",
        "payload": customer(),
        "user": None,
        "isSuccess": False,
        "error": {"data": None, "status": 503, "message": "failed"},
        "createdAt": "2026-11-20T00:00:00.000Z",
        "updatedAt": "2026-11-20T00:00:01.000Z",
    }

    def answers(request: httpx.Request) -> httpx.Response:
        assert request.url.path == "/v1/web-hook-log"
        assert request.url.params["isSuccess"] == "false"
        is_first = request.url.params["page"] == "1"
        later = log | {"updatedAt": "2026-11-20T01:00:00.000Z"}
        cut_off = {"id": CUSTOMER_ID, "object": "Customer"}
        logs = [log] * 48 + [log | {"object": "CustomerAddress"}, cut_off] if is_first else [later]
        return httpx.Response(200, json={"webHookLogs": logs})

    hub = connector(answers, webhook_secret=SECRET)
    since = verified(UPDATE).occurred_at
    assert since
    first = hub.missed_deliveries_since(since, None)
    assert (len(first.items), first.cursor, first.unreadable) == (48, "2", (CUSTOMER_ID,))
    (event,) = {missed.event_id for missed in first.items}
    (change,) = hub.parse_webhook(first.items[0])
    assert change.id == ExternalId(CUSTOMER_ID)
    last = hub.missed_deliveries_since(since, first.cursor)
    assert (len(last.items), last.cursor) == (1, None)
    assert last.items[0].event_id != event, "it is told alike, and happened later"
    an_hour_later = connector(answers, at=NOW + timedelta(hours=1), webhook_secret=SECRET)
    assert {missed.event_id for missed in an_hour_later.missed_deliveries_since(since, None).items} == {event}
