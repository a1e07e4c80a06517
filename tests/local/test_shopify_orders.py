"""Orders of the Shopify double."""

from typing import Any

import pytest

from tests.support.shopify import Json, ShopifyCaller

CREATE = """
mutation($order: OrderCreateOrderInput!) {
  orderCreate(order: $order) {
    order {
      id name processedAt createdAt email phone tags displayFinancialStatus displayFulfillmentStatus sourceIdentifier
      customer { id }
      totalPriceSet { shopMoney { amount currencyCode } }
      lineItems(first: 5) { nodes { title quantity originalUnitPriceSet { shopMoney { amount } } } }
    }
    userErrors { field message code }
  }
}
"""
LIST = """
query($query: String, $sortKey: OrderSortKeys) {
  orders(first: 50, query: $query, sortKey: $sortKey) {
    nodes { id name updatedAt cancelledAt test currentTotalPriceSet { shopMoney { amount } } customer { id } }
  }
}
"""


def line(price: str = "45.00", **fields: Any) -> Json:
    return {"title": "Cabernet", "quantity": 2, "priceSet": money(price), **fields}


def money(amount: str) -> Json:
    return {"shopMoney": {"amount": amount, "currencyCode": "USD"}}


def order(shopify: ShopifyCaller, **fields: Any) -> Json:
    made: Json = shopify.done(CREATE, order={"lineItems": [line()], **fields})["order"]
    return made


def test_an_order_from_elsewhere_keeps_its_date_and_its_sums(shopify: ShopifyCaller) -> None:
    made = order(
        shopify,
        name="WOO-1",
        processedAt="2021-05-04T10:11:12Z",
        sourceIdentifier="woo:1",
        tags=["imported"],
        taxLines=[{"title": "Tax", "rate": "0.07", "priceSet": money("6.53")}],
        shippingLines=[{"title": "Ground", "priceSet": money("12.00")}],
        transactions=[{"amountSet": money("108.53")}],
        fulfillmentStatus="FULFILLED",
        customer={"toUpsert": {"email": "ada@example.com", "firstName": "Ada"}},
        billingAddress={"city": "Napa"},
    )
    assert (made["processedAt"], made["name"]) == ("2021-05-04T10:11:12Z", "WOO-1")
    assert made["createdAt"] > made["processedAt"]
    assert made["totalPriceSet"]["shopMoney"] == {"amount": "108.53", "currencyCode": "USD"}
    assert (made["displayFinancialStatus"], made["displayFulfillmentStatus"]) == ("PAID", "FULFILLED")
    assert made["lineItems"]["nodes"][0]["quantity"] == 2
    assert made["email"] == "ada@example.com"
    read = """
    { customers(first: 1) {
        nodes { id numberOfOrders amountSpent { amount } lastOrder { id } defaultAddress { city } canDelete }
    } }
    """
    assert shopify.data(read)["nodes"] == [
        {
            "id": made["customer"]["id"],
            "numberOfOrders": "1",
            "amountSpent": {"amount": "108.53"},
            "lastOrder": {"id": made["id"]},
            "defaultAddress": {"city": "Napa"},
            "canDelete": False,
        }
    ]


def test_an_order_without_more_is_a_guests(shopify: ShopifyCaller) -> None:
    made = order(shopify, email="guest@example.com")
    assert (made["customer"], made["email"], made["name"]) == (None, "guest@example.com", "#1001")
    assert made["displayFinancialStatus"] == "PENDING"
    assert made["displayFulfillmentStatus"] == "FULFILLMENT_NOT_REQUIRED"
    ada = shopify.customer("ada@example.com")["id"]
    give = """
    mutation($order: ID!, $customer: ID!) {
      orderCustomerSet(orderId: $order, customerId: $customer) {
        order { customer { id } } userErrors { field message }
      }
    }
    """
    assert shopify.done(give, order=made["id"], customer=ada)["order"]["customer"] == {"id": ada}
    assert shopify.problems(give, order="gid://shopify/Order/1", customer=ada)[0][0] == "orderId"
    assert shopify.problems(give, order=made["id"], customer="gid://shopify/Customer/1")[0][0] == "customerId"


@pytest.mark.parametrize(
    ("fields", "field"),
    [
        ({"lineItems": []}, "lineItems"),
        ({"lineItems": [line(quantity=0)]}, "quantity"),
        ({"lineItems": [line(title=None)]}, "title"),
        ({"phone": "12"}, "phone"),
        ({"customer": {"toAssociate": {"id": "gid://shopify/Customer/1"}}}, "toAssociate"),
        ({"customer": {"toUpsert": {"email": "b@example.com", "phone": "+17079631234"}}}, "phone"),
    ],
)
def test_what_an_order_cannot_be(shopify: ShopifyCaller, fields: Json, field: str) -> None:
    shopify.customer("a@example.com", phone="+17079631234")
    assert shopify.problems(CREATE, order={"lineItems": [line()], **fields}) == [(field, "INVALID")]
    assert shopify.data(LIST)["nodes"] == []
    assert len(shopify.customers()) == 1


def test_a_time_in_the_future_becomes_now(shopify: ShopifyCaller) -> None:
    made = order(shopify, processedAt="2099-01-01T00:00:00Z")
    assert made["processedAt"] == made["createdAt"]


def test_development_shops_take_five_a_minute(shopify: ShopifyCaller) -> None:
    shopify.configure(ordersPerMinute=5)
    for _ in range(5):
        order(shopify)
    assert shopify.problems(CREATE, order={"lineItems": [line()]}) == [(None, "INVALID")]
    shopify.advance(61)
    order(shopify)


def test_orders_are_found(shopify: ShopifyCaller) -> None:
    ada = shopify.customer("ada@example.com")["id"]
    first = order(shopify, sourceIdentifier="woo:1", customer={"toAssociate": {"id": ada}}, tags=["x"])
    shopify.advance(100)
    shopify.control("POST", "orders", {"email": "bob@example.com", "totalCents": 1234, "isPaid": False})
    shopify.control("POST", "orders", {"customerId": ada, "totalCents": 999, "isCancelled": True})
    number = ada.rsplit("/", 1)[1]
    for query, names in (
        ("source_identifier:'woo:1'", ["#1001"]),
        (f"customer_id:{number}", ["#1001", "#1003"]),
        ('email:"bob@example.com"', ["#1002"]),
        ("financial_status:paid", ["#1003"]),
        ("status:cancelled", ["#1003"]),
        ("status:open", ["#1001", "#1002"]),
        ("name:1002", ["#1002"]),
        ("tag:x", ["#1001"]),
        (f"updated_at:>='{first['createdAt']}'", ["#1001", "#1002", "#1003"]),
        (None, ["#1001", "#1002", "#1003"]),
    ):
        nodes = shopify.data(LIST, query=query, sortKey="UPDATED_AT")["nodes"]
        assert [one["name"] for one in nodes] == names
    found = shopify.data(LIST, sortKey="UPDATED_AT")["nodes"]
    assert found[1]["currentTotalPriceSet"]["shopMoney"]["amount"] == "12.34"
    assert found[2]["currentTotalPriceSet"]["shopMoney"]["amount"] == "0"
    own = "query($id: ID!) { customer(id: $id) { orders(first: 5) { nodes { name } } } }"
    assert [one["name"] for one in shopify.data(own, id=ada)["orders"]["nodes"]] == ["#1001", "#1003"]
