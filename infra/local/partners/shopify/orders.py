"""What can be done to orders, by the API and by the shop's staff."""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import Any

from infra.local.partners.shopify import payloads
from infra.local.partners.shopify.addresses import read_address
from infra.local.partners.shopify.customers import create_customer, read_phone, save_customer
from infra.local.partners.shopify.gids import number_of
from infra.local.partners.shopify.records import Charge, Customer, Line, Order, Payment
from infra.local.partners.shopify.refusals import NotModelled, Problem, Refused, refuse_if
from infra.local.partners.shopify.shop import CURRENCY, Shop
from infra.local.partners.shopify.tags import joined, read_tags

FULFILLED = {"FULFILLED": "FULFILLED", "PARTIAL": "PARTIALLY_FULFILLED", "RESTOCKED": "RESTOCKED"}
PLAIN_FIELDS = {
    "closedAt": "closed_at",
    "email": "email",
    "note": "note",
    "poNumber": "po_number",
    "sourceIdentifier": "source_identifier",
    "sourceName": "source_name",
}


def create_order(shop: Shop, told: Mapping[str, Any]) -> Order:
    """Add an order from an input of the API. Raises `Refused`."""
    _check(shop, told)
    now = shop.now()
    buyer = _buyer(shop, told)
    lines = _lines(shop, told.get("lineItems") or ())
    order_number = shop.new_order_number()
    processed_at = told.get("processedAt") or now
    order = Order(
        number=shop.new_number(),
        order_number=order_number,
        name=told.get("name") or f"#{order_number}",
        created_at=now,
        updated_at=now,
        # From 2026-07 on a time in the future becomes now.
        processed_at=min(processed_at.replace(microsecond=0), now),
        currency=told.get("currency") or CURRENCY,
        lines=lines,
        shipping=_charges(told.get("shippingLines") or ()),
        taxes=_charges(told.get("taxLines") or ()),
        taxes_included=bool(told.get("taxesIncluded")),
        payments=_payments(shop, told.get("transactions") or ()),
        fulfillment_status=_fulfillment(told, lines),
        customer=buyer.number if buyer else None,
        phone=read_phone(told["phone"]) if told.get("phone") else None,
        billing_address=read_address(shop, told["billingAddress"]) if told.get("billingAddress") else None,
        shipping_address=read_address(shop, told["shippingAddress"]) if told.get("shippingAddress") else None,
        tags=joined((), read_tags(told.get("tags") or ())),
        attributes=tuple((pair["key"], pair["value"]) for pair in told.get("customAttributes") or ()),
        test=bool(told.get("test")),
        **_plain(told),
    )
    order = replace(order, financial_status=told.get("financialStatus") or _financial(order))
    if buyer is not None:
        buyer = _noted(shop, buyer, order)
        order = replace(order, email=order.email or buyer.email)
    return place_order(shop, order)


def _plain(told: Mapping[str, Any]) -> dict[str, Any]:
    return {name: told.get(field) or None for field, name in PLAIN_FIELDS.items()}


def place_order(shop: Shop, order: Order) -> Order:
    """Add an order and report it."""
    shop.orders.put(order)
    _tell(shop, "ORDERS_CREATE", order)
    if order.financial_status == "PAID":
        _tell(shop, "ORDERS_PAID", order)
    if order.cancelled_at is not None:
        _tell(shop, "ORDERS_CANCELLED", order)
    return order


def save_order(shop: Shop, known: Order, changed: Order) -> Order:
    """Write a change and report it; nothing happens where nothing differs."""
    if changed == known:
        return known
    changed = replace(changed, updated_at=shop.now())
    shop.orders.put(changed)
    _tell(shop, "ORDERS_UPDATED", changed)
    return changed


def set_customer_of_order(shop: Shop, order: Order, customer: Customer) -> Order:
    """Have the order be that customer's."""
    return save_order(shop, order, replace(order, customer=customer.number))


def _tell(shop: Shop, topic: str, order: Order) -> None:
    buyer = shop.customers.get(order.customer) if order.customer is not None else None
    shop.tell(topic, payloads.order(order, buyer))


def _check(shop: Shop, told: Mapping[str, Any]) -> None:
    problems = []
    if not told.get("lineItems"):
        problems.append(Problem(("order", "lineItems"), "Line items must have at least one line item"))
    for at, line in enumerate(told.get("lineItems") or ()):
        path = ("order", "lineItems", str(at))
        if not line.get("title"):
            problems.append(Problem((*path, "title"), "Title can't be blank"))
        if line["quantity"] < 1:
            problems.append(Problem((*path, "quantity"), "Quantity must be greater than 0"))
    if told.get("phone") and read_phone(told["phone"]) is None:
        problems.append(Problem(("order", "phone"), "Phone is invalid"))
    if told.get("financialStatus") == "PARTIALLY_REFUNDED":
        raise NotModelled("partial refunds")
    refuse_if(problems)
    if not shop.may_order_again():
        raise Refused(Problem(None, "Too many attempts. Please try again later."))


def _buyer(shop: Shop, told: Mapping[str, Any]) -> Customer | None:
    wanted = told.get("customer")
    if wanted is None:
        return None
    if wanted.get("toAssociate") is not None:
        return _associated(shop, wanted["toAssociate"])
    upsert = {name: value for name, value in wanted["toUpsert"].items() if value is not None}
    known = _known(shop, upsert)
    if known is not None:
        return known
    try:
        return create_customer(shop, {name: value for name, value in upsert.items() if name != "id"})
    except Refused as refusal:
        path = ("order", "customer", "toUpsert")
        problems = (Problem((*path, *(one.field or ())), one.message) for one in refusal.problems)
        raise Refused(*problems) from refusal


def _associated(shop: Shop, wanted: Mapping[str, Any]) -> Customer:
    known = _known(shop, wanted)
    if known is None:
        raise Refused(Problem(("order", "customer", "toAssociate"), "Customer does not exist"))
    return known


def _known(shop: Shop, wanted: Mapping[str, Any]) -> Customer | None:
    """By the id, else by the e-mail."""
    if wanted.get("id"):
        return shop.customers.get(number_of(wanted["id"]))
    return shop.customers.live.first("email", (wanted.get("email") or "").casefold())


def _noted(shop: Shop, buyer: Customer, order: Order) -> Customer:
    """What an order leaves behind at its customer: an e-mail where there was none, and the default address."""
    changed = buyer
    if buyer.email is None and order.email and not shop.customers.live.found("email", order.email.casefold()):
        changed = replace(changed, email=order.email)
    address = order.shipping_address or order.billing_address
    if address is not None:
        address = replace(address, number=shop.new_number())
        changed = replace(changed, addresses=(*changed.addresses, address), default_address=address.number)
    return save_customer(shop, buyer, changed)


def _lines(shop: Shop, told: Sequence[Mapping[str, Any]]) -> tuple[Line, ...]:
    return tuple(
        Line(
            number=shop.new_number(),
            title=line["title"],
            quantity=line["quantity"],
            price=_amount(line.get("priceSet")),
            sku=line.get("sku"),
            variant_title=line.get("variantTitle"),
            vendor=line.get("vendor"),
            requires_shipping=bool(line.get("requiresShipping")),
            taxable=line.get("taxable") is not False,
        )
        for line in told
    )


def _charges(told: Sequence[Mapping[str, Any]]) -> tuple[Charge, ...]:
    return tuple(Charge(charge["title"], _amount(charge.get("priceSet")), charge.get("rate")) for charge in told)


def _payments(shop: Shop, told: Sequence[Mapping[str, Any]]) -> tuple[Payment, ...]:
    return tuple(
        Payment(
            number=shop.new_number(),
            kind=payment["kind"],
            status=payment["status"],
            amount=_amount(payment["amountSet"]),
            processed_at=payment.get("processedAt") or shop.now(),
            gateway=payment.get("gateway"),
        )
        for payment in told
    )


def _amount(told: Mapping[str, Any] | None) -> Decimal:
    return Decimal(told["shopMoney"]["amount"]) if told else Decimal(0)


def _financial(order: Order) -> str:
    paid = sum(
        (one.amount for one in order.payments if one.kind in {"SALE", "CAPTURE"} and one.status == "SUCCESS"),
        Decimal(0),
    )
    if paid <= 0:
        return "PENDING"
    return "PAID" if paid >= order.total else "PARTIALLY_PAID"


def _fulfillment(told: Mapping[str, Any], lines: Sequence[Line]) -> str:
    if told.get("fulfillmentStatus"):
        return FULFILLED[told["fulfillmentStatus"]]
    return "UNFULFILLED" if any(line.requires_shipping for line in lines) else "FULFILLMENT_NOT_REQUIRED"
