"""Webhooks of a shop in memory, received and worked in this process over the real tables."""

import itertools
import json
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import timedelta
from typing import Any

from customerhub.bootstrap import build_delivery_parts, build_integrations_app
from customerhub.domain.alert import Alert
from customerhub.domain.delivery import Delivery
from customerhub.domain.ids import DeliveryId
from customerhub.domain.integration import Integration
from customerhub.domain.remote import RemoteChange, RemoteCustomer, RemotePage, VerifiedDelivery
from customerhub.entrypoints.delivery_worker import build_delivery_worker
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.integrations import INTEGRATION_ROUTES
from customerhub.ports.connector import Connector
from customerhub.services.work_delivery import DeliveryParts
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.fake_crm import FakeQueue
from tests.support.fake_shop import FakeShop, FakeShopConnector, Letter
from tests.support.faults import Crash
from tests.support.inbox import SHOPIFY, FakeDeliveryQueue, Inbox, Unmoved, open_inbox
from tests.support.job_scene import Context
from tests.support.till import Till, open_till


@dataclass
class HeardTopic:
    """Implements `ports.care.AlertTopic`, and keeps what was published."""

    alerts: list[Alert] = field(default_factory=list)

    def publish(self, alert: Alert, _: Integration) -> None:
        """As the protocol says."""
        self.alerts.append(alert)


@dataclass(frozen=True)
class BulkConnector(FakeShopConnector):
    """Of a shop that reports many customers at once, `page_rows` to a page."""

    def changed_in_bulk(self, *asked: Any) -> RemotePage[RemoteCustomer]:
        """In the order of their ids, whichever are asked for."""
        _, cursor = asked
        ids = sorted(self.crm.customers)[int(cursor or 0) :]
        shown = self.crm.call("list_bulk", lambda: ids[: self.crm.page_rows])
        rows = tuple(self.crm.customers[one] for one in shown if one not in self.crm.garbled)
        following = str(int(cursor or 0) + self.crm.page_rows) if len(ids) > self.crm.page_rows else None
        return RemotePage(rows, following, unreadable=tuple(one for one in shown if one in self.crm.garbled))


@dataclass
class OneShop:
    """Implements `ports.partners.Connectors` with one shop, whatever is asked for; `refusal` is what opening meets,
    `defect` what reading a webhook meets, `renewal` what asking for other credentials comes to."""

    shop: FakeShop
    refusal: BaseException | None = None
    defect: BaseException | None = None
    renewal: BaseException | bool = False

    def open(self, _: Integration) -> Connector:
        """As the protocol says."""
        if self.refusal:
            raise self.refusal
        return _Defective(self.shop, self.defect) if self.defect else BulkConnector(self.shop)

    def try_open(self, integration: Integration, _: Any) -> Connector:
        """The same."""
        return self.open(integration)

    def are_renewed(self, *_: object) -> bool:
        """Those of now, from then on."""
        if isinstance(self.renewal, BaseException):
            raise self.renewal
        are_renewed, self.renewal = self.renewal, False
        return are_renewed


@dataclass(frozen=True)
class _Defective(BulkConnector):
    defect: BaseException

    def parse_webhook(self, _: VerifiedDelivery) -> Sequence[RemoteChange]:
        raise self.defect


@dataclass
class DeliveryDesk:
    """One tenant with one shop, whose letters are brought when they are asked for."""

    tables: DynamoDBTables
    inbox: Inbox
    shop: FakeShop
    connectors: OneShop
    till: Till
    queue: FakeDeliveryQueue = field(default_factory=FakeDeliveryQueue)
    jobs: FakeQueue = field(default_factory=FakeQueue)
    topic: HeardTopic = field(default_factory=HeardTopic)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    @property
    def clock(self) -> Any:
        """The one of everybody."""
        return self.inbox.clock

    def parts(self, client: Any = None) -> DeliveryParts:
        """What a new worker has."""
        return build_delivery_parts(
            Settings(self.tables.names),
            client or self.inbox.client,
            connectors=self.connectors,
            queue=self.queue,
            job_queue=self.jobs,
            topic=self.topic,
            clock=self.clock,
        )

    def receive(self, letter: Letter) -> int:
        """The answer's status."""
        inbox: Any = self.inbox
        parts = replace(self.inbox.fresh_parts(), connectors=replace(self.connectors, refusal=None), queue=self.queue)
        headers = letter.headers | {"x-shopify-shop-domain": inbox.account}
        return int(self.inbox.post(headers, letter.body, parts=parts)["statusCode"])

    def tell(self, *changes: dict[str, Any], body: bytes | None = None) -> Delivery:
        """A webhook of the shop's that says this, as it is stored."""
        event = f"own-{next(self.numbers)}"
        told = json.dumps([{"absorbed": [], **change} for change in changes]).encode() if body is None else body
        assert self.receive(Letter("customers/update", event, self.clock.now(), told)) == 200
        (found,) = (one for one in self.inbox.stored() if one.event_id == event)
        return found

    def bring_mail(self) -> None:
        """All letters, in order."""
        letters, self.shop.mail = self.shop.mail, []
        assert all(self.receive(letter) == 200 for letter in letters)

    def deliver(self, *ids: DeliveryId, client: Any = None, left_s: float = 60) -> list[str]:
        """What SQS does with messages; the ids of those that come again."""
        records = [
            {"messageId": one, "body": json.dumps({"tenant": self.inbox.tenant.id, "delivery": one})} for one in ids
        ]
        answer = build_delivery_worker(self.parts(client))({"Records": records}, _Hurry(left_s))
        return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]

    def work(self, delivery: Delivery, client: Any = None, *, left_s: float = 60) -> Delivery:
        """The delivery after one message about it."""
        assert self.deliver(delivery.id, client=client, left_s=left_s) == []
        return self.now(delivery)

    def now(self, delivery: Delivery) -> Delivery:
        """As it is stored."""
        found = self.inbox.store.get_delivery(delivery.tenant, delivery.id)
        assert found
        return found

    def work_off(self, **duration: float) -> None:
        """Time passes: messages come when they are due, and the sweep every minute. Who crashes is replaced."""
        until = self.clock.now() + timedelta(**duration)
        while self.clock.now() < until:
            due = [message for message in self.queue.messages if message[2] <= self.clock.now()]
            self.queue.messages = [message for message in self.queue.messages if message[2] > self.clock.now()]
            for _, delivery, _ in due:
                try:
                    self.deliver(delivery)
                except Crash:
                    continue
            self.inbox.queue = self.queue
            self.inbox.sweep()
            self.inbox.pass_time(minutes=1)

    @property
    def api(self) -> Till:
        """Calls to the API's integrations."""
        quiet: Any = Unmoved()
        environment = {**self.tables.names, "PUBLIC_URL": "https://hub.example.com"}
        app = build_integrations_app(
            Settings(environment),
            self.inbox.client,
            connectors=self.connectors,
            secrets=quiet,
            queue=self.jobs,
            run_queue=quiet,
            delivery_queue=self.queue,
            topic=self.topic,
            clock=self.clock,
        )
        return Till(build_api(app, INTEGRATION_ROUTES), self.inbox.tenant)


class _Hurry(Context):
    def __init__(self, left_s: float) -> None:
        self._left_s = left_s

    def get_remaining_time_in_millis(self) -> int:
        return int(self._left_s * 1000)


def open_desk(tables: DynamoDBTables, client: Any = None) -> DeliveryDesk:
    """A fresh tenant with one shop in memory."""
    inbox = open_inbox(tables, client)
    shop = FakeShop(clock=inbox.clock)
    till = open_till(client or inbox.client, tables.names, inbox.tenant, clock=inbox.clock)
    return DeliveryDesk(tables, inbox, shop, OneShop(shop), till)


SHOP = SHOPIFY
