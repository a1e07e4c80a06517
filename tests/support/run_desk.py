"""Runs of one integration, worked in this process over real tables, from a shop in memory."""

import threading
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, cast

from customerhub.bootstrap import build_credential_app
from customerhub.deployment import WORK_TABLE_VARIABLE
from customerhub.domain.feed import Feed, FeedKind, PullState
from customerhub.domain.ids import CredentialId, CustomerId, ExternalId, IntegrationId, RunId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.remote import RemoteProduct
from customerhub.domain.run import RecordPage, RecordVerdict, Run, RunKind, RunStart
from customerhub.domain.tenant import Tenant
from customerhub.domain.verdict import Verdict
from customerhub.ports.connector import Connector
from customerhub.ports.runs import RunStore
from customerhub.services.club_parts import ClubParts
from customerhub.services.register_tenant import register_tenant
from customerhub.services.resume_runs import resume_runs
from customerhub.services.run_parts import PullParts, RunParts, TakeIn
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.start_run import start_run
from customerhub.services.work_run import Ending, work_run
from customerhub.settings import Settings
from customerhub.store.club import DynamoClubStore
from customerhub.store.credentials import DynamoCredentialStore
from customerhub.store.identity import DynamoIdentityStore
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.jobs import DynamoJobStore
from customerhub.store.listing import ShardReader
from customerhub.store.run_items import put_feed, put_state
from customerhub.store.runs import DynamoRunStore
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.fake_shop import FakeShop, Listing
from tests.support.import_desk import HeardJobs, SteeredClock
from tests.support.till import fresh_tenant

SHOP = IntegrationId("shopify")
SOMEBODY = CredentialId("key:somebody")
FEEDS = tuple(FeedKind)


@dataclass
class HeardRuns:
    """Implements `ports.runs.RunQueue`, and keeps what was sent."""

    sent: list[tuple[TenantId, RunId, int]] = field(default_factory=list)
    starts: list[tuple[RunStart, int]] = field(default_factory=list)
    fails: Callable[[], object] = lambda: None

    def send(self, runs: Sequence[tuple[TenantId, RunId]], delay_s: int = 0) -> None:
        self.fails()
        self.sent += [(tenant, run, delay_s) for tenant, run in runs]

    def send_starts(self, starts: Sequence[RunStart], delay_s: int = 0) -> None:
        self.fails()
        self.starts += [(start, delay_s) for start in starts]


@dataclass
class Books:
    """What was taken in of a shop's records, in place of the hub's customers: the last that was heard of each."""

    known: dict[FeedKind, dict[ExternalId, Any]] = field(default_factory=lambda: {kind: {} for kind in FeedKind})
    pages: list[tuple[FeedKind, int]] = field(default_factory=list)
    faults: Callable[[], object] = lambda: None
    loses: int = 0
    """Verdicts that are left out of each page."""
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def take_in(self) -> TakeIn:
        return TakeIn({kind: self._of(kind) for kind in FeedKind}, self._deletion)

    def linked_records(self, *_: object) -> Iterator[Sequence[ExternalId]]:
        ids = sorted(self.known[FeedKind.CUSTOMERS])
        for first in range(0, len(ids), 100):
            yield ids[first : first + 100]

    def _of(self, kind: FeedKind) -> Any:
        def take_in(records: Sequence[Any], _turn: ShopTurn, _threads: Executor) -> list[RecordVerdict]:
            self.faults()
            with self._lock:
                self.pages.append((kind, len(records)))
                verdicts = [self._put(kind, record) for record in records]
            return verdicts[: len(verdicts) - self.loses]

        return take_in

    def _put(self, kind: FeedKind, record: Any) -> RecordVerdict:
        before = self.known[kind].get(record.id)
        self.known[kind][record.id] = record
        if before == record:
            return RecordVerdict(record.id, Verdict.UNCHANGED)
        verdict = Verdict.UPDATED if before else Verdict.CREATED
        return RecordVerdict(record.id, verdict, customer=CustomerId(f"c-{record.id}"))

    def _deletion(self, record: ExternalId, _at: datetime, _turn: ShopTurn) -> RecordVerdict:
        self.faults()
        with self._lock:
            was_known = self.known[FeedKind.CUSTOMERS].pop(record, None)
        return RecordVerdict(record, Verdict.UPDATED if was_known else Verdict.UNCHANGED, "deleted")


@dataclass
class OneShop:
    """Implements `ports.partners.Connectors` with one shop; `refused` is met when it is opened."""

    shop: FakeShop
    refused: Exception | None = None
    renewed: bool = False

    def open(self, _: Integration) -> Connector:
        if self.refused:
            raise self.refused
        return cast("Connector", self.shop.connector())

    def try_open(self, *_: object) -> Connector:
        return self.open(cast("Integration", None))

    def are_renewed(self, *_: object) -> bool:
        return self.renewed


@dataclass
class RunDesk:
    """One tenant with one shop."""

    tables: DynamoDBTables
    tenant: Tenant = field(default_factory=fresh_tenant)
    clock: SteeredClock = field(default_factory=SteeredClock)
    queue: HeardRuns = field(default_factory=HeardRuns)
    jobs: HeardJobs = field(default_factory=HeardJobs)
    books: Books = field(default_factory=Books)
    ended: list[Integration] = field(default_factory=list)
    page_records: int = 4

    def __post_init__(self) -> None:
        self.client = self.tables.client()
        self.shop = FakeShop(clock=self.clock, index_lag=timedelta(), page_rows=3)
        self.connectors = OneShop(self.shop)
        register_tenant(
            self.tenant, None, store=build_credential_app(Settings(self.tables.names), self.client).credentials
        )
        self.integration = Integration(self.tenant.id, SHOP, Platform.SHOPIFY, "shop.myshopify.com", self.clock.now())
        self.club().integrations.put_integration(self.integration)
        self.runs: RunStore = self.store()

    def store(self, client: Any = None) -> DynamoRunStore:
        return DynamoRunStore(Database(client or self.client), self.tables.names[WORK_TABLE_VARIABLE])

    def club(self, client: Any = None) -> ClubParts:
        database, names = Database(client or self.client), tuple(self.tables.names.values())
        settings = Settings(self.tables.names)
        names = settings.customers_table, settings.work_table
        shards = ShardReader(database)
        return ClubParts(
            DynamoIdentityStore(database, *names, self.clock),
            DynamoClubStore(database, shards, *names),
            DynamoIntegrationStore(database, settings.work_table),
            DynamoJobStore(database, shards, *names),
            self.clock,
        )

    def parts(self, client: Any = None) -> PullParts:
        """What a worker works with; nothing of duties is ever asked for."""
        return PullParts(
            self.store(client),
            self.queue,
            DynamoCredentialStore(Database(client or self.client), self.tables.names[WORK_TABLE_VARIABLE]),
            self.connectors,
            cast("Any", self.books),
            cast("Any", None),
            self.club(client),
            self.jobs,
            self.books.take_in(),
            self.ended.append,
            threads=1,
            page_records=self.page_records,
        )

    def starting(self, client: Any = None) -> RunParts:
        return RunParts(self.store(client), self.queue, self.clock)

    def start(self, kind: RunKind = RunKind.PULL) -> Run:
        return start_run(self.integration, kind, SOMEBODY, parts=self.starting())

    def work(self, run: Run, *, patience: timedelta = timedelta(minutes=5), parts: PullParts | None = None) -> Ending:
        """One worker, until it lays the run down."""
        return work_run(self.tenant.id, run.id, self.clock.now() + patience, parts=parts or self.parts())

    def finish(self, run: Run) -> Run:
        """Workers, one after the other, until the run has ended; time goes on as it has to."""
        for _ in range(100):
            if self.work(run) is Ending.ENDED:
                return self.read(run)
            self.clock.ahead += timedelta(minutes=20)
        raise AssertionError(self.read(run))

    def pull(self, kind: RunKind = RunKind.PULL) -> Run:
        """A whole run."""
        return self.finish(self.start(kind))

    def settle(self) -> None:
        """As a pull that has just ended would leave it."""
        shop, now = self.shop, self.clock.now()
        listings: tuple[Listing[Any], ...] = (shop.people, shop.sales, shop.goods)
        self.books.known = {kind: dict(listing.rows) for kind, listing in zip(FEEDS, listings, strict=True)}
        work, last = self.tables.names[WORK_TABLE_VARIABLE], RunId("0" * 26)
        state = PullState(self.tenant.id, SHOP, last_run=last, last_began_at=now, last_sync_at=now)
        feeds = [put_feed(work, Feed(self.tenant.id, SHOP, kind, now)) for kind in FEEDS]
        Database(self.client).write_all([put_state(work, state), *feeds])

    def read(self, run: Run) -> Run:
        known = self.runs.get_run(self.tenant.id, run.id)
        assert known
        return known

    def sweep(self, client: Any = None) -> int:
        """What the schedule does."""
        return resume_runs(parts=self.starting(client))

    def watermarks(self) -> dict[FeedKind, datetime | None]:
        return {kind: feed.watermark for kind, feed in self.runs.get_feeds(self.tenant.id, SHOP).items()}

    def verdicts(self, run: Run) -> list[tuple[FeedKind, RecordVerdict]]:
        pages: Iterator[RecordPage] = self.runs.record_pages(self.tenant.id, run.id)
        return [(page.feed, verdict) for page in pages for verdict in page.verdicts]

    def stock(self, people: int = 5, sales: int = 2, goods: int = 1) -> list[ExternalId]:
        """People, what they bought, and what is sold."""
        ids = [self.shop.sign_up(emails=(f"p{self.shop.events}@example.com",)) for _ in range(people)]
        found = [record for record in ids if record]
        for number in range(sales):
            self.shop.sell(100, buyer=found[number % len(found)])
        for _ in range(goods):
            product = RemoteProduct(self.shop.fresh_id(), "Wine", "active", self.shop.now())
            self.shop.goods.put(product, self.clock.now())
        return found

    def is_level(self) -> bool:
        """Whether everything that the shop has was taken in as it is."""
        shop: tuple[Listing[Any], ...] = (self.shop.people, self.shop.sales, self.shop.goods)
        return all(self.books.known[kind] == listing.rows for kind, listing in zip(FEEDS, shop, strict=True))

    def disconnect(self) -> None:
        store = self.club().integrations
        known = store.get_integration(self.tenant.id, SHOP)
        assert known
        store.put_integration(replace(known, active=False))


def counted(run: Run) -> dict[str, int]:
    """The verdicts that there are, by name."""
    assert run.is_balanced
    return {verdict.value: count for verdict, count in run.total.verdicts.items()}


def an_hour_ago() -> datetime:
    return datetime.now(UTC) - timedelta(hours=1)
