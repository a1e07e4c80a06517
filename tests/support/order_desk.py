"""Orders, products and duties of one shop, taken in over real tables; the shop itself is a few dictionaries."""

import json
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from customerhub.bootstrap import _club_parts, build_cleanup_app, build_credential_app, build_duties_app
from customerhub.deployment import WORK_DUTIES
from customerhub.domain.alert import Alert
from customerhub.domain.caller import Caller
from customerhub.domain.ids import ExternalId, IntegrationId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.money import Money
from customerhub.domain.remote import RemoteChange, RemoteCustomer, RemoteOrder, RemoteProduct
from customerhub.domain.run import RecordVerdict
from customerhub.entrypoints.cleanup import build_cleanup
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.duties import DUTY_ROUTES
from customerhub.ports import Clock
from customerhub.services.register_tenant import register_tenant
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_in_customers import take_in_customers
from customerhub.services.take_in_duty import take_in_duty
from customerhub.services.take_in_order_change import take_in_order_change
from customerhub.services.take_in_orders import take_in_orders
from customerhub.services.take_in_products import take_in_products
from customerhub.settings import Settings
from customerhub.store.duties import DynamoDutyStore
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.listing import ShardReader
from customerhub.store.shop_records import DynamoShopRecordStore
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.till import Reply, Till, open_till

NOW = datetime.now(UTC).replace(microsecond=0)
SHOP = IntegrationId("shopify")
OTHER = IntegrationId("shopify-2")


@dataclass
class Counter:
    """A shop that answers by id; `asked` are the calls, the first of which meet `faults`."""

    customers: dict[str, RemoteCustomer] = field(default_factory=dict)
    orders: dict[str, RemoteOrder] = field(default_factory=dict)
    asked: list[str] = field(default_factory=list)
    faults: list[Exception] = field(default_factory=list)

    def get_customer(self, customer: ExternalId) -> RemoteCustomer | None:
        self._ask(f"customer {customer}")
        return self.customers.get(customer)

    def get_order(self, order: ExternalId) -> RemoteOrder | None:
        self._ask(f"order {order}")
        return self.orders.get(order)

    def _ask(self, call: str) -> None:
        self.asked.append(call)
        if self.faults:
            raise self.faults.pop(0)


@dataclass
class Topic:
    """Implements `ports.care.AlertTopic`."""

    published: list[Alert] = field(default_factory=list)

    def publish(self, alert: Alert, _integration: Integration) -> None:
        self.published.append(alert)


@dataclass
class ShiftedClock:
    """The real time and so many days; it does not wait."""

    days: float = 0

    def now(self) -> datetime:
        return datetime.now(UTC) + timedelta(days=self.days)

    def sleep(self, duration_s: float) -> None:
        """Not at all."""


class Context:
    """Of a call of a Lambda function."""

    aws_request_id = "run-1"

    def get_remaining_time_in_millis(self) -> int:
        return 300_000


@dataclass
class OrderDesk:
    """One tenant with two shops, the first of which is `shop`."""

    tables: DynamoDBTables
    till: Till
    shop: Counter = field(default_factory=Counter)
    topic: Topic = field(default_factory=Topic)
    clock: ShiftedClock = field(default_factory=ShiftedClock)

    def turn(self, client: Any = None, integration: IntegrationId = SHOP, clock: Clock | None = None) -> ShopTurn:
        """The turn of one page, or delivery."""
        database, clock = Database(client or self.tables.client()), clock or self.clock
        settings = Settings(self.tables.names)
        names = settings.customers_table, settings.work_table
        return ShopTurn(
            self.till.tenant,
            Integration(self.till.tenant.id, integration, Platform.SHOPIFY, f"{integration}.myshopify.com", NOW),
            self.shop,  # type: ignore[arg-type]
            _club_parts(settings, database, clock),
            DynamoShopRecordStore(database, *names, clock),
            DynamoDutyStore(database, ShardReader(database), *names),
            "webhook-1",
        )

    def connect(self) -> None:
        """Both shops, and the tenant, as the schedule knows them."""
        client, names = self.tables.client(), self.tables.names
        store = DynamoIntegrationStore(Database(client), Settings(names).work_table)
        for one in (SHOP, OTHER):
            account = f"{one}.{self.till.tenant.id}.example"
            store.put_integration(Integration(self.till.tenant.id, one, Platform.SHOPIFY, account, NOW))
        register_tenant(self.till.tenant, None, store=build_credential_app(Settings(names), client).credentials)

    def orders(self, *orders: RemoteOrder, turn: ShopTurn | None = None) -> list[RecordVerdict]:
        """A page."""
        with ThreadPoolExecutor(4) as threads:
            return take_in_orders(orders, turn or self.turn(), threads)

    def customers(self, *customers: RemoteCustomer, integration: IntegrationId = SHOP) -> list[RecordVerdict]:
        """A page."""
        with ThreadPoolExecutor(4) as threads:
            return take_in_customers(customers, self.turn(integration=integration), threads)

    def products(self, *products: RemoteProduct, turn: ShopTurn | None = None) -> list[RecordVerdict]:
        """A page."""
        with ThreadPoolExecutor(4) as threads:
            return take_in_products(products, turn or self.turn(), threads)

    def change(self, action: str, order: RemoteOrder, at: datetime | None = None) -> RecordVerdict:
        """What a webhook tells of an order."""
        told = None if action == "deleted" else order
        return take_in_order_change(RemoteChange("order", action, order.id, order=told), at, self.turn())

    def passed_on(self, change: RemoteChange, at: datetime | None = NOW, client: Any = None) -> RecordVerdict:
        """What a compliance webhook asks for."""
        return take_in_duty(change, at, self.turn(client))

    def work_duties(self, client: Any = None, days: float = 0, task: str = WORK_DUTIES.name) -> dict[str, int]:
        """As the schedule does."""
        app = build_cleanup_app(
            Settings(self.tables.names), client or self.tables.client(), ShiftedClock(days), self.topic
        )
        counts: dict[str, int] = build_cleanup(app)({"task": task}, Context())
        return counts

    def duties(self, route: str, duty: str | None = None, caller: Caller | None = None, **query: Any) -> Reply:
        """A call about duties."""
        app = build_duties_app(Settings(self.tables.names), self.tables.client(), self.clock, self.topic)
        till = Till(build_api(app, DUTY_ROUTES), self.till.tenant)
        return till.call(route, path={"dutyId": duty} if duty else None, query=query, caller=caller)

    def open(self, status: str = "open") -> list[dict[str, Any]]:
        """Those in the list."""
        listed: list[dict[str, Any]] = self.duties("GET /api/duties", status=status).body["duties"]
        return listed

    def duty(self, duty: str) -> dict[str, Any]:
        """One."""
        reply = self.duties("GET /api/duties/{dutyId}", duty)
        assert reply.status == 200, reply
        found: dict[str, Any] = reply.body["duty"]
        return found

    def alerts(self) -> list[tuple[str, bool]]:
        """What was published of the tenant: kind, and whether it is open."""
        own = (alert for alert in self.topic.published if alert.tenant == self.till.tenant.id)
        return [(str(alert.kind), alert.is_open) for alert in own]

    def exported(self, customer: str) -> dict[str, Any]:
        """All that is kept of somebody."""
        reply = self.till.export(customer)
        assert reply.status == 200, reply
        export: dict[str, Any] = reply.body["export"]
        return export


def open_desk(tables: DynamoDBTables, till: Till | None = None) -> OrderDesk:
    """A desk of a fresh tenant."""
    desk = OrderDesk(tables, till or open_till(tables.client(), tables.names))
    desk.connect()
    return desk


def an_order(number: str = "1", minutes: float = 0, **told: Any) -> RemoteOrder:
    """One of ten dollars, paid, changed so many minutes from now."""
    defaults: dict[str, Any] = {
        "total": Money(1000, "USD"),
        "placed_at": NOW - timedelta(days=1),
        "updated_at": NOW + timedelta(minutes=minutes),
        "is_paid": True,
    }
    return RemoteOrder(ExternalId(number), f"#{number}", **defaults | told)


def a_customer(number: str, minutes: float = 0, **told: Any) -> RemoteCustomer:
    """A record, changed so many minutes from now."""
    defaults: dict[str, Any] = {"updated_at": NOW + timedelta(minutes=minutes), "created_at": NOW}
    return RemoteCustomer(ExternalId(number), **defaults | told)


def codes(verdicts: Sequence[RecordVerdict]) -> list[tuple[str, str | None]]:
    """What became of each, and why."""
    return [(str(verdict.verdict), verdict.code) for verdict in verdicts]


def text(value: object) -> str:
    """As it would be read by somebody who looks for a word."""
    return json.dumps(value, ensure_ascii=False, default=str)
