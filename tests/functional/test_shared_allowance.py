"""Workers of several processes at one shop, through the real connectors: together they use what the shop allows them,
and are never told to slow down. Threads stand for processes, each with allowances of its own memory; time is simulated,
a request and its answer take some of it."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from itertools import cycle

import pytest

from customerhub.deployment import WORK_TABLE_VARIABLE
from customerhub.domain.ids import ExternalId, IntegrationId
from customerhub.domain.integration import Integration
from customerhub.domain.remote import OutgoingCustomer
from customerhub.errors import NotReadyYet
from customerhub.ports.connector import Connector
from customerhub.store.pacing import DynamoPacers
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.shop_scene import ShopConnectors
from tests.support.shops import COMMERCE7, SHOPIFY, Shops
from tests.support.till import fresh_tenant
from tests.support.virtual_time import VirtualTime

Work = Callable[[Connector], object]
WAY_S = 0.15
ANN = "ann@example.com"


@dataclass
class Crowd:
    """Workers at one shop; `now` is how far they have got."""

    tables: DynamoDBTables
    shops: Shops
    integration: Integration
    now: datetime

    def work(self, processes: int, duration: timedelta, *work: Work) -> None:
        """Each process does these in turn, from another one on, again and again, and something else where it would
        have to wait for long."""
        until, time = self.now + duration, VirtualTime(self.now, processes)
        self.shops.follow(time)

        def one(number: int) -> None:
            database = Database(self.tables.client())
            pacers = DynamoPacers(database, self.tables.names[WORK_TABLE_VARIABLE], time)
            connector = ShopConnectors(self.shops, pacers, time).open(self.integration)
            try:
                for do in cycle((*work[number % len(work) :], *work[: number % len(work)])):
                    if time.now() >= until:
                        return
                    try:
                        do(connector)
                    except NotReadyYet as later:  # no longer than the crowd works: the bucket would fill for nobody
                        time.sleep(max(0.0, min(later.retry_after_s, (until - time.now()).total_seconds())))
            finally:
                time.leave()

        with ThreadPoolExecutor(processes) as threads:
            list(threads.map(one, range(processes)))
        self.now = time.now()


@pytest.fixture
def crowd_at(dynamodb_tables: DynamoDBTables, shops: Shops) -> Callable[[IntegrationId], Crowd]:
    """Nobody has asked the shop for anything yet."""

    def open_at(name: IntegrationId) -> Crowd:
        start = shops.restart()
        bench = shops.benches[name]
        bench.partner.control("POST", "seed", {"customers": 300, "orders": 0}).raise_for_status()
        shops.network.way_s = WAY_S
        integration = replace(bench.integration, tenant=fresh_tenant().id)
        return Crowd(dynamodb_tables, shops, integration, start)

    return open_at


def page(connector: Connector) -> None:
    """As large as the connector asks for."""
    assert connector.customers_changed_since(None, None).items


def find(connector: Connector) -> None:
    assert connector.find_customer_by_email(ANN)


def test_commerce7_sees_its_hundred_a_minute_never_more_and_nearly_all_of_them(
    crowd_at: Callable[[IntegrationId], Crowd], shops: Shops
) -> None:
    crowd, minutes = crowd_at(COMMERCE7), 4
    ann = shops.commerce7.add_customer(email=ANN)

    def get(connector: Connector) -> None:
        assert connector.get_customer(ExternalId(ann))

    crowd.work(5, timedelta(minutes=minutes), find, get, page)
    state, free = shops.commerce7.state(), sum(sent.endswith("by cursor") for sent in shops.network.sent)
    counted = int(state["requests"]["total"]) - free
    assert state["requests"]["throttled"] == 0
    assert state["requests"]["byStatus"] == {"200": counted + free}
    assert state["allowance"]["busiest"] <= 100
    allowed = 100 * minutes
    assert counted >= 0.95 * allowed
    assert free > 50, "paging by cursor takes nothing of it"
    print(f"{counted} of {allowed} requests, {free} pages besides; busiest minute {state['allowance']['busiest']}")


def test_shopify_sees_nearly_all_of_its_points_used_and_never_has_to_throttle(
    crowd_at: Callable[[IntegrationId], Crowd], shops: Shops
) -> None:
    """Large pages, reads and writes, from where the bucket is used up for the first time."""
    crowd = crowd_at(SHOPIFY)
    ann = shops.shopify.add_customer(email=ANN, firstName="Ann")

    def change(connector: Connector) -> None:
        assert connector.update_customer(ExternalId(ann), OutgoingCustomer(ANN, "Ann"))

    work = (page, find, change, find, change, find)
    crowd.work(5, timedelta(seconds=30), *work)
    begun, before = crowd.now, shops.shopify.state()["allowance"]
    crowd.work(5, timedelta(minutes=3), *work)
    state = shops.shopify.state()
    assert state["requests"]["throttled"] == 0
    assert set(state["requests"]["byStatus"]) == {"200"}
    restored = (crowd.now - begun).total_seconds() * before["restoreRate"]
    used = state["allowance"]["pointsCharged"] - before["pointsCharged"]
    left = state["allowance"]["currentlyAvailable"] - before["currentlyAvailable"]
    print(f"{used} of {restored:.0f} points in {state['requests']['total']} requests, {left} more left than before")
    assert used + left >= 0.95 * restored, "more was lost, because the bucket was full"
