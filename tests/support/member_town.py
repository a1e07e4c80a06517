"""A tenant with two shops, whose members live through everything at the times of one clock, and what must hold once
all that is owed was done."""

import json
from contextlib import AbstractContextManager, nullcontext, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from customerhub.bootstrap import build_credential_app, build_job_parts, build_job_sweep_app
from customerhub.deployment import SWEEP_JOBS
from customerhub.domain.ids import ExternalId, IntegrationId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.job import Job, JobKind, JobStatus
from customerhub.domain.link import external_entry, external_id_of
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer
from customerhub.entrypoints.job_sweep import build_job_sweep
from customerhub.entrypoints.queues import build_job_worker
from customerhub.ports.partners import SecretStore
from customerhub.services.club_parts import ClubParts
from customerhub.services.connect_integration import ConnectParts, connect_integration
from customerhub.services.disconnect_integration import DisconnectParts, disconnect_integration
from customerhub.services.job_parts import JobParts
from customerhub.services.owe_members import owe_members
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.care import care_doubles, care_settings, end_run
from tests.support.club import Club, jobs_in
from tests.support.fake_crm import FakeConnector, FakeConnectors, FakeCrm, FakeMessenger, FakeQueue
from tests.support.faults import RATE_COUNTER, Crash
from tests.support.job_scene import Context, NoImports
from tests.support.quiet_queues import QuietDeliveries, QuietRuns
from tests.support.till import Till, open_till

SHOPS = (IntegrationId("commerce7"), IntegrationId("shopify"))


class RunningClock:
    """A `ports.Clock` that goes on by itself, as the ids' own times do, and leaps when it is told to."""

    def __init__(self) -> None:
        self._ahead = timedelta()

    def now(self) -> datetime:
        return datetime.now(UTC) + self._ahead

    def sleep(self, duration_s: float) -> None:
        self._ahead += timedelta(seconds=duration_s)


@dataclass
class Shop(FakeCrm):
    """It takes one e-mail per record, and each but once, as Shopify does; or keeps all, as Commerce7 does."""

    keeps_addresses: bool = False

    def connector(self) -> "ShopConnector":
        return ShopConnector(self)


@dataclass(frozen=True)
class ShopConnector(FakeConnector):
    """A record's e-mail follows the hub's, unless another record has it."""

    crm: Shop

    def update_customer(self, customer: ExternalId, person: OutgoingCustomer) -> RemoteCustomer | None:
        updated = super().update_customer(customer, person)
        if updated is None or self.crm.keeps_addresses or updated.emails == (person.email,):
            return updated
        if any(one.id != customer for one in self.crm.with_email(person.email)):
            return replace(updated, refused={"email": "taken"})
        moved = replace(updated, emails=(person.email,))
        done: RemoteCustomer = self.crm.call("update", lambda: self.crm.put("update", moved))
        return done


class NoSecrets:
    """Implements what connecting uses of `ports.partners.SecretStore`."""

    def put(self, *_: Any) -> None:
        """Takes them."""

    def exclusive(self, *_: Any) -> AbstractContextManager[None]:
        """Nobody renews any."""
        return nullcontext()


@dataclass
class MemberTown:
    """The tenant, through `till` and `club`; the shops are reached by the workers alone."""

    tables: DynamoDBTables
    till: Till
    clock: RunningClock
    shops: dict[str, Shop]
    messenger: FakeMessenger = field(default_factory=FakeMessenger)
    queue: FakeQueue = field(default_factory=FakeQueue)

    @property
    def club(self) -> Club:
        return Club(self.till)

    def app(self, client: Any = None) -> JobParts:
        crms: dict[str, FakeCrm] = dict(self.shops)
        connectors, client = FakeConnectors(crms), client or self.tables.client()
        return build_job_parts(
            care_settings(self.tables.names),
            client,
            connectors=connectors,
            messenger=self.messenger,
            queue=self.queue,
            clock=self.clock,
            **care_doubles(),
        )

    def connect(self, shop: str) -> None:
        """As the operator does; also again."""
        tenant, app, secrets = self.till.tenant, self.app(), cast("SecretStore", NoSecrets())
        account = f"{shop}.{tenant.id}.example.com"
        stated = Integration(tenant.id, IntegrationId(shop), Platform.SHOPIFY, account, self.clock.now())
        parts = ConnectParts(app.integrations, app.jobs, secrets, app.connectors, self.clock)
        connected = connect_integration(stated, {}, parts=parts)
        owe_members(connected.integration, tenant, parts=self._club_parts)

    def disconnect(self, shop: str) -> None:
        tools, connectors = self.app().care(), self.app().connectors
        parts = DisconnectParts(tools.parts, tools.runs, connectors, tools.public_url)
        disconnect_integration(self.till.tenant.id, IntegrationId(shop), parts=parts)

    @property
    def _club_parts(self) -> ClubParts:
        app = self.app()
        return ClubParts(app.identities, app.club, app.integrations, app.jobs, self.clock)

    def deliver(self, job: str, client: Any = None) -> None:
        """A worker is told of a job; one that dies leaves its lease behind."""
        body = json.dumps({"tenant": self.till.tenant.id, "job": job})
        with suppress(Crash):
            build_job_worker(self.app(client))({"Records": [{"messageId": job, "body": body}]}, Context())

    def sweep(self, client: Any = None) -> None:
        app = build_job_sweep_app(
            Settings(self.tables.names),
            client or self.tables.client(),
            self.queue,
            NoImports(),
            self.clock,
            delivery_queue=QuietDeliveries(),
            run_queue=QuietRuns(),
        )
        build_job_sweep(app)({"task": SWEEP_JOBS.name}, Context())

    def jobs(self) -> list[Job]:
        return jobs_in(self.tables, self.till.tenant.id)

    def owed(self) -> list[Job]:
        """What waits, but for the ends of memberships that last."""
        soon = self.clock.now() + timedelta(days=1)
        waiting = [job for job in self.jobs() if job.status is JobStatus.WAITING]
        return [job for job in waiting if job.due_at <= soon or job.kind is not JobKind.END_ENROLLMENT]

    def work_some(self, number: int) -> None:
        """Workers take so many of the messages that have come."""
        self.sweep()
        ready, self.queue.messages = self.queue.messages[:number], self.queue.messages[number:]
        for _, job, _ in ready:
            self.deliver(job)

    def drain(self) -> None:
        """Let time pass until nothing is owed any more. Fails where something waits for ever."""
        for _ in range(200):
            self.work_some(1_000)
            self._end_runs()
            owed = self.owed()
            if not owed and not self.queue.messages:
                return
            due = [max(job.due_at, job.quiet_until or job.due_at) for job in owed]
            ahead = (min(due) - self.clock.now()).total_seconds() if due else 0
            self.clock.sleep(max(ahead, 0) + 0.001)
        raise AssertionError(f"waits for ever: {[(j.kind, j.reason, j.failures[-1:]) for j in self.owed()]}")

    def _end_runs(self) -> None:
        """There is nothing in these shops that a run would find."""
        app = self.app()
        for integration in app.integrations.list_integrations(self.till.tenant.id):
            end_run(app.care().parts.runs, integration, self.clock.now())

    def members(self) -> dict[str, str | None]:
        """Each live customer's membership."""
        return {one.id: one.membership for one in audit(self.tables).customers.values()}

    def record_of(self, customer: str, shop: str = SHOPS[0]) -> RemoteCustomer | None:
        """The shop's record of a customer."""
        entry = external_entry(audit(self.tables).customers[customer], IntegrationId(shop))
        return self.shops[shop].customers[external_id_of(entry)] if entry else None

    def granted(self, customer: str, shop: str = SHOPS[0]) -> list[str] | None:
        """The names of the stages whose discount a customer has in a shop; None without a record."""
        record = self.record_of(customer, shop)
        return self.shops[shop].grants()[record.id] if record else None

    def writes(self) -> dict[str, int]:
        """How often each shop was written to."""
        return {name: len(shop.writes) for name, shop in self.shops.items()}

    def content(self) -> dict[str, list[Any]]:
        """Both tables, to the byte, without rate counters."""
        client = self.tables.client()
        items = {name: client.scan(TableName=name, ConsistentRead=True)["Items"] for name in self.tables.names.values()}
        return {name: [item for item in found if RATE_COUNTER not in str(item["PK"])] for name, found in items.items()}


def member_town(tables: DynamoDBTables, shops: tuple[str, ...] = SHOPS) -> MemberTown:
    """A fresh tenant with its shops, without any stage."""
    clock, queue = RunningClock(), FakeQueue()
    till = open_till(tables.client(), tables.names, queue=queue, clock=clock)
    register_tenant(till.tenant, None, store=build_credential_app(Settings(tables.names), tables.client()).credentials)
    town = MemberTown(tables, till, clock, {shop: Shop() for shop in shops}, queue=queue)
    for shop in shops:
        town.connect(shop)
    return town
