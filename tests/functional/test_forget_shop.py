"""A shop has left, and everything that came from it goes: resumable anywhere, and proven by figures that are right."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

import pytest

from customerhub.bootstrap import build_cleanup_app
from customerhub.deployment import FINISH_ERASURES, WORK_DUTIES
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.duty import Duty
from customerhub.domain.feed import Drift, Feed, FeedKind, PullState
from customerhub.domain.ids import CredentialId, ExternalId, IntegrationId, TenantId, new_run_id
from customerhub.domain.remote import RemoteChange, RemoteProduct
from customerhub.domain.run import Run, RunKind, RunStatus
from customerhub.entrypoints.cleanup import CleanupFailedError
from customerhub.errors import HubError
from customerhub.services.forget_shop import BELONGINGS, forget_shop
from customerhub.settings import Settings
from customerhub.store.deliveries import DynamoDeliveryStore
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.listing import ShardReader
from customerhub.store.run_items import put_drift, put_feed
from customerhub.store.runs import DynamoRunStore
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.club import Club, orders_in
from tests.support.faults import FAILURES, Crash, FailingClient
from tests.support.forgotten import mentions
from tests.support.one_client import with_one_client
from tests.support.order_desk import NOW, OTHER, SHOP, OrderDesk, a_customer, an_order, codes, open_desk

STEP = 3
SHOP_REDACT = RemoteChange("integration", "redact", ExternalId("shopify.myshopify.com"))


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> OrderDesk:
    """Over the shared tables, of a fresh tenant."""
    return open_desk(with_one_client(dynamodb_tables))


def receipt(desk: OrderDesk) -> dict[str, Any]:
    """Of the one duty, which is done."""
    (duty,) = desk.open("done")
    found: dict[str, Any] = duty["receipt"]
    return found


def forget(desk: OrderDesk, client: Any = None) -> None:
    """Until it is done."""
    for _ in range(20):
        desk.work_duties(client)
        if not desk.open():
            return
    raise AssertionError("the shop is not forgotten")


def deliveries_of(desk: OrderDesk) -> DynamoDeliveryStore:
    """The inbox of webhooks."""
    database = Database(desk.tables.client())
    return DynamoDeliveryStore(database, ShardReader(database), Settings(desk.tables.names).work_table)


def only(desk: OrderDesk) -> Duty:
    """The one duty, which is open."""
    (listed,) = desk.open()
    duty = desk.turn().duties.get_duty(desk.till.tenant.id, listed["id"])
    assert duty
    return duty


def reconnect(desk: OrderDesk) -> None:
    """The merchant states the shop's credentials anew."""
    store = DynamoIntegrationStore(Database(desk.tables.client()), Settings(desk.tables.names).work_table)
    known = store.get_integration(desk.till.tenant.id, SHOP)
    assert known
    store.put_integration(replace(known, renewed_at=desk.clock.now()))


def test_who_came_from_the_shop_alone_goes_with_it(desk: OrderDesk) -> None:
    (ann,) = desk.customers(a_customer("1", emails=("ann.archer@example.com",), first_name="Annabella"))
    desk.orders(an_order("1", customer=ExternalId("1")), an_order("2", email="guest@example.com"))
    desk.passed_on(SHOP_REDACT)
    forget(desk)
    assert desk.till.get(str(ann.customer)).status == 410
    assert receipt(desk)["outcome"] == "shop_forgotten"
    assert receipt(desk)["counts"] == {
        "customersErased": 2,
        "customersDetached": 0,
        "links": 1,
        "orders": 2,
        "products": 0,
        "deliveries": 0,
    }
    words = ("ann.archer", "annabella", "guest@example.com")
    assert [place for place, _ in mentions(desk.tables, words) if desk.till.tenant.id in place] == []
    assert desk.open() == []


def test_who_is_forgotten_with_a_shop_is_welcome_to_come_back(desk: OrderDesk) -> None:
    """Nobody has asked for it in person: with the shop its customers come again, and by any other way."""
    record = a_customer("1", emails=("ann@example.com",), first_name="Ann")
    desk.customers(record)
    desk.passed_on(SHOP_REDACT)
    forget(desk)
    assert codes(desk.customers(record)) == [("created", None)]
    assert desk.till.manage(email="ann@example.com").customer["firstName"] == "Ann"


def test_whoever_is_known_otherwise_stays_without_what_came_from_the_shop(desk: OrderDesk) -> None:
    bob = desk.till.manage(email="bob@example.com", firstName="Bob").id
    desk.customers(a_customer("2", emails=("bob@example.com",), phones=("+17075550123",), first_name="Bob"))
    desk.orders(an_order("1", customer=ExternalId("2")))
    desk.orders(an_order("9", email="bob@example.com"), turn=desk.turn(integration=OTHER))
    before = desk.exported(bob)
    assert (len(before["links"]), len(before["orders"])) == (1, 2)
    assert before["links"][0]["seen"]["phones"] == ["+17075550123"]
    desk.passed_on(SHOP_REDACT)
    forget(desk)
    after = desk.exported(bob)
    assert (after["links"], [order["source"] for order in after["orders"]]) == ([], [OTHER])
    assert [(one["kind"], one["value"]) for one in after["identifiers"]] == [("email", "bob@example.com")]
    assert desk.till.search("+17075550123").body["customers"] == []
    counts = receipt(desk)["counts"]
    assert (counts["customersErased"], counts["customersDetached"], counts["links"], counts["orders"]) == (0, 1, 1, 1)


def test_a_record_of_another_shop_keeps_the_person_and_what_both_have_said(desk: OrderDesk) -> None:
    told: dict[str, Any] = {"emails": ("ann@example.com",), "first_name": "Ann"}
    (ann,) = desk.customers(a_customer("1", **told))
    (same,) = desk.customers(a_customer("1", **told), integration=OTHER)
    assert same.customer == ann.customer
    desk.passed_on(SHOP_REDACT)
    forget(desk)
    after = desk.exported(str(ann.customer))
    assert [link["id"] for link in after["links"]] == [OTHER]
    assert sorted(one["kind"] for one in after["identifiers"]) == ["email", "external"]


def test_a_member_whom_staff_have_enrolled_stays_to_be_reached(desk: OrderDesk) -> None:
    (ann,) = desk.customers(a_customer("1", emails=("ann@example.com",)))
    club = Club(desk.till)
    club.enrolled(club.stage("Gold"), customerId=ann.customer)
    desk.passed_on(SHOP_REDACT)
    forget(desk)
    after = desk.exported(str(ann.customer))
    assert [(one["kind"], one["value"]) for one in after["identifiers"]] == [("email", "ann@example.com")]
    assert after["links"] == []


def test_who_has_nothing_of_the_shop_is_not_touched(desk: OrderDesk) -> None:
    bob = desk.till.manage(email="bob@example.com", phone="+17075550123", firstName="Bob").id
    before = desk.exported(bob)
    desk.passed_on(SHOP_REDACT)
    forget(desk)
    assert desk.exported(bob) | {"exportedAt": ""} == before | {"exportedAt": ""}


def test_products_and_deliveries_go_too_and_those_of_other_shops_stay(desk: OrderDesk) -> None:
    products = [RemoteProduct(ExternalId(str(number)), "Pinot", "active", NOW) for number in range(7)]
    desk.products(*products)
    desk.products(*products[:2], turn=desk.turn(integration=OTHER))
    deliveries, tenant = deliveries_of(desk), desk.till.tenant.id
    own, other = (Delivery(tenant, one, "event-1", "orders/paid", NOW, NOW, body=b"{}") for one in (SHOP, OTHER))
    for delivery in (own, other):
        assert deliveries.put_delivery_if_absent(delivery)
    desk.passed_on(SHOP_REDACT)
    forget(desk)
    assert (receipt(desk)["counts"]["products"], receipt(desk)["counts"]["deliveries"]) == (7, 1)
    assert deliveries.get_delivery(tenant, own.id) is None
    assert deliveries.get_delivery(tenant, other.id)
    turn, ids = desk.turn(), [product.id for product in products]
    assert turn.records.find_products(tenant, SHOP, ids) == {}
    assert len(turn.records.find_products(tenant, OTHER, ids)) == 2


def test_what_the_law_wants_is_not_forgotten_with_the_shop(desk: OrderDesk) -> None:
    """Invariant 2: a request about a person is older than the one about the shop, and waits or is parked still."""
    bob = desk.till.manage(email="bob@example.com").id
    inbox, tenant = deliveries_of(desk), desk.till.tenant.id
    law, other = RemoteChange("customer", "redact", ExternalId("7")), RemoteChange("customer", "tags", ExternalId("7"))
    told = [
        Delivery(tenant, SHOP, f"{number} {status}", "customers/…", NOW, NOW, b"{}", (change,), status=status)
        for number, change in enumerate((law, SHOP_REDACT, other))
        for status in (DeliveryStatus.WAITING, DeliveryStatus.PARKED)
    ]
    done = Delivery(tenant, SHOP, "done", "customers/redact", NOW, NOW, status=DeliveryStatus.DONE)
    assert all(inbox.put_delivery_if_absent(delivery) for delivery in (*told, done))
    desk.passed_on(SHOP_REDACT)
    forget(desk)
    assert receipt(desk)["counts"]["deliveries"] == 3
    kept = [inbox.get_delivery(tenant, delivery.id) for delivery in (*told, done)]
    assert [bool(delivery) for delivery in kept] == [True] * 4 + [False] * 3
    assert desk.till.get(bob).status == 200


def test_a_shop_that_is_connected_again_is_left_alone_from_then_on(desk: OrderDesk) -> None:
    people = [a_customer(str(number), emails=(f"p{number}@example.com",)) for number in range(40)]
    desk.customers(*people)
    desk.passed_on(SHOP_REDACT)
    _one_page(desk, only(desk))
    reconnect(desk)
    (ann,) = desk.customers(a_customer("99", emails=("ann@example.com",)))
    desk.work_duties()
    assert desk.till.get(str(ann.customer)).status == 200
    assert (receipt(desk)["outcome"], receipt(desk)["counts"]["customersErased"]) == ("shop_returned", 25)


def test_what_a_shop_brings_that_is_connected_again_stays(desk: OrderDesk) -> None:
    """All customers were looked at by then."""
    desk.passed_on(SHOP_REDACT)
    duty = _one_page(desk, only(desk), looks=1)
    assert (duty.position, duty.receipt) == (BELONGINGS, None)
    reconnect(desk)
    desk.products(RemoteProduct(ExternalId("1"), "Pinot", "active", NOW))
    desk.work_duties()
    assert receipt(desk)["outcome"] == "shop_returned"
    assert desk.turn().records.find_products(desk.till.tenant.id, SHOP, [ExternalId("1")])


def test_what_a_shop_brings_stays_that_is_connected_again_while_its_belongings_go(desk: OrderDesk) -> None:
    desk.passed_on(SHOP_REDACT)
    duty = _one_page(desk, only(desk), looks=1)
    assert duty.position == BELONGINGS
    app = build_cleanup_app(Settings(desk.tables.names), desk.tables.client(), topic=desk.topic)

    def come_back() -> None:
        reconnect(desk)
        desk.products(RemoteProduct(ExternalId("1"), "Pinot", "active", NOW))

    estate: Any = _Hastened(app.duties.estate, come_back)
    parts, soon = replace(app.duties, estate=estate), app.clock.now() + timedelta(minutes=1)
    done = forget_shop(duty, desk.till.tenant, soon, parts=parts)
    assert (done.receipt and done.receipt.outcome) == "shop_returned"
    assert desk.turn().records.find_products(desk.till.tenant.id, SHOP, [ExternalId("1")])


def test_it_goes_on_where_it_was_when_its_time_was_up(desk: OrderDesk) -> None:
    """Each call has time for one page."""
    people = [a_customer(str(number), emails=(f"p{number}@example.com",)) for number in range(60)]
    desk.customers(*people)
    kept = desk.till.manage(email="kept@example.com").id
    desk.passed_on(SHOP_REDACT)
    duty, calls = only(desk), 0
    while duty.receipt is None:
        calls += 1
        duty = _one_page(desk, duty)
    assert calls == 5, "three pages, the look behind them, and what belongs to the shop"
    assert receipt(desk)["counts"]["customersErased"] == 60
    assert desk.till.get(kept).status == 200
    assert desk.till.search("p7@example.com").body["customers"] == []


def test_a_page_that_was_interrupted_is_counted_once(desk: OrderDesk) -> None:
    """Some of a page are gone already when it is taken up again; more follow behind it."""
    people = [a_customer(str(number), emails=(f"p{number}@example.com",)) for number in range(40)]
    desk.customers(*people)
    desk.passed_on(SHOP_REDACT)
    client = desk.tables.client()
    crash = next(failure for failure in FAILURES if failure.name == "crash before")
    for at in (230, 150, 90):
        with suppress(Crash):
            desk.work_duties(FailingClient(client, at, crash))
    forget(desk)
    counts = receipt(desk)["counts"]
    assert (counts["customersErased"], counts["links"]) == (40, 40)


def test_two_calls_at_once_do_it_once(desk: OrderDesk) -> None:
    """The schedule wakes up the next one before the last one has ended: no failure, and nothing is counted twice."""
    people = [a_customer(str(number), emails=(f"p{number}@example.com",)) for number in range(40)]
    desk.customers(*people)
    desk.passed_on(SHOP_REDACT)
    with ThreadPoolExecutor(3) as threads:
        worked = list(threads.map(lambda _: desk.work_duties(), range(3)))
    assert [counts["failed"] for counts in worked] == [0, 0, 0]
    forget(desk)
    counts = receipt(desk)["counts"]
    assert (counts["customersErased"], counts["links"]) == (40, 40)


@pytest.mark.parametrize("is_running", [True, False])
def test_a_shop_that_comes_back_is_loaded_whole(desk: OrderDesk, *, is_running: bool) -> None:
    tenant, work = desk.till.tenant.id, Settings(desk.tables.names).work_table
    database = Database(desk.tables.client())
    runs = DynamoRunStore(database, work)
    run = Run(tenant, new_run_id(), SHOP, RunKind.PULL, CredentialId("hub:schedule"), NOW, NOW)
    state = PullState(tenant, SHOP, run=run.id, last_sync_at=NOW)
    run = runs.start_run(run, state)
    if not is_running:
        runs.put_run(replace(run, status=RunStatus.CANCELLED))
    drift = put_drift(work, tenant, SHOP, Drift(run.id, NOW, 1, 0, 0, 0))
    database.write_all([*(put_feed(work, Feed(tenant, SHOP, kind, NOW)) for kind in FeedKind), drift])
    desk.passed_on(SHOP_REDACT)
    forget(desk)
    assert [feed.watermark for feed in runs.get_feeds(tenant, SHOP).values()] == [None] * len(FeedKind)
    assert runs.get_drift(tenant, SHOP) is None
    assert runs.get_pull_state(tenant, SHOP).run == (run.id if is_running else None)


def _one_page(desk: OrderDesk, duty: Duty, looks: int = 2) -> Duty:
    app = build_cleanup_app(Settings(desk.tables.names), desk.tables.client(), topic=desk.topic)
    clock = _OneLook(app.clock.now(), looks)
    parts = replace(app.duties, clock=clock)
    return forget_shop(duty, desk.till.tenant, clock.start + timedelta(seconds=1), parts=parts)


class _OneLook:
    """A clock that shows a time within the limit until a page is done, and one beyond it from then on."""

    def __init__(self, start: datetime, within: int) -> None:
        self.start = start
        self.looks, self.within = 0, within

    def now(self) -> datetime:
        self.looks += 1
        return self.start if self.looks <= self.within else self.start + timedelta(hours=1)

    def sleep(self, duration_s: float) -> None:
        """Not at all."""


class _Hastened:
    """A shop's estate of which the belongings go; `meanwhile` happens after the first of them."""

    def __init__(self, estate: Any, meanwhile: Callable[[], None]) -> None:
        self._estate, self._meanwhile = estate, meanwhile

    def drop_belongings(self, tenant: TenantId, integration: IntegrationId) -> Iterator[None]:
        steps = self._estate.drop_belongings(tenant, integration)
        next(steps)
        self._meanwhile()
        yield
        yield from steps


def arrange(tables: DynamoDBTables) -> OrderDesk:
    """One who goes, one who stays, and what belongs to the shop."""
    desk = open_desk(tables)
    desk.till.manage(email="bob@example.com", firstName="Bob")
    desk.customers(
        a_customer("1", emails=("ann@example.com",), first_name="Ann"),
        a_customer("2", emails=("bob@example.com",), phones=("+17075550123",), first_name="Bob"),
    )
    desk.orders(an_order("1", customer=ExternalId("1")), an_order("2", customer=ExternalId("2")))
    desk.products(RemoteProduct(ExternalId("1"), "Pinot", "active", NOW))
    desk.passed_on(SHOP_REDACT)
    return desk


def check_done(desk: OrderDesk) -> None:
    assert receipt(desk)["counts"] == {
        "customersErased": 1,
        "customersDetached": 1,
        "links": 2,
        "orders": 2,
        "products": 1,
        "deliveries": 0,
    }
    assert orders_in(desk.tables, desk.till.tenant.id) == []
    (bob,) = desk.till.search().body["customers"]
    assert [one["value"] for one in desk.exported(bob["id"])["identifiers"]] == ["bob@example.com"]
    assert desk.till.search("ann@example.com").body["customers"] == []


def by_the_schedule(desk: OrderDesk, client: Any) -> None:
    for task in (WORK_DUTIES, FINISH_ERASURES):
        with suppress(CleanupFailedError, HubError, Crash):
            desk.work_duties(client, task=task.name)


def test_the_forgetting_of_a_shop_survives_a_failure_at_any_call(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 2: whatever fails, the next run of the schedule goes on, and the figures are right. Every third call
    fails once, each time in another way."""
    tables = with_one_client(fresh_tables())
    at, reached = 0, True
    while reached:
        desk = arrange(tables)
        client = FailingClient(tables.client(), at, FAILURES[at // STEP % len(FAILURES)])
        by_the_schedule(desk, client)
        reached = len(client.calls) > at
        by_the_schedule(desk, tables.client())
        check_done(desk)
        at += STEP
    assert at >= 40
