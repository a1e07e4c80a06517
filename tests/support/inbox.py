"""The inbox of webhooks in this process, over the real tables and the real connectors, which reach no platform."""

import base64
import hashlib
import hmac
import json
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any

import httpx

from customerhub.bootstrap import build_credential_app, build_inbox_parts, build_job_sweep_app
from customerhub.connectors.registry import connector_for
from customerhub.deployment import SWEEP_JOBS
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.ids import DeliveryId, IntegrationId, TenantId
from customerhub.domain.integration import Intake, Integration, Platform
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.job_sweep import build_job_sweep
from customerhub.entrypoints.webhook_events import build_webhook_events
from customerhub.entrypoints.webhooks import build_webhooks
from customerhub.errors import CredentialsRefused, ServiceUnavailable
from customerhub.ports.connector import Connector
from customerhub.services.receive_delivery import InboxParts
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from customerhub.store.deliveries import DynamoDeliveryStore
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.listing import ShardReader
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.fake_crm import FakeQueue
from tests.support.job_scene import Context, StoppedClock
from tests.support.till import fresh_tenant

SHOPIFY, COMMERCE7 = IntegrationId("shopify"), IntegrationId("commerce7")
SOURCE = "aws.partner/shopify.com/12345/customer-hub"
SECRETS: Mapping[str, Mapping[str, Any]] = {
    SHOPIFY: {"access_token": "shpat_1", "webhook_secret": "shpss_now", "previous_webhook_secret": "shpss_before"},
    COMMERCE7: {"app_id": "app", "app_secret": "c7-app-secret", "webhook_secret": "c7-path-secret-0001"},
}


@dataclass
class FakeDeliveryQueue:
    """Implements `ports.deliveries.DeliveryQueue`: messages wait until they are read, unless it is out of order."""

    messages: list[tuple[TenantId, DeliveryId, datetime]] = field(default_factory=list)
    sends: int = 0
    is_down: bool = False

    def send(self, deliveries: Sequence[Delivery]) -> None:
        """One call, whatever the number."""
        if deliveries:
            self.sends += 1
        if self.is_down:
            raise ServiceUnavailable("the queue was not reached")
        self.messages += [(one.tenant, one.id, one.due_at) for one in deliveries]


class Unmoved:
    """Implements the queues of imports and runs where nothing of the test's stands still."""

    def send(self, *_: Any) -> None:
        """Of other tests."""

    def send_starts(self, *_: Any) -> None:
        """Of other tests."""


@dataclass
class OfflineConnectors:
    """Implements `ports.partners.Connectors` with credentials as a process remembers them; `stored` are those of now.
    A connector that asks its platform fails the test."""

    clock: Any
    known: dict[str, Mapping[str, Any]] = field(default_factory=lambda: dict(SECRETS))
    stored: dict[str, Mapping[str, Any]] = field(default_factory=lambda: dict(SECRETS))
    looks: int = 0

    def open(self, integration: Integration) -> Connector:
        """As the protocol says."""
        if integration.id not in self.known:
            raise CredentialsRefused("the integration has no credentials", reason="credentials_missing")
        pacer: Any = None
        return connector_for(integration, self.known[integration.id], _nowhere(), pacer, self.clock)

    def try_open(self, integration: Integration, credentials: Mapping[str, Any]) -> Connector:
        """With others."""
        raise AssertionError(f"{integration.id}: nobody is connected here with {len(credentials)} values")

    def are_renewed(self, _: TenantId, integration: IntegrationId) -> bool:
        """As the protocol says."""
        self.looks += 1
        was, self.known[integration] = self.known.get(integration), self.stored[integration]
        return was != self.known[integration]


def _nowhere() -> httpx.Client:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise AssertionError(f"nothing is asked of {request.url.host}")

    return httpx.Client(transport=httpx.MockTransport(refuse))


@dataclass
class Inbox:
    """One tenant with a shop on each platform. `client` is what the functions call the tables through."""

    tables: DynamoDBTables
    client: Any
    tenant: Tenant
    account: str
    clock: StoppedClock = field(default_factory=StoppedClock)
    queue: FakeDeliveryQueue = field(default_factory=FakeDeliveryQueue)
    connectors: OfflineConnectors = field(init=False)
    parts: InboxParts = field(init=False)

    def __post_init__(self) -> None:
        self.connectors = OfflineConnectors(self.clock)
        self.parts = self.fresh_parts()

    def fresh_parts(self, client: Any = None) -> InboxParts:
        """What a new process has."""
        return build_inbox_parts(
            Settings(self.tables.names),
            client or self.client,
            connectors=self.connectors,
            queue=self.queue,
            clock=self.clock,
        )

    @property
    def integrations(self) -> DynamoIntegrationStore:
        """As they are stored."""
        return DynamoIntegrationStore(Database(self.client), self.tables.names["WORK_TABLE"])

    @property
    def store(self) -> DynamoDeliveryStore:
        """What was stored."""
        database = Database(self.client)
        return DynamoDeliveryStore(database, ShardReader(database), self.tables.names["WORK_TABLE"])

    def change(self, integration: IntegrationId, **values: Any) -> None:
        """The integration with other values."""
        known = self.integrations.get_integration(self.tenant.id, integration)
        assert known
        self.integrations.put_integration(replace(known, **values))

    def signed(self, body: bytes, secret: str = "shpss_now", **headers: str) -> dict[str, str]:  # noqa: S107
        """Headers as Shopify sends them; underscores in names are hyphens."""
        signature = base64.b64encode(hmac.digest(secret.encode(), body, hashlib.sha256)).decode()
        named = {name.replace("_", "-"): value for name, value in headers.items()}
        return {
            "x-shopify-topic": "customers/update",
            "x-shopify-hmac-sha256": signature,
            "x-shopify-shop-domain": self.account,
            "x-shopify-api-version": "2026-10",
            "x-shopify-event-id": secrets.token_hex(8),
            "x-shopify-triggered-at": self.clock.now().isoformat(),
            **named,
        }

    def post(
        self, headers: Mapping[str, str], body: bytes, path: str = "shopify", *, parts: InboxParts | None = None
    ) -> dict[str, Any]:
        """The answer to a webhook over HTTPS, as API Gateway has it."""
        key = "commerce7/{secret}" if path.startswith("commerce7/") else path
        event = {
            "routeKey": f"POST /api/webhooks/{key}",
            "rawPath": f"/api/webhooks/{path}",
            "requestContext": {"requestId": "request-1"},
            "headers": dict(headers),
            "body": base64.b64encode(body).decode(),
            "isBase64Encoded": True,
        }
        return build_webhooks(parts or self.parts)(event, Context())

    def status(self, headers: Mapping[str, str], body: bytes, path: str = "shopify") -> int:
        """The answer's."""
        return int(self.post(headers, body, path)["statusCode"])

    def event(self, headers: Mapping[str, str | None], payload: Any, source: str = SOURCE) -> list[str]:
        """What came over EventBridge; the ids of messages that come again."""
        detail = {"payload": payload, "metadata": {name.title(): value for name, value in headers.items()}}
        return self.events(json.dumps({"source": source, "detail": detail}))

    def events(self, *bodies: str) -> list[str]:
        """The same of any messages."""
        records = [{"messageId": str(number), "body": body} for number, body in enumerate(bodies)]
        answer = build_webhook_events(self.parts)({"Records": records}, Context())
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def stored(self, *statuses: DeliveryStatus, integration: IntegrationId = SHOPIFY) -> list[Delivery]:
        """All of them, with what they say."""
        found: list[Delivery] = []
        for status in statuses or tuple(DeliveryStatus):
            page = self.store.list_deliveries(self.tenant.id, integration, status, None, 1_000)
            assert page.after is None, "more than this reads"
            found += [one for each in page.items if (one := self.store.get_delivery(self.tenant.id, each.id))]
        return found

    def only(self) -> Delivery:
        """The one delivery that is stored."""
        (delivery,) = self.stored()
        return delivery

    def sweep(self, jobs: FakeQueue | None = None, client: Any = None) -> dict[str, Any]:
        """What the schedule does; messages of other tests' deliveries are put away."""
        quiet: Any = Unmoved()
        app = build_job_sweep_app(
            Settings(self.tables.names),
            client or self.client,
            jobs or FakeQueue(),
            quiet,
            self.clock,
            delivery_queue=self.queue,
            run_queue=quiet,
        )
        counts = build_job_sweep(app)({"task": SWEEP_JOBS.name}, Context())
        self.queue.messages = [message for message in self.queue.messages if message[0] == self.tenant.id]
        return counts

    def pass_time(self, **duration: float) -> None:
        """Nobody works meanwhile."""
        self.clock.at += timedelta(**duration)


def open_inbox(tables: DynamoDBTables, client: Any = None) -> Inbox:
    """A fresh tenant with a shop on each platform."""
    client, tenant = client or tables.client(), fresh_tenant()
    register_tenant(tenant, None, store=build_credential_app(Settings(tables.names), client).credentials)
    inbox = Inbox(tables, client, tenant, f"{tenant.id}.myshopify.com")
    shops = ((SHOPIFY, Platform.SHOPIFY, inbox.account), (COMMERCE7, Platform.COMMERCE7, f"winery-{tenant.id}"))
    for integration_id, platform, account in shops:
        integration = Integration(tenant.id, integration_id, platform, account, inbox.clock.now())
        inbox.integrations.connect_integration(integration, None, [])
    return inbox


def open_events(inbox: Inbox) -> None:
    """Have the shop report over EventBridge."""
    arn = f"arn:aws:events:us-east-1::event-source/{SOURCE}"
    inbox.change(SHOPIFY, intake=Intake.EVENTBRIDGE, event_source=arn)
