"""A shop in memory with staff of its own, webhooks that are lost, and lists that move while they are read.

It is as difficult as the real ones. An ordered shop (Shopify) has each e-mail and phone once, lists by an index that
lags behind and shows every record as it is at that moment. An unordered one (Commerce7) lists whole days, in no order
of time, and has one phone for several people. Moments are those of whole seconds in both.
"""

import json
import random
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any, Generic, TypeVar, cast

from customerhub.domain.feed import BulkExport, FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.money import Money
from customerhub.domain.remote import (
    ExportedRow,
    RemoteChange,
    RemoteCustomer,
    RemoteOrder,
    RemotePage,
    RemoteProduct,
    UnreadableRow,
    VerifiedDelivery,
    WebhookSubscription,
)
from customerhub.errors import NotSupported, Unauthenticated, UnreadableRecord
from customerhub.ports import Clock
from tests.support.member_town import Shop, ShopConnector

SIGNATURE = "signed by the shop"
RECORD_BYTES = 100
"""Of an export's file, for each record."""
EXPORT_TAKES = timedelta(seconds=20)

Row = TypeVar("Row", RemoteCustomer, RemoteOrder, RemoteProduct)


@dataclass(frozen=True)
class Letter:
    """One webhook that the shop has sent."""

    topic: str
    event: str
    at: datetime
    body: bytes

    @property
    def headers(self) -> dict[str, str]:
        """As they come, in lower case."""
        return {
            "x-shopify-hmac-sha256": SIGNATURE,
            "x-shopify-topic": self.topic,
            "x-shopify-event-id": self.event,
            "x-shopify-triggered-at": self.at.isoformat(),
        }


@dataclass
class Listing(Generic[Row]):
    """One list of a shop, and what its index knows of it: when each row was written, and where it stood then."""

    rows: dict[ExternalId, Row] = field(default_factory=dict)
    indexed: dict[ExternalId, list[tuple[datetime, datetime]]] = field(default_factory=dict)

    def put(self, row: Row, now: datetime) -> None:
        """Replace it."""
        self.rows[row.id] = row
        self.indexed.setdefault(row.id, []).append((now, _changed_at(row) or now))

    def places(self, known_by: datetime) -> list[tuple[datetime, ExternalId]]:
        """Where each row that is there stood by then; one that came later is not listed."""
        found = []
        for row in self.rows:
            seen = [place for written, place in self.indexed[row] if written <= known_by]
            found += [(seen[-1], row)] if seen else []
        return sorted(found)


@dataclass(kw_only=True)
class FakeShop(Shop):
    """One merchant's account. `mail` are the webhooks that were sent and not yet taken out. What its staff and its
    buyers do tells nobody else; what the hub does is in `writes`."""

    clock: Clock
    is_ordered: bool = True
    index_lag: timedelta = timedelta(minutes=2)
    page_rows: int = 3
    mail: list[Letter] = field(default_factory=list)
    people: Listing[RemoteCustomer] = field(default_factory=Listing[RemoteCustomer])
    sales: Listing[RemoteOrder] = field(default_factory=Listing[RemoteOrder])
    goods: Listing[RemoteProduct] = field(default_factory=Listing[RemoteProduct])
    deleted: set[ExternalId] = field(default_factory=set)
    bearers: dict[str, set[ExternalId]] = field(default_factory=dict)
    """Which records have ever shown an e-mail or phone."""
    exports: dict[ExternalId, tuple[BulkExport, list[Any]]] = field(default_factory=dict)
    export_takes: timedelta = EXPORT_TAKES
    loses_files: bool = False
    """Whether an export that is done has its file no more."""
    withholds: bool = False
    """Whether the app may not see phones for the time being."""
    garbled: set[ExternalId] = field(default_factory=set)
    """Records that nobody can read."""
    events: int = 0

    def __post_init__(self) -> None:
        """The base knows the same customers."""
        self.customers = self.people.rows

    def connector(self) -> "FakeShopConnector":
        """One more connection."""
        return FakeShopConnector(self)

    def now(self) -> datetime:
        """To the second."""
        return self.clock.now().replace(microsecond=0)

    def put(self, name: str, customer: RemoteCustomer) -> RemoteCustomer:
        """The hub writes."""
        known = self.customers.get(customer.id)
        with self._lock:
            self.writes.append(name)
        if known and customer.withheld:
            customer = replace(customer, phones=known.phones, withheld=frozenset())
        return self.keep(customer, tells_tags=known is None or known.tags != customer.tags)

    def keep(
        self, customer: RemoteCustomer, *, tells_tags: bool = False, tells_consent: bool = False
    ) -> RemoteCustomer:
        """The record as it is from now on; everybody who has subscribed hears of it."""
        topic = "customers/update" if customer.id in self.customers else "customers/create"
        kept = replace(customer, created_at=customer.created_at or self.now(), updated_at=self.now())
        self.people.put(kept, self.clock.now())
        for value in (*kept.emails, *kept.phones):
            self.bearers.setdefault(value, set()).add(kept.id)
        self._tell(topic, RemoteChange("customer", topic.removeprefix("customers/") + "d", kept.id, customer=kept))
        if tells_tags:
            self._tell("customer.tags_added", RemoteChange("customer", "tags", kept.id))
        if tells_consent:
            topic = "customers_email_marketing_consent/update"
            self._tell(topic, RemoteChange("customer", "consent", kept.id))
        return kept

    # What the shop's staff and its buyers do.

    def sign_up(self, **fields: Any) -> ExternalId | None:
        """A new record; None where another one has its e-mail or phone."""
        fresh = RemoteCustomer(self.fresh_id(), tags=(), email_consent="not_subscribed", state="disabled")
        fresh = replace(fresh, **fields)
        return self.keep(fresh, tells_tags=bool(fresh.tags)).id if self._is_free(fresh) else None

    def edit(self, record: ExternalId, **fields: Any) -> bool:
        """Other values; False where another record has them."""
        known = self.customers[record]
        after = replace(known, **fields)
        if after == known or not self._is_free(after):
            return False
        self.keep(after, tells_tags=after.tags != known.tags, tells_consent=after.email_consent != known.email_consent)
        return True

    def move_email(self, giver: ExternalId, taker: ExternalId) -> None:
        """One record loses its e-mail, and another one has it from now on."""
        emails = self.customers[giver].emails
        if giver != taker and emails:
            self.edit(giver, emails=())
            self.edit(taker, emails=emails)

    def delete(self, record: ExternalId) -> None:
        """It is gone; its orders stay, and are nobody's."""
        del self.people.rows[record]
        self.deleted.add(record)
        for order in [one for one in self.sales.rows.values() if one.customer == record]:
            self.sales.put(replace(order, customer=None, updated_at=self.now()), self.clock.now())
        self._tell("customers/delete", RemoteChange("customer", "deleted", record))

    def merge(self, kept: ExternalId, gone: ExternalId) -> None:
        """One record is left, with the orders and tags of both, and what it lacked of the other's."""
        survivor, leaving = self.customers[kept], self.customers[gone]
        del self.people.rows[gone]
        self.deleted.add(gone)
        for order in [one for one in self.sales.rows.values() if one.customer == gone]:
            self.sales.put(replace(order, customer=kept, updated_at=self.now()), self.clock.now())
        joined = replace(
            survivor,
            emails=survivor.emails or leaving.emails,
            phones=survivor.phones or leaving.phones,
            tags=tuple(dict.fromkeys((*(survivor.tags or ()), *(leaving.tags or ())))),
        )
        self.keep(joined, tells_tags=joined.tags != survivor.tags)
        self._tell("customers/merge", RemoteChange("customer", "merged", kept, absorbed=(gone,)))
        self._tell("customers/delete", RemoteChange("customer", "deleted", gone))

    def sell(self, amount_minor: int, *, buyer: ExternalId | None = None, email: str | None = None) -> ExternalId:
        """A paid order."""
        order = self.fresh_id()
        email = email or next(iter(self.customers[buyer].emails), None) if buyer else email
        sold = RemoteOrder(
            order,
            f"#{order}",
            Money(amount_minor, "USD"),
            self.now(),
            self.now(),
            is_paid=True,
            customer=buyer,
            email=email,
        )
        self.sales.put(sold, self.clock.now())
        self._tell("orders/create", RemoteChange("order", "created", order, order=sold))
        self._tell("orders/paid", RemoteChange("order", "paid", order, order=sold))
        return order

    def cancel(self, order: ExternalId) -> None:
        """It is not to be delivered."""
        cancelled = replace(self.sales.rows[order], is_cancelled=True, updated_at=self.now())
        self.sales.put(cancelled, self.clock.now())
        self._tell("orders/cancelled", RemoteChange("order", "cancelled", order, order=cancelled))

    # How it is asked.

    def shown(self, customer: RemoteCustomer) -> RemoteCustomer:
        """As the app may see it."""
        return replace(customer, phones=(), withheld=frozenset({"phones"})) if self.withholds else customer

    def page(self, listing: Listing[Row], since: datetime | None, cursor: str | None) -> RemotePage[Row]:
        """As the index orders them, which may be out of date; the rows themselves are those of now."""
        after = tuple(json.loads(cursor)) if cursor else ()
        found = [place for place in self._places(listing, since) if place > after]
        shown = [ExternalId(place[-1]) for place in found[: self.page_rows]]
        items = tuple(listing.rows[row] for row in shown if row not in self.garbled)
        is_last = len(found) <= self.page_rows
        return RemotePage(
            items,
            None if is_last else json.dumps(found[self.page_rows - 1]),
            max((at for item in items if (at := _changed_at(item))), default=None),
            is_ordered=self.is_ordered,
            unreadable=tuple(row for row in shown if row in self.garbled),
        )

    def readable(self, row: Row | None) -> Row | None:
        """The record, which is asked for by itself, where it can be read."""
        if row is not None and row.id in self.garbled:
            raise UnreadableRecord("the shop answered a record that cannot be read")
        return row

    def _places(self, listing: Listing[Row], since: datetime | None) -> list[tuple[str, ...]]:
        if self.is_ordered:
            known = listing.places(self.clock.now() - self.index_lag)
            return [(at.isoformat(), row) for at, row in known if since is None or at >= since.replace(microsecond=0)]
        day = since.date() if since else None
        return sorted((row,) for at, row in listing.places(self.clock.now()) if day is None or at.date() >= day)

    def _is_free(self, customer: RemoteCustomer) -> bool:
        others = [one for one in self.customers.values() if one.id != customer.id]
        emails = {email.casefold() for one in others for email in one.emails}
        phones = {phone for one in others for phone in one.phones} if self.is_ordered else set[str]()
        return emails.isdisjoint(map(str.casefold, customer.emails)) and phones.isdisjoint(customer.phones)

    def _tell(self, topic: str, *changes: RemoteChange) -> None:
        self.events += 1
        body = json.dumps([_from_change(change) for change in changes]).encode()
        self.mail.append(Letter(topic, f"event-{self.events}", self.clock.now(), body))


@dataclass(frozen=True)
class FakeShopConnector(ShopConnector):
    """Implements `ports.connector.Connector`, whole."""

    crm: FakeShop

    def customers_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteCustomer]:
        """As the protocol says."""
        page: RemotePage[RemoteCustomer] = self.crm.call("list", lambda: self.crm.page(self.crm.people, since, cursor))
        return replace(page, items=tuple(map(self.crm.shown, page.items)))

    def get_customer(self, customer: ExternalId) -> RemoteCustomer | None:
        """As the protocol says."""
        found = self.crm.readable(super().get_customer(customer))
        return self.crm.shown(found) if found else None

    def orders_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteOrder]:
        """As the protocol says."""
        page: RemotePage[RemoteOrder] = self.crm.call(
            "list_orders", lambda: self.crm.page(self.crm.sales, since, cursor)
        )
        return page

    def products_changed_since(self, since: datetime | None, cursor: str | None) -> RemotePage[RemoteProduct]:
        """As the protocol says."""
        goods = self.crm.goods
        page: RemotePage[RemoteProduct] = self.crm.call("list_products", lambda: self.crm.page(goods, since, cursor))
        return page

    def get_order(self, order: ExternalId) -> RemoteOrder | None:
        """As the protocol says."""
        found: RemoteOrder | None = self.crm.call("get_order", lambda: self.crm.sales.rows.get(order))
        return self.crm.readable(found)

    def start_export(self, kind: FeedKind) -> BulkExport:
        """A file of what is there now, ready a while later; one that is under way is gone on with."""
        started: BulkExport = self.crm.call("start_export", lambda: self._start_export(kind))
        return started

    def get_export(self, export: ExternalId) -> BulkExport | None:
        """As the protocol says."""
        known = self.crm.call("get_export", lambda: self.crm.exports.get(export))
        return self._as_of_now(known[0], len(known[1])) if known else None

    def read_export(self, export: BulkExport, offset: int) -> Iterator[tuple[ExportedRow, int]]:
        """As the protocol says."""
        _, records = self.crm.call("read_export", lambda: self.crm.exports[export.id])
        first = offset // RECORD_BYTES
        for number, record in enumerate(records[first:], first):
            row = UnreadableRow(record.id) if record.id in self.crm.garbled else record
            yield row, (number + 1) * RECORD_BYTES

    def changed_in_bulk(self, *_: object) -> RemotePage[RemoteCustomer]:
        """This shop has no bulk updates."""
        raise NotSupported("the shop has no bulk updates")

    def missed_deliveries_since(self, *_: object) -> RemotePage[VerifiedDelivery]:
        """This shop keeps no log."""
        raise NotSupported("the shop keeps no log of its webhooks")

    def list_webhooks(self) -> Sequence[WebhookSubscription]:
        """One for everything."""
        urls: list[str] = self.crm.call("list_webhooks", lambda: self.crm.subscribed)
        return [WebhookSubscription(ExternalId(str(n)), "customers/update", url) for n, url in enumerate(urls)]

    def register_webhooks(self, url: str) -> Sequence[WebhookSubscription]:
        """As the protocol says."""
        if url not in self.crm.subscribed:
            self.crm.call("register_webhook", lambda: self.crm.subscribed.append(url))
        return self.list_webhooks()

    def unregister_webhooks(self, url: str) -> None:
        """As the protocol says."""
        if url in self.crm.subscribed:
            self.crm.call("unregister_webhook", lambda: self.crm.subscribed.remove(url))

    def verify_webhook(self, headers: Mapping[str, str], body: bytes) -> VerifiedDelivery:
        """As the protocol says."""
        if headers.get("x-shopify-hmac-sha256") != SIGNATURE:
            raise Unauthenticated("the webhook's signature is missing or wrong", code="invalid_signature")
        at = datetime.fromisoformat(headers["x-shopify-triggered-at"])
        return VerifiedDelivery(
            headers.get("x-shopify-shop-domain", ""),
            headers["x-shopify-topic"],
            headers["x-shopify-event-id"],
            body,
            at,
        )

    def read_event(self, *_: object) -> VerifiedDelivery:
        """This shop has no source of events."""
        raise NotSupported("the shop has no source of events of its own")

    def parse_webhook(self, delivery: VerifiedDelivery) -> Sequence[RemoteChange]:
        """Without tags and consents, which Shopify does not tell with a customer."""
        return [_to_change(told) for told in json.loads(delivery.body)]

    def _start_export(self, kind: FeedKind) -> BulkExport:
        if not self.crm.is_ordered or kind is FeedKind.PRODUCTS:
            raise NotSupported("the shop exports no such list")
        for known, _ in self.crm.exports.values():
            if known.kind is kind and not self._as_of_now(known, 0).is_done:
                return known
        records = list(self.crm.people.rows.values() if kind is FeedKind.CUSTOMERS else self.crm.sales.rows.values())
        started = BulkExport(ExternalId(f"export-{len(self.crm.exports) + 1}"), kind, self.crm.clock.now())
        self.crm.exports[started.id] = started, records
        return started

    def _as_of_now(self, export: BulkExport, records: int) -> BulkExport:
        if self.crm.clock.now() < export.started_at + self.crm.export_takes:
            return export
        url = None if self.crm.loses_files else f"https://files.example.com/{export.id}"
        return replace(export, is_done=True, url=url, records=records)


@dataclass
class Postman:
    """Brings a shop's letters, but not as they were sent: some are lost, some come twice, late, or in another order."""

    chance: random.Random
    lost: float = 0.3
    doubled: float = 0.3
    late: float = 0.3
    waiting: list[Letter] = field(default_factory=list)
    told: list[Letter] = field(default_factory=list)
    """What has come, and may come again much later."""

    def collect(self, shop: FakeShop) -> None:
        """Take the shop's letters over."""
        kept = [letter for letter in shop.mail if self.chance.random() >= self.lost]
        twice = [letter for letter in kept if self.chance.random() < self.doubled]
        shop.mail.clear()
        self.waiting += [*kept, *twice]

    def hand_over(self) -> list[Letter]:
        """What comes now, in any order; some of it comes again after all that has changed since."""
        self.chance.shuffle(self.waiting)
        now = [letter for letter in self.waiting if self.chance.random() >= self.late]
        self.waiting = [letter for letter in self.waiting if letter not in now]
        again = self.chance.sample(self.told, min(len(self.told), 1)) if self.chance.random() < self.doubled else []
        self.told += now
        return [*now, *again]


_UNTOLD = ("tags", "email_consent", "sms_consent", "state")


def _changed_at(row: RemoteCustomer | RemoteOrder | RemoteProduct) -> datetime | None:
    return row.updated_at


def _from_change(change: RemoteChange) -> dict[str, Any]:
    told: dict[str, Any] = {"kind": change.kind, "action": change.action, "id": change.id}
    told["absorbed"] = list(change.absorbed)
    if change.customer:
        told["customer"] = asdict(change.customer) | dict.fromkeys(_UNTOLD)
        del told["customer"]["withheld"]
    if change.order:
        told["order"] = asdict(change.order)
    return cast("dict[str, Any]", json.loads(json.dumps(told, default=_moment)))


def _moment(value: datetime) -> str:
    return value.astimezone(UTC).isoformat()


def _to_change(told: Mapping[str, Any]) -> RemoteChange:
    customer, order = told.get("customer"), told.get("order")
    return RemoteChange(
        told["kind"],
        told["action"],
        ExternalId(told["id"]),
        customer=_to_customer(customer) if customer else None,
        order=_to_order(order) if order else None,
        absorbed=tuple(map(ExternalId, told["absorbed"])),
    )


def _to_customer(told: Mapping[str, Any]) -> RemoteCustomer:
    lists = {name: tuple(told[name]) for name in ("emails", "phones")}
    return RemoteCustomer(**{**told, **lists, **_moments(told, "created_at", "updated_at")})


def _to_order(told: Mapping[str, Any]) -> RemoteOrder:
    return RemoteOrder(**{**told, "total": Money(**told["total"]), **_moments(told, "placed_at", "updated_at")})


def _moments(told: Mapping[str, Any], *names: str) -> dict[str, datetime]:
    return {name: datetime.fromisoformat(told[name]) for name in names}
