"""Integrations of one merchant in this process: the API, the worker of jobs and the schedule, over real tables, with a
shop in memory."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from customerhub.app import IntegrationsApp
from customerhub.bootstrap import (
    build_credential_app,
    build_integration_care_app,
    build_integrations_app,
    build_job_parts,
)
from customerhub.deployment import CHECK_INTEGRATIONS
from customerhub.domain import owing
from customerhub.domain.alert import Alert
from customerhub.domain.caller import Caller
from customerhub.domain.care import Care
from customerhub.domain.ids import IntegrationId, JobId
from customerhub.domain.integration import Integration
from customerhub.domain.job import Job
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.integrations import INTEGRATION_ROUTES
from customerhub.entrypoints.integration_care import build_integration_care
from customerhub.entrypoints.queues import build_job_worker
from customerhub.ports.connector import Connector
from customerhub.services.job_parts import JobParts
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.care import PUBLIC_URL, HeardInbox, HeardTopic, care_settings
from tests.support.fake_crm import FakeMessenger
from tests.support.fake_shop import FakeShop
from tests.support.import_desk import HeardJobs, SteeredClock
from tests.support.job_scene import Context
from tests.support.partner_bench import MemorySecrets
from tests.support.run_desk import HeardRuns, OneShop
from tests.support.till import Reply, Till, fresh_tenant

SHOP = IntegrationId("shopify")
CREDENTIALS = {"accessToken": "shpat_do_not_show", "webhookSecret": "shpss_do_not_show"}


@dataclass
class OneConnector(OneShop):
    """The same, with another connector than the shop's own where one is set."""

    other: Connector | None = None

    def open(self, integration: Integration) -> Connector:
        """As the protocol says."""
        own = super().open(integration)
        return self.other or own


@dataclass
class IntegrationDesk:
    """One tenant, who has a shop. `public_url` is where the hub is; it may move."""

    tables: DynamoDBTables
    client: Any = None
    tenant: Tenant = field(default_factory=fresh_tenant)
    clock: SteeredClock = field(default_factory=SteeredClock)
    secrets: MemorySecrets = field(default_factory=lambda: MemorySecrets({}))
    jobs: HeardJobs = field(default_factory=HeardJobs)
    runs: HeardRuns = field(default_factory=HeardRuns)
    inbox: HeardInbox = field(default_factory=HeardInbox)
    topic: HeardTopic = field(default_factory=HeardTopic)
    public_url: str = PUBLIC_URL

    def __post_init__(self) -> None:
        self.client = self.client or self.tables.client()
        self.shop = FakeShop(clock=self.clock)
        self.connectors = OneConnector(self.shop)
        credentials = build_credential_app(Settings(self.tables.names), self.client).credentials
        register_tenant(self.tenant, None, store=credentials)

    @property
    def account(self) -> str:
        """An account belongs to one merchant."""
        return f"{self.tenant.id}.myshopify.com"

    def app(self, client: Any = None) -> IntegrationsApp:
        """The API's."""
        return build_integrations_app(
            care_settings(self.tables.names, self.public_url),
            client or self.client,
            connectors=self.connectors,
            secrets=self.secrets,
            queue=self.jobs,
            run_queue=self.runs,
            delivery_queue=self.inbox,
            topic=self.topic,
            clock=self.clock,
        )

    def worker(self, client: Any = None) -> JobParts:
        """The worker's."""
        return build_job_parts(
            care_settings(self.tables.names, self.public_url),
            client or self.client,
            connectors=self.connectors,
            messenger=FakeMessenger(),
            queue=self.jobs,
            run_queue=self.runs,
            inbox=self.inbox,
            topic=self.topic,
            clock=self.clock,
        )

    def call(
        self,
        route: str,
        body: Any = None,
        *,
        caller: Caller | None = None,
        client: Any = None,
        name: str | None = None,
        tenant: Tenant | None = None,
    ) -> Reply:
        """Any of the routes, about the integration of that name."""
        till = Till(build_api(self.app(client), INTEGRATION_ROUTES), tenant or self.tenant)
        path = {"integrationId": name} if name is not None else None
        return till.call(route, path=path, body=None if body is None else json.dumps(body), caller=caller)

    def connect(self, client: Any = None, **fields: Any) -> Reply:
        """`POST /api/integrations`; `fields` in place of a good request's."""
        body = {"platform": "shopify", "account": self.account, "credentials": CREDENTIALS, **fields}
        return self.call("POST /api/integrations", body, client=client)

    def shown(self, name: str = SHOP) -> Mapping[str, Any]:
        """`GET /api/integrations/{integrationId}`."""
        reply = self.call("GET /api/integrations/{integrationId}", name=name)
        assert reply.status == 200, reply
        integration: Mapping[str, Any] = reply.body["integration"]
        return integration

    def disconnect(self, name: str = SHOP, client: Any = None) -> Reply:
        """`DELETE /api/integrations/{integrationId}`."""
        return self.call("DELETE /api/integrations/{integrationId}", name=name, client=client)

    def check(self) -> dict[str, Any]:
        """What the schedule does every hour."""
        app = build_integration_care_app(
            Settings(self.tables.names),
            self.client,
            queue=self.jobs,
            run_queue=self.runs,
            topic=self.topic,
            clock=self.clock,
        )
        return build_integration_care(app)({"task": CHECK_INTEGRATIONS.name}, Context())

    def look_after(self, client: Any = None) -> Job:
        """The shop is to be looked after, and a worker does it; the job as it is then."""
        debt = owing.register_webhooks(self.tenant.id, SHOP)
        store = self.worker().jobs
        known = store.get_jobs(self.tenant.id, [debt.job]).get(debt.job)
        store.write_jobs([owing.owe(debt, known, self.clock.now())])
        self.deliver(debt.job, client)
        return self.job(debt.job)

    def owe_members(self, client: Any = None) -> Job:
        """A worker does the job that a connection owes."""
        job = owing.owe_members(self.tenant.id, SHOP).job
        self.deliver(job, client)
        return self.job(job)

    def deliver(self, job: JobId, client: Any = None) -> None:
        """What SQS does with a message."""
        body = json.dumps({"tenant": self.tenant.id, "job": job})
        build_job_worker(self.worker(client))({"Records": [{"messageId": job, "body": body}]}, Context())

    def job(self, job: JobId) -> Job:
        """As it is now."""
        return self.worker().jobs.get_jobs(self.tenant.id, [job])[job]

    @property
    def integration(self) -> Integration:
        """As it is now."""
        found = self.app().integrations.get_integration(self.tenant.id, SHOP)
        assert found
        return found

    @property
    def care(self) -> Care:
        """How it was found."""
        return self.app().care_parts.care.get_care(self.tenant.id, SHOP)

    def alerts(self) -> dict[str, Alert]:
        """The last of each kind."""
        found = self.app().care_parts.alerts.list_alerts(self.tenant.id, SHOP)
        return {alert.kind.value: alert for alert in found}

    def pass_time(self, **duration: float) -> None:
        """Nobody does anything for so long."""
        self.clock.ahead += timedelta(**duration)
