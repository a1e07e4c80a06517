"""A tenant whose shops have staff and buyers of their own: what happens there comes by webhooks, as far as these come,
and by runs, over the real use cases and tables."""

import random
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from customerhub import bootstrap
from customerhub.domain.delivery import Delivery
from customerhub.domain.ids import CredentialId, IntegrationId, RunId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.run import Run, RunKind, RunStatus
from customerhub.errors import RetryLater
from customerhub.services.receive_delivery import InboxParts, receive_delivery
from customerhub.services.register_tenant import register_tenant
from customerhub.services.run_parts import PullParts
from customerhub.services.start_run import start_run
from customerhub.services.work_delivery import DeliveryParts, work_delivery
from customerhub.services.work_run import work_run
from customerhub.settings import Settings
from customerhub.store.deliveries import DynamoDeliveryStore
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.listing import ShardReader
from customerhub.store.runs import DynamoRunStore
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.fake_crm import FakeConnectors, FakeCrm, FakeQueue
from tests.support.fake_shop import FakeShop, Letter, Postman
from tests.support.faults import FAILURES, RATE_COUNTER, Crash, FailingClient
from tests.support.member_town import MemberTown, RunningClock
from tests.support.quiet_queues import QuietDeliveries, QuietRuns, QuietTopic
from tests.support.till import open_till

ORDERED, UNORDERED = "shopify", "commerce7"
STAFF = CredentialId("staff:test")
HOW_IT_CAME = ("#RUN#", "#PULL#", "#DELIVERY#", "#DELETED#", "#CARE#", RATE_COUNTER)
"""In the keys of what tells of the work, and not of people and what is owed."""
DIES = next(failure for failure in FAILURES if failure.name == "crash before")
PATIENCE = timedelta(hours=1)
_READ_BEHIND = 500


@dataclass
class ShopTown(MemberTown):
    """The tenant and its `fakes`, the shops by the names of their integrations. `said` are the e-mails and phones that
    callers of the hub have named, by themselves."""

    fakes: dict[str, FakeShop] = field(default_factory=dict)
    postmen: dict[str, Postman] = field(default_factory=dict)
    said: set[str] = field(default_factory=set)

    def connect(self, shop: str) -> None:
        """As though it had been connected; nothing is owed to it yet."""
        account = f"{shop}.myshopify.com"
        stated = Integration(self.till.tenant.id, IntegrationId(shop), Platform.SHOPIFY, account, self.clock.now())
        self._integrations().connect_integration(stated, None, [])

    # Webhooks.

    def bring_mail(self) -> None:
        """The postmen collect, lose, double, hold back and mix up; what they bring is received."""
        for name, shop in self.fakes.items():
            self.postmen[name].collect(shop)
            self._receive(name, self.postmen[name].hand_over())

    def bring_the_rest(self) -> None:
        """What was held back comes at last, and some of it once more."""
        for name, shop in self.fakes.items():
            shop.mail.clear()
            postman = self.postmen[name]
            postman.late = 0
            self._receive(name, postman.hand_over())

    def work_deliveries(self, *, dies_at: int = -1) -> None:
        """What is due is worked; the worker dies before that of its calls to the tables."""
        with self._worker(dies_at) as client:
            parts = self._delivery_parts(client)
            due = self._deliveries().due_deliveries(self.clock.now() + PATIENCE, _READ_BEHIND)
            for delivery in due:
                with suppress(RetryLater):
                    work_delivery(delivery.tenant, delivery.id, self.clock.now() + PATIENCE, parts=parts)

    def waiting_deliveries(self) -> list[Delivery]:
        """What was received and is not worked."""
        return list(self._deliveries().due_deliveries(self.clock.now() + timedelta(days=30), _READ_BEHIND))

    # Runs.

    def run(self, shop: str, kind: RunKind) -> Run:
        """A new run, from its start to its end."""
        self.finish_runs()
        return self._to_the_end(self.begin_run(shop, kind))

    def pull(self, shop: str) -> None:
        """A pull, or what was under way, to its end."""
        self._to_the_end(self.begin_run(shop, RunKind.PULL))

    def begin_run(self, shop: str, kind: RunKind, *, dies_at: int = -1) -> Run:
        """One message to a worker about a run, which is started unless one is under way."""
        integration = self._integrations().get_integration(self.till.tenant.id, IntegrationId(shop))
        assert integration
        run = start_run(integration, kind, STAFF, parts=self._pull_parts(self.tables.client()).starting)
        self._work_run(run.id, dies_at)
        return run

    def finish_runs(self) -> None:
        """Whatever is under way comes to its end."""
        for name in self.fakes:
            state = self._runs().get_pull_state(self.till.tenant.id, IntegrationId(name))
            if state.run:
                run = self._runs().get_run(self.till.tenant.id, state.run)
                assert run
                self._to_the_end(run)

    def written(self) -> dict[str, list[str]]:
        """What the hub has written to each shop."""
        return {name: list(shop.writes) for name, shop in self.fakes.items()}

    def kept(self) -> dict[str, list[Any]]:
        """Both tables, to the byte, without what tells how it came there."""
        return {
            table: [item for item in items if not any(part in str(item["PK"]) for part in HOW_IT_CAME)]
            for table, items in self.content().items()
        }

    def _to_the_end(self, run: Run) -> Run:
        for _ in range(200):
            found = self._runs().get_run(self.till.tenant.id, run.id)
            assert found
            if found.status is not RunStatus.RUNNING:
                assert found.status is RunStatus.COMPLETED, (found.status, found.reason)
                assert found.is_balanced
                failed = [page for page in self._runs().record_pages(found.tenant, found.id) if _failures(page)]
                assert not failed, failed
                return found
            self.clock.sleep(self._wait_s(found))
            self._work_run(run.id)
        raise AssertionError(f"the run does not end: {run.position} {run.reason}")

    def _wait_s(self, run: Run) -> float:
        moments = [run.due_at, run.lease.until if run.lease else None]
        return max([0.0, *((at - self.clock.now()).total_seconds() + 0.01 for at in moments if at)])

    def _work_run(self, run: RunId, dies_at: int = -1) -> None:
        with self._worker(dies_at) as client, suppress(RetryLater):
            work_run(self.till.tenant.id, run, self.clock.now() + PATIENCE, parts=self._pull_parts(client))

    @contextmanager
    def _worker(self, dies_at: int) -> Iterator[Any]:
        client = FailingClient(self.tables.client(), dies_at, DIES if dies_at >= 0 else None)
        with suppress(Crash):
            yield client

    def _receive(self, shop: str, letters: Sequence[Letter]) -> None:
        parts = self._inbox()
        for letter in letters:
            headers = letter.headers | {"x-shopify-shop-domain": f"{shop}.myshopify.com"}
            receive_delivery(Platform.SHOPIFY, headers, letter.body, parts=parts)

    # What it is made of.

    def _inbox(self) -> InboxParts:
        return bootstrap.build_inbox_parts(
            self._settings,
            self.tables.client(),
            connectors=self._connectors(),
            queue=QuietDeliveries(),
            clock=self.clock,
        )

    def _delivery_parts(self, client: Any) -> DeliveryParts:
        parts = bootstrap.build_delivery_parts(
            self._settings,
            client,
            connectors=self._connectors(),
            queue=QuietDeliveries(),
            job_queue=self.queue,
            topic=QuietTopic(),
            clock=self.clock,
        )
        return replace(parts, unforeseen=_unforeseen)

    def _pull_parts(self, client: Any) -> PullParts:
        """One thread, so that a worker dies at the same call each time; and pages of the verdicts of few records."""
        parts = bootstrap.build_pull_parts(
            self._settings,
            client,
            connectors=self._connectors(),
            queue=QuietRuns(),
            job_queue=self.queue,
            topic=QuietTopic(),
            clock=self.clock,
        )
        return replace(parts, unforeseen=_unforeseen, threads=1, page_records=2)

    def _connectors(self) -> FakeConnectors:
        crms: dict[str, FakeCrm] = dict(self.fakes)
        return FakeConnectors(crms)

    def _database(self) -> Database:
        return Database(self.tables.client())

    def _deliveries(self) -> DynamoDeliveryStore:
        database = self._database()
        return DynamoDeliveryStore(database, ShardReader(database), self._settings.work_table)

    def _runs(self) -> DynamoRunStore:
        database = self._database()
        return DynamoRunStore(database, self._settings.work_table)

    def _integrations(self) -> DynamoIntegrationStore:
        return DynamoIntegrationStore(self._database(), self._settings.work_table)

    @property
    def _settings(self) -> Settings:
        return Settings(self.tables.names)


def shop_town(tables: DynamoDBTables, shops: Sequence[str] = (ORDERED,), seed: int = 0) -> ShopTown:
    """A fresh tenant with its shops, all of them empty. What the postmen do follows from `seed`."""
    clock, queue = RunningClock(), FakeQueue()
    till = open_till(tables.client(), tables.names, queue=queue, clock=clock)
    credentials = bootstrap.build_credential_app(Settings(tables.names), tables.client()).credentials
    register_tenant(till.tenant, None, store=credentials)
    fakes = {shop: FakeShop(clock=clock, is_ordered=shop == ORDERED) for shop in shops}
    postmen = {shop: Postman(random.Random(f"{shop}{seed}")) for shop in shops}
    town = ShopTown(tables, till, clock, dict(fakes), queue=queue, fakes=fakes, postmen=postmen)
    for shop in shops:
        town.connect(shop)
    return town


def _unforeseen(error: Exception, _: object) -> None:
    raise AssertionError("nobody foresaw this") from error


def _failures(page: Any) -> list[Any]:
    return [verdict for verdict in page.verdicts if verdict.verdict == "failed"]
