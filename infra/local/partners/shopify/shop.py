"""The shop: its records, its time, and what has happened that subscribers are told."""

import uuid
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from pydantic import TypeAdapter

from infra.local.partners.clock import PartnerClock
from infra.local.partners.shopify.collection import Collection
from infra.local.partners.shopify.records import (
    BulkOperation,
    Customer,
    Discount,
    Order,
    Product,
    Segment,
    Subscription,
)
from infra.local.partners.shopify.segment_query import Facts, read_definition
from infra.local.partners.shopify.settings import Settings

FIRST_NUMBER = 10_000_000_000_000_001
"""Above 2^53, as many of Shopify's own: whoever reads them as floating-point numbers is found out."""
FIRST_ORDER_NUMBER = 1001
CURRENCY = "USD"
NAME = "Customer Hub's Demo Shop"
TIME_ZONE = "America/Los_Angeles"


@dataclass(frozen=True)
class Event:
    """Something that subscribers of `topic` (as the API's enum names it) are told. Events of one action share an id."""

    topic: str
    payload: dict[str, Any]
    event_id: str
    occurred_at: datetime


@dataclass(frozen=True)
class Estate:
    """All records of a shop, for keeping them."""

    last_number: int
    last_order_number: int
    customers: list[Customer]
    segments: list[Segment]
    discounts: list[Discount]
    orders: list[Order]
    subscriptions: list[Subscription]
    products: list[Product] = field(default_factory=list)
    bulk_operations: list[BulkOperation] = field(default_factory=list)


ESTATE = TypeAdapter(Estate)


class Shop:
    """One shop, in memory. Nothing here checks who asks."""

    def __init__(self, domain: str, clock: PartnerClock) -> None:
        self.domain = domain
        self._clock = clock
        self.settings = Settings()
        self.file_url: Callable[[int], str | None] = lambda _: None
        """Where the file of a bulk operation can be read; the double sets it."""
        self._recent_orders: list[datetime] = []
        self._events: list[Event] = []
        self.begin_action()
        self.restore(Estate(FIRST_NUMBER - 1, FIRST_ORDER_NUMBER - 1, [], [], [], [], []))

    def now(self) -> datetime:
        """In whole seconds, as the API shows times."""
        return self._clock.now().replace(microsecond=0)

    def time_s(self) -> float:
        """Seconds since 1970, with their fractions."""
        return self._clock.time_s()

    def new_number(self) -> int:
        """An id that nothing has had before."""
        self._last_number += 1
        return self._last_number

    def new_order_number(self) -> int:
        """The next number of an order: 1001 is the first."""
        self._last_order_number += 1
        return self._last_order_number

    def configure(self, settings: Settings) -> None:
        """Behave so from now on."""
        self.settings = settings
        lags_s = {"search": settings.search_lag_seconds, "segments": settings.segment_lag_seconds}
        for collection in (self.customers, self.segments, self.discounts, self.orders, self.products):
            collection.lag(lags_s)

    def begin_action(self) -> None:
        """What happens from now on is another action than what happened before."""
        self._action = str(uuid.uuid4())

    def tell(self, topic: str, payload: dict[str, Any]) -> None:
        """Have the subscribers of a topic told."""
        self._events.append(Event(topic, payload, self._action, self._clock.now()))

    def take_events(self) -> Sequence[Event]:
        """What has happened since this was called last."""
        taken, self._events = self._events, []
        return taken

    def orders_of(self, customer: Customer) -> list[Order]:
        """The orders of a customer, the oldest first."""
        numbers = sorted(self.orders.live.found("customer", str(customer.number)))
        return [order for number in numbers if (order := self.orders.get(number)) is not None]

    def spent_by(self, customer: Customer) -> Decimal:
        """What the customer has paid, less what was given back."""
        orders = self.orders_of(customer)
        paid = (order.current_total for order in orders if order.financial_status == "PAID" and not order.test)
        return sum(paid, Decimal(0))

    def is_member(self, segment: Segment, customer: Customer) -> bool:
        """Whether the customer is in the segment, as far as segments have learnt of the last changes."""
        seen = self.customers.segmented.get(customer.number)
        return seen is not None and read_definition(segment.query, self.facts()).matches(seen)

    def members(self, segment_query: str) -> Iterator[Customer]:
        """Those in a segment, by number."""
        view, predicate = self.customers.segmented, read_definition(segment_query, self.facts())
        candidates = predicate.candidates(view)
        numbers = (one.number for one in view.values()) if candidates is None else sorted(candidates)
        for number in numbers:
            seen, customer = view.get(number), self.customers.get(number)
            if seen is not None and customer is not None and predicate.matches(seen):
                yield customer

    def facts(self) -> Facts:
        """What the definitions of segments can ask."""
        return Facts(lambda customer: Decimal(len(self.orders_of(customer))), self.spent_by)

    def may_order_again(self) -> bool:
        """Whether the limit of development shops allows one more order by the API now; counts it if so."""
        limit = self.settings.orders_per_minute
        since = self._clock.now() - timedelta(minutes=1)
        self._recent_orders = [at for at in self._recent_orders if at > since]
        if limit is not None and len(self._recent_orders) >= limit:
            return False
        self._recent_orders.append(self._clock.now())
        return True

    def estate(self) -> Estate:
        """All records."""
        return Estate(
            self._last_number,
            self._last_order_number,
            list(self.customers.live.values()),
            list(self.segments.live.values()),
            list(self.discounts.live.values()),
            list(self.orders.live.values()),
            list(self.subscriptions.live.values()),
            list(self.products.live.values()),
            list(self.bulk_operations.live.values()),
        )

    def restore(self, estate: Estate) -> None:
        """Have these records instead."""
        self._recent_orders = []
        self._last_number = estate.last_number
        self._last_order_number = estate.last_order_number
        self.customers = Collection(customer_keys, self._clock, estate.customers)
        self.segments = Collection(_segment_keys, self._clock, estate.segments)
        self.discounts = Collection(_discount_keys, self._clock, estate.discounts)
        self.orders = Collection(_order_keys, self._clock, estate.orders)
        self.subscriptions = Collection(_subscription_keys, self._clock, estate.subscriptions)
        self.products = Collection(_no_keys, self._clock, estate.products)
        self.bulk_operations = Collection(_no_keys, self._clock, estate.bulk_operations)
        self.configure(self.settings)


def customer_keys(customer: Customer) -> Iterator[tuple[str, str]]:
    """E-mail and phone are unique in a shop, upper and lower case alike."""
    if customer.email:
        yield "email", customer.email.casefold()
    if customer.phone:
        yield "phone", customer.phone
    for tag in customer.tags:
        yield "tag", tag.casefold()


def _segment_keys(segment: Segment) -> Iterator[tuple[str, str]]:
    yield "name", segment.name.casefold()


def _discount_keys(discount: Discount) -> Iterator[tuple[str, str]]:
    if discount.code:
        yield "code", discount.code.casefold()


def _order_keys(order: Order) -> Iterator[tuple[str, str]]:
    if order.customer is not None:
        yield "customer", str(order.customer)
    if order.email:
        yield "email", order.email.casefold()
    if order.source_identifier:
        yield "source_identifier", order.source_identifier.casefold()


def _no_keys(_: Product | BulkOperation) -> Iterator[tuple[str, str]]:
    return iter(())


def _subscription_keys(subscription: Subscription) -> Iterator[tuple[str, str]]:
    yield "address", f"{subscription.topic} {subscription.uri}"
    yield "topic", subscription.topic
