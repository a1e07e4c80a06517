"""Orders."""

from collections.abc import Callable
from typing import Any

from infra.local.partners.shopify.filters import FactFilter, Filters, NumberFilter, TimeFilter, TokenFilter, WordFilter
from infra.local.partners.shopify.gids import gid, number_of
from infra.local.partners.shopify.model import (
    CONNECTION_ARGUMENTS,
    LISTING_ARGUMENTS,
    Arguments,
    Execution,
    Fields,
    Inputs,
    connection,
    listing,
    mutation,
    parts,
    payload,
    read,
    shown,
    user_error,
)
from infra.local.partners.shopify.orders import create_order, set_customer_of_order
from infra.local.partners.shopify.paging import whole
from infra.local.partners.shopify.records import Order
from infra.local.partners.shopify.refusals import Problem, Refused
from infra.local.partners.shopify.shop import Shop

ORDER_SORTS: dict[str, Callable[[Any], Any]] = {
    "ID": lambda order: order.number,
    "CREATED_AT": lambda order: order.created_at,
    "ORDER_NUMBER": lambda order: order.order_number,
    "PROCESSED_AT": lambda order: order.processed_at,
    "UPDATED_AT": lambda order: order.updated_at,
}


def order_filters() -> Filters:
    """What orders can be searched by."""
    return {
        "id": NumberFilter("number"),
        "created_at": TimeFilter("created_at"),
        "processed_at": TimeFilter("processed_at"),
        "updated_at": TimeFilter("updated_at"),
        "customer_id": NumberFilter("customer", "customer"),
        "email": TokenFilter(("email",), "email"),
        "default": TokenFilter(("name", "email")),
        "name": FactFilter(lambda order: (order.name, order.name.removeprefix("#"))),
        "source_identifier": WordFilter("source_identifier", "source_identifier"),
        "source_name": WordFilter("source_name"),
        "po_number": WordFilter("po_number"),
        "sku": FactFilter(lambda order: tuple(line.sku for line in order.lines if line.sku)),
        "tag": WordFilter("tags", is_list=True),
        "financial_status": FactFilter(lambda order: (order.financial_status.lower(),)),
        "fulfillment_status": FactFilter(lambda order: (order.fulfillment_status.lower(),)),
        "status": FactFilter(_statuses),
        "test": FactFilter(lambda order: (str(order.test).lower(),)),
    }


def _statuses(order: Order) -> tuple[str, ...]:
    if order.cancelled_at is not None:
        return "any", "cancelled"
    return "any", "closed" if order.closed_at else "open"


def _create(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    return {"order": create_order(shop, arguments["order"])}


def _set_customer(shop: Shop, arguments: Arguments) -> dict[str, Any]:
    order = shop.orders.get(number_of(arguments["orderId"]))
    if order is None:
        raise Refused(Problem(("orderId",), "Order does not exist", "NOT_FOUND"))
    customer = shop.customers.get(number_of(arguments["customerId"]))
    if customer is None:
        raise Refused(Problem(("customerId",), "Customer does not exist", "NOT_FOUND"))
    return {"order": set_customer_of_order(shop, order, customer)}


def _bag(amount: Callable[[Order], Any]) -> Any:
    return read(lambda order: money_bag(amount(order), order.currency))


def money_bag(amount: Any, currency: str) -> dict[str, Any]:
    """The same amount twice: the double has one currency per order."""
    money = {"amount": amount, "currencyCode": currency}
    return {"shopMoney": money, "presentmentMoney": money}


def _priced(of: Callable[[Order], Any]) -> Callable[[Order], Any]:
    """Lines and charges with the currency that they are in."""
    return lambda order: [(one, order.currency) for one in of(order)]


FIELDS: Fields = {
    "Order": {
        "id": read(lambda order: gid("Order", order.number)),
        "legacyResourceId": read(lambda order: order.number),
        "name": read(lambda order: order.name),
        "number": read(lambda order: order.order_number),
        "createdAt": read(lambda order: order.created_at),
        "processedAt": read(lambda order: order.processed_at),
        "updatedAt": read(lambda order: order.updated_at),
        "cancelledAt": read(lambda order: order.cancelled_at),
        "cancelReason": read(lambda order: order.cancel_reason),
        "closed": read(lambda order: order.closed_at is not None),
        "closedAt": read(lambda order: order.closed_at),
        "confirmed": read(lambda _: True),
        "test": read(lambda order: order.test),
        "email": read(lambda order: order.email),
        "phone": read(lambda order: order.phone),
        "tags": read(lambda order: list(order.tags)),
        "note": read(lambda order: order.note),
        "poNumber": read(lambda order: order.po_number),
        "customAttributes": read(lambda order: [{"key": key, "value": value} for key, value in order.attributes]),
        "sourceName": read(lambda order: order.source_name),
        "sourceIdentifier": read(lambda order: order.source_identifier),
        "currencyCode": read(lambda order: order.currency),
        "presentmentCurrencyCode": read(lambda order: order.currency),
        "displayFinancialStatus": read(lambda order: order.financial_status),
        "displayFulfillmentStatus": read(lambda order: order.fulfillment_status),
        "fullyPaid": read(lambda order: order.financial_status == "PAID"),
        "unpaid": read(lambda order: order.financial_status in {"PENDING", "AUTHORIZED", "EXPIRED"}),
        "discountCodes": read(lambda _: []),
        "customer": shown(
            lambda execution, order, _: execution.shop.customers.get(order.customer) if order.customer else None
        ),
        "billingAddress": read(lambda order: order.billing_address),
        "shippingAddress": read(lambda order: order.shipping_address),
        "subtotalPriceSet": _bag(lambda order: order.subtotal),
        "totalPriceSet": _bag(lambda order: order.total),
        "currentTotalPriceSet": _bag(lambda order: order.current_total),
        "totalRefundedSet": _bag(lambda order: order.refunded),
        "totalShippingPriceSet": _bag(lambda order: order.shipping_total),
        "totalTaxSet": _bag(lambda order: order.tax_total),
        "lineItems": shown(
            lambda _, order, told: whole(_priced(lambda one: one.lines)(order), told, lambda pair: pair[0].number),
            *CONNECTION_ARGUMENTS,
        ),
        "taxLines": read(_priced(lambda order: order.taxes)),
        "transactions": shown(
            lambda _, order, told: _priced(lambda one: one.payments)(order)[: told.get("first")], "first"
        ),
    },
    "LineItem": {
        "id": read(lambda pair: gid("LineItem", pair[0].number)),
        "title": read(lambda pair: pair[0].title),
        "name": read(lambda pair: " - ".join(part for part in (pair[0].title, pair[0].variant_title) if part)),
        "variantTitle": read(lambda pair: pair[0].variant_title),
        "sku": read(lambda pair: pair[0].sku),
        "vendor": read(lambda pair: pair[0].vendor),
        "quantity": read(lambda pair: pair[0].quantity),
        "currentQuantity": read(lambda pair: pair[0].quantity),
        "requiresShipping": read(lambda pair: pair[0].requires_shipping),
        "taxable": read(lambda pair: pair[0].taxable),
        # The double's lines are none of its products.
        "product": read(lambda _: None),
        "variant": read(lambda _: None),
        "originalUnitPriceSet": read(lambda pair: money_bag(pair[0].price, pair[1])),
        "originalTotalSet": read(lambda pair: money_bag(pair[0].price * pair[0].quantity, pair[1])),
    },
    "TaxLine": {
        "title": read(lambda pair: pair[0].title),
        "rate": read(lambda pair: None if pair[0].rate is None else float(pair[0].rate)),
        "priceSet": read(lambda pair: money_bag(pair[0].price, pair[1])),
    },
    "OrderTransaction": {
        "id": read(lambda pair: gid("OrderTransaction", pair[0].number)),
        "kind": read(lambda pair: pair[0].kind),
        "status": read(lambda pair: pair[0].status),
        "gateway": read(lambda pair: pair[0].gateway),
        "processedAt": read(lambda pair: pair[0].processed_at),
        "amountSet": read(lambda pair: money_bag(pair[0].amount, pair[1])),
    },
    "Attribute": parts("key", "value"),
    "MoneyBag": parts("shopMoney", "presentmentMoney"),
    "MoneyV2": parts("amount", "currencyCode"),
    **connection("Order"),
    **connection("LineItem"),
    **payload("OrderCreatePayload", "order"),
    **payload("OrderCustomerSetPayload", "order"),
    **user_error("OrderCreateUserError", has_code=True),
    **user_error("OrderCustomerSetUserError", has_code=True),
}


def _list(execution: Execution, _source: Any, arguments: Arguments) -> Any:
    return listing(execution.shop.orders, arguments, ORDER_SORTS, order_filters())


QUERIES = {
    "order": shown(lambda execution, _, told: execution.shop.orders.get(number_of(told["id"])), "id"),
    "orders": shown(_list, *LISTING_ARGUMENTS),
}
MUTATIONS = {
    "orderCreate": mutation(_create, "order", "options"),
    "orderCustomerSet": mutation(_set_customer, "orderId", "customerId"),
}
_CHARGE = frozenset({"priceSet", "title"})
INPUTS: Inputs = {
    "OrderCreateOrderInput": frozenset(
        {
            "billingAddress",
            "closedAt",
            "currency",
            "customAttributes",
            "customer",
            "email",
            "financialStatus",
            "fulfillmentStatus",
            "lineItems",
            "name",
            "note",
            "phone",
            "poNumber",
            "processedAt",
            "shippingAddress",
            "shippingLines",
            "sourceIdentifier",
            "sourceName",
            "sourceUrl",
            "tags",
            "taxLines",
            "taxesIncluded",
            "test",
            "transactions",
        }
    ),
    # There is no inventory and no mail in the double: the options change nothing here.
    "OrderCreateOptionsInput": frozenset({"inventoryBehaviour", "sendFulfillmentReceipt", "sendReceipt"}),
    "OrderCreateCustomerInput": frozenset({"toAssociate", "toUpsert"}),
    "OrderCreateAssociateCustomerAttributesInput": frozenset({"email", "id"}),
    "OrderCreateUpsertCustomerAttributesInput": frozenset(
        {"email", "firstName", "id", "lastName", "note", "phone", "tags", "taxExempt"}
    ),
    "OrderCreateLineItemInput": frozenset(
        {
            "giftCard",
            "priceSet",
            "quantity",
            "requiresShipping",
            "sku",
            "taxable",
            "title",
            "variantTitle",
            "vendor",
        }
    ),
    "OrderCreateShippingLineInput": _CHARGE,
    "OrderCreateTaxLineInput": _CHARGE | {"rate", "channelLiable"},
    "OrderCreateOrderTransactionInput": frozenset({"amountSet", "gateway", "kind", "processedAt", "status", "test"}),
    "OrderCreateCustomAttributeInput": frozenset({"key", "value"}),
    "MoneyBagInput": frozenset({"shopMoney"}),
    "MoneyInput": frozenset({"amount", "currencyCode"}),
}
