"""What the shop's own staff and its buyers do, for the control surface."""

from datetime import timedelta
from decimal import Decimal
from typing import Any, Literal

from infra.local.partners.bulk import uncollected
from infra.local.partners.double import ControlRefused, UnknownRecord
from infra.local.partners.records import ControlInput, CustomerFields, OrderFields, Text
from infra.local.partners.shopify import payloads
from infra.local.partners.shopify.consent import email_consent, sms_consent
from infra.local.partners.shopify.customers import (
    change_customer,
    create_customer,
    remove_customer,
    save_customer,
    set_account,
)
from infra.local.partners.shopify.discounts import applies_to
from infra.local.partners.shopify.gids import number_of
from infra.local.partners.shopify.merging import merge_customers
from infra.local.partners.shopify.orders import place_order
from infra.local.partners.shopify.records import Customer, Discount, Line, Order, Payment
from infra.local.partners.shopify.refusals import Refused
from infra.local.partners.shopify.shop import CURRENCY, Shop
from infra.local.partners.shopify.shown import customer_state, order_state

Json = dict[str, Any]
NAMES = {"email": "email", "phone": "phone", "first_name": "firstName", "last_name": "lastName", "tags": "tags"}
LISTS = {"emails": "email", "phones": "phone"}
FIRST_SEEDED_PHONE = 2_000_000
SEEDED_TOTAL = Decimal("48.00")


Consented = Literal["SUBSCRIBED", "UNSUBSCRIBED", "PENDING"]


class MergeFields(ControlInput):
    """Body of `POST /_control/customers/{id}/merge`: who stays."""

    into: Text


class AccountFields(ControlInput):
    """Body of `POST /_control/customers/{id}/state`."""

    state: Literal["DECLINED", "DISABLED", "ENABLED", "INVITED"]


class ConsentFields(ControlInput):
    """Body of `POST /_control/customers/{id}/consent`, by channel."""

    email: Consented | None = None
    sms: Consented | None = None


class Staff:
    """Works in the shop. What it does is reported to subscribers like everything else."""

    def __init__(self, shop: Shop) -> None:
        self._shop = shop

    def create_customer(self, fields: CustomerFields) -> Json:
        """Raises `ControlRefused`."""
        self._shop.begin_action()
        try:
            return customer_state(self._shop, create_customer(self._shop, _told(fields)))
        except Refused as refusal:
            raise _refused(refusal) from refusal

    def change_customer(self, customer_id: str, fields: CustomerFields) -> Json:
        """Raises `ControlRefused` and `UnknownRecord`."""
        self._shop.begin_action()
        known = self._customer(customer_id)
        try:
            return customer_state(self._shop, change_customer(self._shop, known, _told(fields)))
        except Refused as refusal:
            raise _refused(refusal) from refusal

    def delete_customer(self, customer_id: str) -> None:
        """Whatever was ordered stays, without a customer. Raises `UnknownRecord`."""
        self._shop.begin_action()
        remove_customer(self._shop, self._customer(customer_id))

    def merge_customers(self, customer_id: str, fields: MergeFields) -> Json:
        """The one goes into the other, who is shown. Raises `ControlRefused` and `UnknownRecord`."""
        loser, keeper = self._customer(customer_id), self._customer(fields.into)
        if loser.number == keeper.number:
            raise ControlRefused(("into", "a customer cannot be merged with itself"))
        return customer_state(self._shop, merge_customers(self._shop, loser, keeper))

    def set_account(self, customer_id: str, fields: AccountFields) -> Json:
        """Raises `UnknownRecord`."""
        self._shop.begin_action()
        return customer_state(self._shop, set_account(self._shop, self._customer(customer_id), fields.state))

    def set_consent(self, customer_id: str, fields: ConsentFields) -> Json:
        """Raises `ControlRefused` and `UnknownRecord`."""
        self._shop.begin_action()
        known = changed = self._customer(customer_id)
        try:
            if fields.email is not None:
                changed = email_consent(changed, {"marketingState": fields.email}, self._shop.now())
            if fields.sms is not None:
                changed = sms_consent(changed, {"marketingState": fields.sms}, self._shop.now())
        except Refused as refusal:
            raise _refused(refusal) from refusal
        return customer_state(self._shop, save_customer(self._shop, known, changed))

    def create_order(self, fields: OrderFields) -> Json:
        """One line of the whole amount. The checkout makes a customer of an e-mail that nobody has yet. Raises
        `ControlRefused` and `UnknownRecord`."""
        shop = self._shop
        shop.begin_action()
        buyer = self._buyer(fields)
        total, now = Decimal(fields.total_cents) / 100, shop.now()
        order_number = shop.new_order_number()
        order = Order(
            number=shop.new_number(),
            order_number=order_number,
            name=f"#{order_number}",
            created_at=now,
            updated_at=now,
            processed_at=(fields.placed_at or now).replace(microsecond=0),
            currency=CURRENCY,
            lines=(Line(shop.new_number(), "Estate Cabernet", 1, total, sku="CAB"),),
            payments=(_sale(shop, total),) if fields.is_paid else (),
            financial_status="PAID" if fields.is_paid else "PENDING",
            customer=buyer.number,
            email=buyer.email,
            cancelled_at=now if fields.is_cancelled else None,
            cancel_reason="OTHER" if fields.is_cancelled else None,
            source_name="web",
        )
        return order_state(place_order(shop, order))

    def delete_order(self, order_id: str) -> None:
        """Raises `UnknownRecord`."""
        self._shop.begin_action()
        number = _number(order_id)
        if self._shop.orders.get(number) is None:
            raise UnknownRecord
        self._shop.orders.remove(number)
        self._shop.tell("ORDERS_DELETE", payloads.deleted_order(number))

    def seed(self, customers: int, orders: int) -> None:
        """As if they had been there all the time, changed a second apart, the last one now. Orders fall to the seeded
        customers in turn, to guests where there are none."""
        with uncollected():
            start = self._shop.now() - timedelta(seconds=customers)
            seeded = [self._seeded_customer(start + timedelta(seconds=at + 1)) for at in range(customers)]
            self._shop.customers.extend(seeded)
            placed = [self._seeded_order(seeded[at % customers] if customers else None) for at in range(orders)]
            self._shop.orders.extend(placed)

    def checkout(self, email: str) -> Json:
        """The discounts of a buyer who is signed in with this e-mail. Without a combination the dearest one counts."""
        shop = self._shop
        customer = shop.customers.live.first("email", email.strip().casefold())
        found = [
            one
            for one in shop.discounts.live.values()
            if one.code is None and one.status(shop.now()) == "ACTIVE" and applies_to(shop, one, customer)
        ]
        percent = max((_percent(one) for one in found), default=0.0)
        return {
            "email": email,
            "customerId": None if customer is None else customer_state(shop, customer)["id"],
            "discountPercent": percent,
            "discounts": [one.title for one in found],
        }

    def _customer(self, text: str) -> Customer:
        known = self._shop.customers.get(_number(text))
        if known is None:
            raise UnknownRecord
        return known

    def _buyer(self, fields: OrderFields) -> Customer:
        if fields.customer_id is not None:
            return self._customer(fields.customer_id)
        known = self._shop.customers.live.first("email", (fields.email or "").strip().casefold())
        try:
            return known or create_customer(self._shop, {"email": fields.email})
        except Refused as refusal:
            raise _refused(refusal) from refusal

    def _seeded_customer(self, at: Any) -> Customer:
        number = self._shop.new_number()
        place = number % 10_000_000
        return Customer(
            number,
            at,
            at,
            first_name="Seeded",
            last_name=f"Customer {place}",
            email=f"seeded-{number}@example.com",
            phone=f"+1707{(FIRST_SEEDED_PHONE + place) % 10_000_000:07d}",
        )

    def _seeded_order(self, buyer: Customer | None) -> Order:
        shop = self._shop
        order_number = shop.new_order_number()
        at = buyer.updated_at if buyer else shop.now()
        return Order(
            number=shop.new_number(),
            order_number=order_number,
            name=f"#{order_number}",
            created_at=at,
            updated_at=at,
            processed_at=at,
            currency=CURRENCY,
            lines=(Line(shop.new_number(), "Estate Cabernet", 1, SEEDED_TOTAL, sku="CAB"),),
            financial_status="PAID",
            customer=buyer.number if buyer else None,
            email=buyer.email if buyer else f"guest-{order_number}@example.com",
            source_name="web",
        )


def _told(fields: CustomerFields) -> Json:
    """As an input of the API. Shopify has one e-mail and one phone."""
    given = fields.given()
    told: Json = {NAMES[name]: value for name, value in given.items() if name in NAMES}
    for name, single in LISTS.items():
        values = given.get(name)
        if values is not None:
            if len(values) > 1:
                raise ControlRefused((name, f"a customer of Shopify has one {single}"))
            told.setdefault(single, values[0] if values else None)
    if "tags" in told:
        told["tags"] = told["tags"] or []
    return told


def _refused(refusal: Refused) -> ControlRefused:
    return ControlRefused(*((".".join(one.field or ()), one.message) for one in refusal.problems))


def _number(text: str) -> int:
    return int(text) if text.isdecimal() else number_of(text)


def _percent(discount: Discount) -> float:
    """Amounts off count as nothing: there is no cart that they could be compared with."""
    return round((discount.percentage or 0) * 100, 4)


def _sale(shop: Shop, total: Decimal) -> Payment:
    return Payment(shop.new_number(), "SALE", "SUCCESS", total, shop.now(), "bogus")
