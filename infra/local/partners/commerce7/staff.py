"""What the winery's staff does in the admin, and what its buyers do in the shop: the control surface's words in
Commerce7's."""

import random
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import timedelta
from typing import Any

from infra.local.partners.clock import iso_ms
from infra.local.partners.commerce7.customers import EMPTY, NO_ORDERS
from infra.local.partners.commerce7.endpoints import Parts
from infra.local.partners.commerce7.orders import count_order, new_order
from infra.local.partners.commerce7.payloads import CustomerChange, NewCustomer
from infra.local.partners.commerce7.promotions import applying
from infra.local.partners.commerce7.shop import STAFF, Shop, new_id
from infra.local.partners.commerce7.table import Row
from infra.local.partners.commerce7.wire import Commerce7Error, Json, checked
from infra.local.partners.double import ControlRefused, UnknownRecord
from infra.local.partners.records import CustomerFields, OrderFields

COUNTRY = "US"
"""Where the winery is: numbers that its staff types in are this country's."""
FIRST_NAMES = ("Ada", "Ben", "Cleo", "Dan", "Eva", "Finn", "Gia", "Hugo", "Ida", "Jon", "Kim", "Leo", "Mia")
LAST_NAMES = ("Abel", "Brandt", "Castro", "Diaz", "Ellis", "Fox", "Garcia", "Hill", "Ito", "Jones", "Khan")
SEEDED_WITHIN_DAYS = 730


class Staff:
    """Acts on a shop past its API: without credential and allowance, but through the same rules."""

    def __init__(self, shop: Shop, parts: Parts) -> None:
        self._shop = shop
        self._parts = parts

    def create_customer(self, fields: CustomerFields) -> Json:
        """Add a customer."""
        with _refusals():
            if not (fields.email or fields.emails):
                raise ControlRefused(("email", "required"))
            content = {"countryCode": COUNTRY, **self._content(fields, {"emails": [], "phones": []})}
            customer = self._parts.customers.create(checked(NewCustomer, content), STAFF)
            return self._parts.customers.shown(customer)

    def change_customer(self, customer_id: str, fields: CustomerFields) -> Json:
        """Change what `fields` names."""
        with _refusals():
            customer = self._known(customer_id)
            content = self._content(fields, customer)
            if customer["countryCode"] is None and "phones" in content:
                content["countryCode"] = COUNTRY
            self._parts.customers.change(customer, checked(CustomerChange, content), STAFF)
            return self._parts.customers.shown(customer)

    def delete_customer(self, customer_id: str) -> None:
        """Delete a customer."""
        self._parts.customers.delete(self._known(customer_id), STAFF)

    def place_order(self, fields: OrderFields) -> Json:
        """A buyer's order: Commerce7 makes a customer of whoever is new."""
        with _refusals():
            if fields.customer_id is not None:
                customer = self._known(fields.customer_id)
            else:
                customer = self._buyer(fields.email or "")
            order = new_order(self._shop, customer, fields.total_cents, fields.placed_at or self._shop.clock.now())
            if not fields.is_paid:
                order.update(paymentStatus="Authorized", orderPaidDate=None)
            if fields.is_cancelled:
                order.update(paymentStatus="Cancelled")
            self._parts.orders.place(customer, order, STAFF)
            return self._parts.orders.shown(order)

    def refund(self, order_id: str, total_cents: int | None) -> Json:
        """Give a buyer money back, all of it for None: here that is an order of its own with a negative total."""
        order = self._shop.records.orders.get(order_id)
        if order is None:
            raise UnknownRecord
        amount = order["total"] if total_cents is None else total_cents
        if order["purchaseType"] != "Regular" or amount > order["total"]:
            raise ControlRefused(("totalCents", "at most what was paid for an order that is no refund"))
        customer = self._known(order["customerId"])
        refund = new_order(self._shop, customer, -amount, self._shop.clock.now())
        refund.update(purchaseType="Refund", previousOrderId=order["id"], previousOrderNumber=order["orderNumber"])
        self._parts.orders.place(customer, refund, STAFF)
        return self._parts.orders.shown(refund)

    def checkout(self, email: str) -> Json:
        """The discount that a buyer with that e-mail is given: the best one, as Commerce7 does."""
        customer = self._parts.customers.with_email(email)
        tags = self._shop.records.assignments.get(customer["id"], []) if customer else []
        found = [
            {"id": row["id"], "title": row["title"], "discountPercent": row["discount"] / 100}
            for row in applying(self._shop, tags)
        ]
        return {
            "email": email,
            "customerId": customer["id"] if customer else None,
            "discountPercent": found[0]["discountPercent"] if found else 0.0,
            "promotions": found,
        }

    def seed(self, customers: int, orders: int) -> None:
        """Add them without a word to anybody."""
        if orders and not (customers or len(self._shop.records.customers)):
            raise ControlRefused(("orders", "there is no customer to place them"))
        dice = random.Random(self._shop.records.seeded)
        added = [self._seeded_customer(dice) for _ in range(customers)]
        self._shop.records.customers.extend(added)
        for customer in added:
            self._shop.records.own(customer)
        buyers = added or list(self._shop.records.customers)
        ordering = (buyers[place % len(buyers)] for place in range(orders))
        self._shop.records.orders.extend([self._seeded_order(buyer, dice) for buyer in ordering])

    def _seeded_customer(self, dice: random.Random) -> Row:
        self._shop.records.seeded += 1
        number = self._shop.records.seeded
        at = iso_ms(self._shop.clock.now() - timedelta(seconds=dice.randrange(SEEDED_WITHIN_DAYS * 86_400)))
        return {
            **EMPTY,
            "id": new_id(),
            "firstName": dice.choice(FIRST_NAMES),
            "lastName": dice.choice(LAST_NAMES),
            "countryCode": COUNTRY,
            "emails": [{"id": new_id(), "email": f"seeded-{number}@example.com", "status": "Ok"}],
            "phones": [{"id": new_id(), "phone": f"+1{2_125_000_000 + number}"}],
            "orderInformation": dict(NO_ORDERS),
            "lastActivityDate": at,
            "createdAt": at,
            "updatedAt": at,
        }

    def _seeded_order(self, customer: Row, dice: random.Random) -> Row:
        placed_at = self._shop.clock.now() - timedelta(seconds=dice.randrange(SEEDED_WITHIN_DAYS * 86_400))
        order = new_order(self._shop, customer, dice.randrange(1_500, 60_000), placed_at)
        order["createdAt"] = order["updatedAt"] = iso_ms(placed_at)
        count_order(customer, order)
        return order

    def _buyer(self, email: str) -> Row:
        known = self._parts.customers.with_email(email)
        return known or self._parts.customers.create(checked(NewCustomer, {"emails": [{"email": email}]}), STAFF)

    def _known(self, customer_id: str) -> Row:
        customer = self._shop.records.customers.get(customer_id)
        if customer is None:
            raise UnknownRecord
        return customer

    def _content(self, fields: CustomerFields, customer: Row) -> Json:
        """What Commerce7's own form would send."""
        given = fields.given()
        names = {"first_name": "firstName", "last_name": "lastName"}
        content: Json = {names[name]: value for name, value in given.items() if name in names}
        for one, many in (("email", "emails"), ("phone", "phones")):
            if one in given and many in given:
                raise ControlRefused((one, f"either this or {many}"))
            if one in given:
                content[many] = _with_primary(one, given[one], customer[many])
            elif many in given:
                content[many] = [_entry(one, value, customer[many]) for value in given[many] or ()]
        if "tags" in given:
            content["tags"] = [{"id": self._parts.tags.titled(title, STAFF)["id"]} for title in given["tags"] or ()]
        return content


def _with_primary(name: str, value: str | None, entries: list[Json]) -> list[Json]:
    """The list with another first entry, the others as they are; without it for null."""
    others = [{"id": entry["id"], name: entry[name]} for entry in entries[1:] if entry[name] != value]
    return others if value is None else [_entry(name, value, entries), *others]


def _entry(name: str, value: str, entries: list[Json]) -> Json:
    """An entry with that value: the one that is there keeps its id."""
    known: list[Any] = [entry["id"] for entry in entries if entry[name] == value]
    return {"id": known[0], name: value} if known else {name: value}


@contextmanager
def _refusals() -> Iterator[None]:
    """What Commerce7 refuses, the control surface refuses with the same reasons."""
    try:
        yield
    except Commerce7Error as error:
        raise ControlRefused(*(error.errors or [("", error.message)])) from error
