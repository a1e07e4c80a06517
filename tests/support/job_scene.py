"""The queue of jobs over real tables, with a CRM, a mail service and a clock of the test's own."""

import itertools
import json
from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from customerhub.app import JobSweepApp
from customerhub.bootstrap import build_credential_app, build_job_parts, build_job_sweep_app, build_sync_app
from customerhub.deployment import SWEEP_JOBS
from customerhub.domain import owing
from customerhub.domain.club import Membership, Standing, Terms, cancel, enroll
from customerhub.domain.customer import Customer
from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import CredentialId, CustomerId, EnrollmentId, IntegrationId, JobId, new_stage_id
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.job import Job, JobStatus
from customerhub.domain.stage import Stage
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.sync import SYNC_ROUTES
from customerhub.entrypoints.job_sweep import build_job_sweep
from customerhub.entrypoints.queues import build_job_worker
from customerhub.services.job_parts import JobParts
from customerhub.services.register_tenant import register_tenant
from customerhub.services.shop_turn import ShopTurn
from customerhub.settings import Settings
from customerhub.store.attributes import plain
from customerhub.store.duties import DynamoDutyStore
from customerhub.store.job_items import to_job
from customerhub.store.listing import ShardReader
from customerhub.store.shop_records import DynamoShopRecordStore
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.care import care_doubles, care_settings
from tests.support.fake_crm import FakeConnectors, FakeCrm, FakeMessenger, FakeQueue
from tests.support.faults import Crash
from tests.support.quiet_queues import QuietDeliveries, QuietRuns
from tests.support.till import Till, fresh_tenant, open_till

START = datetime(2026, 11, 25, 9, tzinfo=UTC)
CRM = IntegrationId("commerce7")


@dataclass
class StoppedClock:
    """A `ports.Clock` that stands still but when somebody sleeps."""

    at: datetime = START

    def now(self) -> datetime:
        return self.at

    def sleep(self, duration_s: float) -> None:
        self.at += timedelta(seconds=duration_s)


class Context:
    """Of an invocation with a minute left."""

    aws_request_id = "invocation"

    def get_remaining_time_in_millis(self) -> int:
        return 60_000


class NoImports:
    """Implements `ports.imports.ImportQueue` where no import stands still."""

    def send(self, *_: Any) -> None:
        raise AssertionError("there is no import")


@dataclass
class JobScene:
    """One tenant with a CRM."""

    tables: DynamoDBTables
    client: Any
    tenant: Tenant
    till: Till
    clock: Any = field(default_factory=StoppedClock)
    crm: FakeCrm = field(default_factory=FakeCrm)
    messenger: FakeMessenger = field(default_factory=FakeMessenger)
    queue: FakeQueue = field(default_factory=FakeQueue)
    stages: dict[str, Stage] = field(default_factory=dict)
    person: str = ""
    """The customer whom a test is about."""
    integrations: tuple[IntegrationId, ...] = (CRM,)
    renewed: list[str] = field(default_factory=list)
    """Integrations whose credentials are found to be others, once each."""

    def app(self, client: Any = None) -> JobParts:
        settings, connectors = care_settings(self.tables.names), FakeConnectors({CRM: self.crm}, self.renewed)
        return build_job_parts(
            settings,
            client or self.client,
            connectors=connectors,
            messenger=self.messenger,
            queue=self.queue,
            clock=self.clock,
            **care_doubles(),
        )

    def connect(self) -> None:
        integration = Integration(self.tenant.id, CRM, Platform.COMMERCE7, "winery", self.clock.now())
        self.app().integrations.put_integration(integration)

    def add_stage(self, name: str, *, percent: int = 10, months: int | None = 12) -> Stage:
        now, app = self.clock.now(), self.app()
        stage = Stage(self.tenant.id, new_stage_id(), name, percent * 100, len(self.stages), now, now, months)
        app.club.write_stage(stage, None, [owing.owe(owing.sync_stage(self.tenant.id, CRM, stage.id), None, now)])
        self.stages[name] = stage
        return stage

    def customer(self, email: str, **fields: Any) -> Customer:
        return self.stored(self.till.manage(email=email, **fields).id)

    def stored(self, customer_id: str) -> Customer:
        found = self.app().identities.get_customers(self.tenant.id, [CustomerId(customer_id)])[CustomerId(customer_id)]
        assert isinstance(found, Customer)
        return found

    def enroll(self, customer_id: str, stage: str) -> Enrollment:
        """As the API does, but for the words of its answer."""
        app, customer = self.app(), self.stored(customer_id)
        terms = Terms(self.stages[stage], (CRM,), "staff", may_move=True)
        membership: Membership = enroll(customer, terms, self._standing(app, customer), self._circumstances())
        app.identities.write(self.tenant, membership.changes, None)
        self.queue.send([change.after for change in membership.changes.jobs])
        return membership.enrollment

    def cancel(self, customer_id: str) -> None:
        app, customer = self.app(), self.stored(customer_id)
        membership = cancel(customer, self._standing(app, customer), (CRM,), self._circumstances())
        app.identities.write(self.tenant, membership.changes, None)
        self.queue.send([change.after for change in membership.changes.jobs])

    def owe_customer(self, customer_id: str, integration: IntegrationId = CRM) -> JobId:
        app, debt = self.app(), owing.sync_customer(self.tenant.id, integration, CustomerId(customer_id))
        known = app.jobs.get_jobs(self.tenant.id, [debt.job]).get(debt.job)
        app.jobs.write_jobs([owing.owe(debt, known, self.clock.now())])
        return debt.job

    def job_of(self, customer_id: str, integration: IntegrationId = CRM) -> Job:
        return self.job(owing.sync_customer(self.tenant.id, integration, CustomerId(customer_id)).job)

    def job(self, job_id: JobId) -> Job:
        found: Job = self.app().jobs.get_jobs(self.tenant.id, [job_id])[job_id]
        return found

    def enrollment(self, enrollment: EnrollmentId) -> Enrollment:
        found: Enrollment | None = self.app().club.get_enrollment(self.tenant.id, enrollment)
        assert found
        return found

    def jobs(self, *statuses: JobStatus) -> list[Job]:
        """All of the tenant, or those of these statuses."""
        jobs, found = self.app().jobs, list[Job]()
        for status in statuses or JobStatus:
            page = jobs.list_jobs(self.tenant.id, [*self.integrations, None], status, None, 2_000)
            assert page.after is None, "more than this reads"
            found += page.items
        return found

    def scan_jobs(self) -> list[Job]:
        """The same, read from the table itself."""
        prefix = f"T#{self.tenant.id}#JOB#"
        return [to_job(item) for item in self.items("WORK_TABLE") if item["PK"].startswith(prefix)]

    def items(self, table: str) -> Iterable[dict[str, Any]]:
        pages = self.client.get_paginator("scan").paginate(TableName=self.tables.names[table], ConsistentRead=True)
        return [{name: plain(value) for name, value in item.items()} for page in pages for item in page["Items"]]

    def deliver(self, job_ids: Iterable[str], client: Any = None) -> list[str]:
        """What SQS does with messages; the ids of those that failed."""
        records = [
            {"messageId": job_id, "body": json.dumps({"tenant": self.tenant.id, "job": job_id})} for job_id in job_ids
        ]
        failed = build_job_worker(self.app(client))({"Records": records}, Context())
        return [failure["itemIdentifier"] for failure in failed["batchItemFailures"]]

    def sweep_app(self, client: Any = None) -> JobSweepApp:
        return build_job_sweep_app(
            Settings(self.tables.names),
            client or self.client,
            self.queue,
            NoImports(),
            self.clock,
            delivery_queue=QuietDeliveries(),
            run_queue=QuietRuns(),
        )

    def sweep(self, client: Any = None) -> dict[str, Any]:
        return build_job_sweep(self.sweep_app(client))({"task": SWEEP_JOBS.name}, Context())

    @property
    def desk(self) -> Till:
        """Calls to the API's jobs and health figures."""
        app = build_sync_app(Settings(self.tables.names), self.client, self.queue, self.clock)
        return Till(build_api(app, SYNC_ROUTES), self.tenant)

    def work_off(self, until: datetime, *, stops_when_idle: bool = True, client: Any = None) -> None:
        """Let time pass until `until`, or until nobody waits for a worker: messages come when they are due, and the
        sweep every minute. Whoever crashes is replaced. The workers' calls to the tables go through `client`."""
        app, ids, next_sweep = build_job_worker(self.app(client)), itertools.count(), self.clock.now()
        while self.clock.now() < until:
            ready = [m for m in self.queue.messages if m[2] <= self.clock.now()]
            self.queue.messages = [m for m in self.queue.messages if m[2] > self.clock.now()]
            for tenant, job, _ in ready:
                record = {"messageId": str(next(ids)), "body": json.dumps({"tenant": tenant, "job": job})}
                try:
                    app({"Records": [record]}, Context())
                except Crash:
                    app = build_job_worker(self.app(client))
            if self.clock.now() >= next_sweep:
                if stops_when_idle and not ready and not self.queue.messages and not self._waiting():
                    return
                self.sweep()
                next_sweep = self.clock.now() + timedelta(minutes=1)
            dues = [m[2] for m in self.queue.messages]
            if not any(due <= self.clock.now() for due in dues):
                self.clock.at = max(self.clock.now(), min([next_sweep, *dues]))

    def _waiting(self) -> int:
        figures = self.app().jobs.read_figures(self.tenant.id, [*self.integrations, None], self.clock.now())
        return sum(shown.queue_length for shown in figures.values())

    def _standing(self, app: Any, customer: Customer) -> Standing:
        current = None
        if customer.membership:
            current = app.club.get_enrollment(self.tenant.id, EnrollmentId(customer.membership))
            current = current if current and current.status is EnrollmentStatus.ACTIVE else None
        debt = owing.sync_customer(self.tenant.id, CRM, customer.id)
        return Standing(current, app.jobs.get_jobs(self.tenant.id, [debt.job]))

    def _circumstances(self) -> Circumstances:
        return Circumstances(CredentialId("key:test"), "test", "request", self.clock.now())


def crm_turn(scene: JobScene) -> ShopTurn:
    """The CRM of the scene, heard."""
    app, database, names = scene.app(), Database(scene.client), Settings(scene.tables.names)
    tables = names.customers_table, names.work_table
    return ShopTurn(
        scene.tenant,
        Integration(scene.tenant.id, CRM, Platform.COMMERCE7, "winery", scene.clock.now()),
        scene.crm.connector(),  # type: ignore[arg-type]
        app.of_the_club,
        DynamoShopRecordStore(database, *tables, scene.clock),
        DynamoDutyStore(database, ShardReader(database), *tables),
        "run-1",
    )


def job_scene(tables: DynamoDBTables, client: Any = None, **parts: Any) -> JobScene:
    """A fresh tenant, connected to a CRM, without any stage."""
    client, tenant = client or tables.client(), fresh_tenant()
    register_tenant(tenant, None, store=build_credential_app(Settings(tables.names), client).credentials)
    scene = JobScene(tables, client, tenant, open_till(client, tables.names, tenant), **parts)
    scene.connect()
    return scene
