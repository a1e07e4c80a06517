"""The whole path of an enrollment: the API, the queue of jobs, the real connectors and the doubles of both shops, in
one simulated time. Only mail and SQS are the test's own."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from customerhub.bootstrap import build_credential_app, build_job_parts
from customerhub.connectors.registry import connector_for
from customerhub.domain.ids import IntegrationId
from customerhub.domain.integration import Integration
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.link import external_entry
from customerhub.domain.response_times import CollectedTimes
from customerhub.domain.sync_health import SyncFigures
from customerhub.ports import Clock
from customerhub.ports.connector import Connector
from customerhub.ports.partners import ResponseTimes
from customerhub.services.job_parts import JobParts
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from customerhub.store.pacing import DynamoPacers
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.care import care_doubles, care_settings
from tests.support.club import Club
from tests.support.fake_crm import FakeQueue
from tests.support.job_scene import JobScene, StoppedClock
from tests.support.partner_bench import SeenCustomer
from tests.support.shops import COMMERCE7, SHOPIFY, Shops
from tests.support.till import fresh_tenant, open_till

DUE_LATER = timedelta(days=2)
"""What is due only then is not waited for: the end of a membership."""


@dataclass(frozen=True)
class ShopConnectors:
    """Implements `ports.partners.Connectors` over the network to the doubles, with the allowances of one process."""

    shops: Shops
    pacers: DynamoPacers
    clock: Clock
    times: ResponseTimes | None = None

    def open(self, integration: Integration) -> Connector:
        bench = self.shops.benches[integration.id]
        http, pacer = self.shops.http, self.pacers.of(integration)
        return connector_for(
            integration, bench.credentials, http, pacer, self.clock, times=self.times, secrets=bench.secrets
        )

    def try_open(self, integration: Integration, _: object) -> Connector:
        """Their own credentials are the only ones."""
        return self.open(integration)

    def are_renewed(self, *_: object) -> bool:
        """They are always those of now."""
        return False


@dataclass(kw_only=True)
class ShopScene(JobScene):
    """One tenant with both shops. `stage_ids` are the ids of its stages by name."""

    shops: Shops
    stage_ids: dict[str, str] = field(default_factory=dict)
    integrations: tuple[IntegrationId, ...] = (COMMERCE7, SHOPIFY)

    def app(self, client: Any = None) -> JobParts:
        settings, times, client = care_settings(self.tables.names), CollectedTimes(), client or self.client
        pacers = DynamoPacers(Database(client), settings.work_table, self.clock)
        connectors = ShopConnectors(self.shops, pacers, self.clock, times)
        parts = build_job_parts(
            settings,
            client,
            connectors=connectors,
            messenger=self.messenger,
            queue=self.queue,
            clock=self.clock,
            **care_doubles(),
        )
        return replace(parts, times=times)

    def connect(self) -> None:
        store = self.app().integrations
        for bench in self.shops.benches.values():
            store.put_integration(replace(bench.integration, tenant=self.tenant.id, connected_at=self.clock.now()))

    @property
    def club(self) -> Club:
        """Calls to the API."""
        return Club(self.till)

    def open_stage(self, name: str, percent: float = 10, **fields: Any) -> None:
        """A stage, as the API makes it."""
        self.stage_ids[name] = self.club.stage(name, percent, **fields)

    def join(self, stage: str, email: str, **person: Any) -> dict[str, Any]:
        """An enrollment, as the API makes it."""
        return self.club.enrolled(self.stage_ids[stage], email=email, **person)

    def let_pass(self, **duration: float) -> None:
        """Time goes by in which nobody works."""
        self.clock.at += timedelta(**duration)
        self.shops.catch_up()

    def with_email(self, integration: IntegrationId, email: str) -> list[SeenCustomer]:
        """A shop's customers with that e-mail, in any spelling."""
        seen = self.shops.benches[integration].customers()
        return [one for one in seen if email.casefold() in map(str.casefold, one.emails)]

    def granted(self, customer: SeenCustomer) -> tuple[str, ...]:
        """The stages whose tag the customer bears, each as often as it does."""
        names = {stage_id[:8]: name for name, stage_id in self.stage_ids.items()}
        return tuple(sorted(name for tag in customer.tags for mark, name in names.items() if mark in tag))

    def check_grants(self, expected: Mapping[str, str | None]) -> None:
        """Invariant 2: each of these e-mails is one customer's in each shop, who has that stage's discount (None: none)
        once, and nobody else has any."""
        for name, bench in self.shops.benches.items():
            seen = bench.customers()
            found = Counter(email.casefold() for one in seen for email in one.emails)
            assert {email: found[email.casefold()] for email in expected} == dict.fromkeys(expected, 1), name
            wanted = {email.casefold(): (stage,) if stage else () for email, stage in expected.items()}
            for one in seen:
                own = [wanted[email.casefold()] for email in one.emails if email.casefold() in wanted]
                assert self.granted(one) == (own[0] if own else ()), f"{name}: {one.id}"

    def check_synced(self, customers: Iterable[str]) -> None:
        """Each of these is tied to the record that bears its e-mail, and everything that was owed is done."""
        by_email = {
            name: {email.casefold(): one.id for one in bench.customers() for email in one.emails}
            for name, bench in self.shops.benches.items()
        }
        for customer in map(self.stored, dict.fromkeys(customers)):
            emails = [identifier.value.casefold() for identifier in customer.identifiers if identifier.kind == "email"]
            for name, records in by_email.items():
                entry = external_entry(customer, name)
                assert entry
                assert entry.owned
                assert entry.value in {f"{name}:{records[email]}" for email in emails if email in records}
            enrollments = self.app().club.enrollments_of(self.tenant.id, customer.ids)
            assert all(one.is_synced for one in enrollments)
        left = [job for job in self.scan_jobs() if job.status is not JobStatus.DONE]
        assert {job.kind for job in left} <= {JobKind.END_ENROLLMENT}, left
        assert all(job.due_at > self.clock.now() + DUE_LATER for job in left)

    def check_welcomed(self, emails: Sequence[str]) -> None:
        """Invariant 2: each has got one e-mail."""
        assert Counter(to.casefold() for to, _, _ in self.messenger.sent) == Counter(map(str.casefold, set(emails)))

    def check_figures(self) -> Mapping[IntegrationId | None, SyncFigures]:
        """The counters, which are what a recount of the jobs finds. Jobs that were owed anew count their attempts
        from then on."""
        places = [*self.integrations, None]
        recount = Counter((job.integration, job.kind, job.status) for job in self.scan_jobs())
        figures = self.app().jobs.read_figures(self.tenant.id, places, self.clock.now())
        counted = {(one, *place): n for one, shown in figures.items() for place, n in shown.jobs.items()}
        assert counted == recount
        attempts = sum(job.attempts for job in self.scan_jobs())
        assert sum(shown.attempts for shown in figures.values()) >= attempts
        return figures

    def check_no_echo(self, customers: Iterable[str]) -> None:
        """Invariant 4: everything owed once more writes nothing to a shop, nor to a customer's profile."""
        people = list(dict.fromkeys(customers))
        before = {name: bench.writes_seen() for name, bench in self.shops.benches.items()}
        stored = [self.stored(person) for person in people]
        for person in people:
            for integration in self.integrations:
                self.owe_customer(person, integration)
        self.work_off(self.clock.now() + timedelta(days=1))
        assert {name: bench.writes_seen() for name, bench in self.shops.benches.items()} == before
        assert [self.stored(person) for person in people] == stored


def shop_scene(tables: DynamoDBTables, shops: Shops, client: Any = None) -> ShopScene:
    """A fresh tenant, connected to both shops on their first day, without any stage."""
    client, tenant = client or tables.client(), fresh_tenant()
    clock, queue = StoppedClock(shops.restart()), FakeQueue()
    shops.follow(clock)
    register_tenant(tenant, None, store=build_credential_app(Settings(tables.names), client).credentials)
    till = open_till(client, tables.names, tenant, queue=queue, clock=clock)
    scene = ShopScene(tables, client, tenant, till, clock, queue=queue, shops=shops)
    scene.connect()
    return scene
