"""Orders: read by the API, placed by the control surface (developer.commerce7.com/docs/orders, July 2026)."""

from datetime import datetime
from typing import Any

from infra.local.partners.clock import iso_ms
from infra.local.partners.commerce7.announcing import announce
from infra.local.partners.commerce7.customers import Customers
from infra.local.partners.commerce7.filters import moment, text
from infra.local.partners.commerce7.listing import Column, Listing
from infra.local.partners.commerce7.shop import Shop
from infra.local.partners.commerce7.table import Row
from infra.local.partners.commerce7.wire import ApiRequest, Json, Reply, not_found

MOMENTS = ("updatedAt", "orderPaidDate", "orderFulfilledDate", "orderSubmittedDate")
TEXTS = ("id", "customerId", "fulfillmentStatus", "complianceStatus", "channel", "orderDeliveryMethod")
ELSEWHERE = frozenset({"orderTagId", "posProfileId", "tagId", "allocationId", "queryId"})


def _column(name: str, read: Any) -> Column:
    return Column(lambda row: row[name], read)


class Orders:
    """Endpoints of `/order`."""

    def __init__(self, shop: Shop, customers: Customers) -> None:
        self._shop = shop
        self._customers = customers
        self._listing = Listing(
            key="orders",
            show=self.shown,
            columns={name: _column(name, moment) for name in MOMENTS} | {name: _column(name, text) for name in TEXTS},
            words=self._words,
            has_cursors=True,
            elsewhere=ELSEWHERE,
        )

    def list_orders(self, request: ApiRequest) -> Reply:
        """`GET /order`."""
        return Reply(200, self._listing.answer(self._shop.records.orders, request))

    def get_order(self, request: ApiRequest) -> Reply:
        """`GET /order/{id}`."""
        order = self._shop.records.orders.get(request.names["id"])
        if order is None:
            raise not_found()
        return Reply(200, self.shown(order))

    def place(self, customer: Row, order: Row, user: str) -> None:
        """Keep a new order, and count it with its customer."""
        self._shop.records.orders.put(order)
        count_order(customer, order)
        self._shop.touch(customer, {})
        announce(self._shop, "Order", "Create", self.shown(order), user)

    def shown(self, order: Row) -> Json:
        """As the API shows it: with the customer as of now, null once deleted."""
        customer = self._shop.records.customers.get(order["customerId"] or "")
        return {**order, "customer": self._customers.shown(customer) if customer else None}

    def _words(self, order: Row) -> str:
        customer = self._shop.records.customers.get(order["customerId"] or "")
        names = [customer["firstName"], customer["lastName"]] if customer else []
        return " ".join([str(order["orderNumber"]), *(name for name in names if name)]).casefold()


def new_order(shop: Shop, customer: Row, total_cents: int, placed_at: datetime) -> Row:
    """An order of one line that was paid and handed over at once; it is not kept yet."""
    shop.records.last_order_number += 1
    at = iso_ms(placed_at)
    number = shop.records.last_order_number
    item = {
        "purchaseType": "Regular",
        "productTitle": "Estate Red",
        "type": "Wine",
        "sku": "ESTATE-RED",
        "price": total_cents,
        "originalPrice": total_cents,
        "quantity": 1,
        "quantityFulfilled": 1,
        "tax": 0,
    }
    return shop.stamped(
        {
            "orderNumber": number,
            "orderSubmittedDate": at,
            "orderPaidDate": at,
            "orderFulfilledDate": at,
            "orderSource": "Web",
            "purchaseType": "Regular",
            "previousOrderId": None,
            "previousOrderNumber": None,
            "linkedOrders": [],
            "externalOrderNumber": None,
            "externalOrderVendor": None,
            "paymentStatus": "Paid",
            "complianceStatus": "Not Required",
            "fulfillmentStatus": "Fulfilled",
            "shippingStatus": "No Shipping Required",
            "channel": "Web",
            "customerId": customer["id"],
            "orderDeliveryMethod": "Pickup",
            "subTotal": total_cents,
            "shipTotal": 0,
            "taxTotal": 0,
            "tipTotal": 0,
            "total": total_cents,
            "totalAfterTip": total_cents,
            "coupons": [],
            "promotions": [],
            "items": [item],
            "tags": [],
            "appData": None,
        }
    )


def count_order(customer: Row, order: Row) -> None:
    """Bring the figures of a customer up to date with one more order; a cancelled one counts for nothing, and a refund
    is no order."""
    if order["paymentStatus"] == "Cancelled":
        return
    figures = customer["orderInformation"]
    figures["lifetimeValue"] += order["total"]
    if order["purchaseType"] == "Refund":
        return
    figures["orderCount"] += 1
    if order["orderSubmittedDate"] >= (figures["lastOrderDate"] or ""):
        figures.update(lastOrderId=order["id"], lastOrderDate=order["orderSubmittedDate"])
