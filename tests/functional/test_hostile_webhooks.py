"""Whatever comes in as a webhook is answered, never with a 500, and nothing comes of what nobody has signed."""

import json
from typing import Any

import httpx
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerhub.connectors.registry import connector_for
from customerhub.domain.delivery import DeliveryStatus
from customerhub.domain.integration import Integration
from customerhub.ports.connector import Connector
from infra.local.tables import DynamoDBTables
from tests.support.delivery_desk import DeliveryDesk, open_desk
from tests.support.inbox import COMMERCE7, SECRETS, Inbox, open_inbox

NAMES = (
    "x-shopify-topic",
    "x-shopify-hmac-sha256",
    "x-shopify-shop-domain",
    "x-shopify-event-id",
    "x-shopify-webhook-id",
    "x-shopify-triggered-at",
    "authorization",
    "content-type",
    ":path",
)
TOPICS = (
    "customers/create",
    "customers/delete",
    "customers/merge",
    "customer.tags_added",
    "customers_email_marketing_consent/update",
    "customers/redact",
    "orders/create",
    "orders/delete",
    "app/uninstalled",
    "shop/redact",
    "no/such",
)
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=20),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["id", "email", "customer", "customer_id", "status", "x"]), inner, max_size=4)
    ),
    max_leaves=8,
)
FEW = settings(max_examples=60, deadline=None, suppress_health_check=list(HealthCheck))


@pytest.fixture(scope="module")
def inbox(dynamodb_tables: DynamoDBTables) -> Inbox:
    return open_inbox(dynamodb_tables)


@FEW
@given(st.dictionaries(st.sampled_from(NAMES), st.text(max_size=40)), st.binary(max_size=200), st.text(max_size=30))
def test_what_nobody_has_signed_is_refused(inbox: Inbox, headers: dict[str, str], body: bytes, secret: str) -> None:
    """Invariant 7."""
    assert inbox.status(headers, body) in (400, 401)
    assert inbox.status(headers, body, f"commerce7/{secret}") in (400, 401)
    told = {"object": "Customer", "action": "Update", "payload": {}, "tenantId": f"winery-{inbox.tenant.id}"}
    assert inbox.status(headers, json.dumps(told).encode(), f"commerce7/{secret}") == 401
    known = headers | {"x-shopify-shop-domain": inbox.account, "x-shopify-topic": "customers/update"}
    assert inbox.status(known, body) == 401
    assert (inbox.stored(), inbox.stored(integration=COMMERCE7)) == ([], [])


@FEW
@given(st.sampled_from(TOPICS), st.binary(max_size=100) | JSON.map(lambda told: json.dumps(told).encode()))
def test_what_is_signed_is_stored_whatever_it_says(inbox: Inbox, topic: str, body: bytes) -> None:
    before = len(inbox.queue.messages)
    assert inbox.status(inbox.signed(body, x_shopify_topic=topic), body) == 200
    assert len(inbox.queue.messages) == before + 1
    tenant, delivery, _ = inbox.queue.messages[-1]
    found = inbox.store.get_delivery(tenant, delivery)
    assert found
    assert (found.topic, found.body) == (topic, body)
    inbox.client.delete_item(
        TableName=inbox.tables.names["WORK_TABLE"],
        Key={"PK": {"S": f"T#{tenant}#DELIVERY#{delivery}"}, "SK": {"S": "DELIVERY"}},
    )


@pytest.fixture(scope="module")
def desk(dynamodb_tables: DynamoDBTables) -> DeliveryDesk:
    """With the real reader of Shopify's bodies; the shop itself is not well."""
    desk = open_desk(dynamodb_tables)
    desk.connectors = Unwell(desk)  # type: ignore[assignment]
    return desk


class FreePacer:
    """Implements `ports.partners.Pacer` without an allowance."""

    def take(self, *_: Any) -> None:
        """At once."""

    def report(self, *_: Any) -> None:
        """Is not noted."""


class Unwell:
    """Shopify's own connector to a shop that answers 503."""

    def __init__(self, desk: DeliveryDesk) -> None:
        transport = httpx.MockTransport(lambda _: httpx.Response(503))
        self._http = httpx.Client(transport=transport)
        self._clock = desk.clock

    def open(self, integration: Integration) -> Connector:
        return connector_for(integration, SECRETS[integration.id], self._http, FreePacer(), self._clock)


@FEW
@given(
    st.sampled_from([topic for topic in TOPICS if topic != "app/uninstalled"]),
    st.binary(max_size=60) | JSON.map(lambda told: json.dumps(told).encode()),
)
def test_what_makes_no_sense_ends_parked_or_skipped(desk: DeliveryDesk, topic: str, body: bytes) -> None:
    """And what would have to be asked of a shop that is not well waits for it."""
    assert desk.inbox.status(desk.inbox.signed(body, x_shopify_topic=topic), body) == 200
    _, delivery, _ = desk.inbox.queue.messages.pop()
    assert desk.deliver(delivery) == []
    after = desk.inbox.store.get_delivery(desk.inbox.tenant.id, delivery)
    assert after
    assert (after.status is DeliveryStatus.WAITING) == (after.reason == "partner_answered_503"), (topic, body)
    assert after.reason != "internal_error", (topic, body)
