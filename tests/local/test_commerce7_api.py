"""The Commerce7 double held to what is known of Commerce7: who may call, how often, errors, strictness, paging."""

import uuid
from typing import Any

import httpx
import pytest

from tests.support.commerce7 import Commerce7Caller

UNAUTHORIZED = {"statusCode": 401, "type": "unauthorized", "message": "Unauthorized user", "errors": []}


@pytest.mark.parametrize(
    "wrong",
    [
        {"auth": ("customer-hub", "wrong")},
        {"auth": ("wrong", "wrong")},
        {"auth": None, "headers": {"authorization": "Basic %%%"}},
        {"auth": None, "headers": {"authorization": "Bearer abc"}},
        {"headers": {"tenant": "another-winery"}},
        {"headers": {"tenant": ""}},
    ],
)
def test_only_the_app_of_the_tenant_may_call(commerce7: Commerce7Caller, wrong: dict[str, Any]) -> None:
    response = commerce7.call("GET", "/customer", **wrong)

    assert (response.status_code, response.json()) == (401, UNAUTHORIZED)


def test_without_credential_and_tenant_nobody_may(commerce7: Commerce7Caller) -> None:
    response = httpx.get(f"{commerce7.partner.url}/v1/customer", trust_env=False)

    assert (response.status_code, response.json()) == (401, UNAUTHORIZED)


def test_a_missing_record_is_a_404_of_known_shape(commerce7: Commerce7Caller) -> None:
    response = commerce7.call("GET", f"/customer/{uuid.uuid4()}")

    assert response.status_code == 404
    assert {name: response.json()[name] for name in ("statusCode", "type", "errors")} == {
        "statusCode": 404,
        "type": "notFound",
        "errors": [],
    }


@pytest.mark.parametrize("target", ["PATCH /customer/x", "GET /customers", "GET /nothing", "POST /customer/x"])
def test_what_commerce7_does_not_have_is_a_404(commerce7: Commerce7Caller, target: str) -> None:
    method, path = target.split()
    assert commerce7.call(method, path, {}).status_code == 404


@pytest.mark.parametrize(
    "target",
    [
        "GET /club",
        "POST /order",
        "GET /tag/order",
        "POST /customer-address",
        "POST /product",
        "GET /order?posProfileId=x",
    ],
)
def test_what_the_double_does_not_have_it_says(commerce7: Commerce7Caller, target: str) -> None:
    method, path = target.split()
    response = commerce7.call(method, path, {})

    assert (response.status_code, response.json()["type"]) == (501, "notImplemented")


def test_outside_of_its_version_there_is_nothing(commerce7: Commerce7Caller) -> None:
    assert commerce7.http.get(f"{commerce7.partner.url}/customer").status_code == 404


@pytest.mark.parametrize("path", ["/customer?email=a@example.com", "/tag/customer?cursor=start", "/promotion?tagId=x"])
def test_an_unknown_parameter_is_refused_by_name(commerce7: Commerce7Caller, path: str) -> None:
    response = commerce7.call("GET", path)

    name = path.partition("?")[2].partition("=")[0]
    assert (response.status_code, response.json()["message"]) == (422, f"Invalid query param: {name}")


def test_the_recorded_refusal_of_a_stale_coupon(commerce7: Commerce7Caller) -> None:
    stale = {
        "code": "X1",
        "title": "Stale",
        "status": "Enabled",
        "usageLimitType": "Per Store",
        "usageLimit": 1,
        "appliesTo": "Store",
        "availableTo": "Everyone",
        "startDate": "2026-10-07T23:55:00.000Z",
        "endDate": "2026-11-06T23:55:00.000Z",
        "productDiscountType": "Percentage Off",
        "productDiscount": 1500,
        "shippingDiscountType": "None",
    }

    response = commerce7.call("POST", "/coupon", stale)

    assert response.status_code == 422
    assert response.json() == {
        "statusCode": 422,
        "type": "validationError",
        "message": "One or more elements is missing or invalid",
        "errors": [
            {"field": "type", "message": "required"},
            {"field": "discountType", "message": "required"},
            {"field": "discount", "message": "required"},
            {"field": "productDiscountType", "message": "invalid additional property"},
            {"field": "productDiscount", "message": "invalid additional property"},
            {"field": "shippingDiscountType", "message": "invalid additional property"},
        ],
    }


def test_a_customer_as_it_is_read_cannot_be_sent_back(commerce7: Commerce7Caller) -> None:
    customer = commerce7.customer("ada@example.com")
    response = commerce7.call("PUT", f"/customer/{customer['id']}", customer)

    refused = {problem["field"] for problem in response.json()["errors"]}
    assert response.status_code == 422
    assert {"id", "createdAt", "updatedAt", "orderInformation", "email"} - refused == {"email"}


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'"x"', b"\xff"])
def test_a_body_that_is_no_object_is_a_422(commerce7: Commerce7Caller, content: bytes) -> None:
    response = commerce7.call("POST", "/customer", content=content)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "body")


def test_a_hundred_requests_a_minute(commerce7: Commerce7Caller) -> None:
    statuses = [commerce7.call("GET", "/tag/customer").status_code for _ in range(102)]
    assert statuses == [200] * 100 + [429] * 2
    refused = commerce7.call("GET", "/tag/customer")
    assert (refused.json()["statusCode"], "retry-after" in refused.headers) == (429, False)

    state = commerce7.state()
    assert state["requests"]["throttled"] == 3
    assert state["allowance"] == {"limit": 100, "windowS": 60.0, "used": 100, "busiest": 100}

    commerce7.control("PUT", "settings", {"retryAfterHeader": True})
    wait_s = int(commerce7.call("GET", "/tag/customer").headers["retry-after"])
    assert 1 <= wait_s <= 60
    commerce7.control("PUT", "clock", {"advanceSeconds": wait_s})
    assert commerce7.call("GET", "/tag/customer").status_code == 200


def test_the_window_slides(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "settings", {"requestsPerMinute": 10})
    for _ in range(5):
        commerce7.call("GET", "/tag/customer")
    commerce7.control("PUT", "clock", {"advanceSeconds": 40})
    assert [commerce7.call("GET", "/tag/customer").status_code for _ in range(6)] == [200] * 5 + [429]
    commerce7.control("PUT", "clock", {"advanceSeconds": 25})

    assert [commerce7.call("GET", "/tag/customer").status_code for _ in range(6)] == [200] * 5 + [429]


def test_cursor_paging_takes_nothing_from_the_allowance(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "settings", {"requestsPerMinute": 1})
    statuses = [commerce7.call("GET", f"/{kind}?cursor=start").status_code for kind in ("customer", "order") * 10]

    assert statuses == [200] * 20
    assert commerce7.call("GET", "/customer").status_code == 200
    assert commerce7.call("GET", "/customer").status_code == 429


def test_deep_pages_are_one_a_minute(commerce7: Commerce7Caller) -> None:
    statuses = [commerce7.call("GET", f"/customer?page={page}").status_code for page in (100, 101, 102, 100)]

    assert statuses == [200, 200, 429, 200]
    commerce7.control("PUT", "clock", {"advanceSeconds": 60})
    assert commerce7.call("GET", "/customer?page=102").status_code == 200


def test_page_style(commerce7: Commerce7Caller) -> None:
    commerce7.control("POST", "seed", {"customers": 120})
    pages = [commerce7.ok("GET", f"/customer?page={page}") for page in (1, 2, 3, 4)]

    assert [len(page["customers"]) for page in pages] == [50, 50, 20, 0]
    assert {page["total"] for page in pages} == {120}
    assert not any("cursor" in page for page in pages)
    ids = [customer["id"] for page in pages for customer in page["customers"]]
    assert ids == sorted(set(ids))
    assert len(ids) == 120


@pytest.mark.parametrize("limit", ["0", "51", "-1", "many", ""])
def test_a_limit_out_of_range_silently_becomes_50(commerce7: Commerce7Caller, limit: str) -> None:
    commerce7.control("POST", "seed", {"customers": 60})

    assert len(commerce7.ok("GET", f"/customer?limit={limit}")["customers"]) == 50


def test_cursor_style(commerce7: Commerce7Caller) -> None:
    commerce7.control("POST", "seed", {"customers": 100, "orders": 30})
    first = commerce7.ok("GET", "/customer?cursor=start")
    second = commerce7.ok("GET", f"/customer?cursor={first['cursor']}")

    assert len(first["customers"]) == len(second["customers"]) == 50
    assert second["customers"][0]["id"] == first["cursor"]
    assert "total" not in first
    assert "cursor" not in second
    assert list(commerce7.ok("GET", "/order?cursor=start&limit=50")) == ["orders"]


def test_a_scan_by_cursor_does_not_see_new_rows_with_smaller_ids(commerce7: Commerce7Caller) -> None:
    commerce7.control("POST", "seed", {"customers": 60})
    first = commerce7.ok("GET", "/customer?cursor=start")
    for number in range(20):
        commerce7.customer(f"new{number}@example.com")
    rest = commerce7.ok("GET", f"/customer?cursor={first['cursor']}")["customers"]

    assert all(customer["id"] >= first["cursor"] for customer in rest)
    assert 10 <= len(rest) <= 30


def test_both_styles_at_once_are_refused(commerce7: Commerce7Caller) -> None:
    response = commerce7.call("GET", "/customer?page=1&cursor=start")

    assert response.status_code == 422
    assert "both page and cursor" in response.json()["message"]


@pytest.mark.parametrize("page", ["0", "-1", "x", "1.5"])
def test_a_page_that_is_no_number_is_refused(commerce7: Commerce7Caller, page: str) -> None:
    response = commerce7.call("GET", f"/customer?page={page}")

    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, "page")


@pytest.mark.parametrize(
    ("condition", "expected"),
    [
        ("orderCount=2", ["two"]),
        ("orderCount=gt:0", ["one", "two"]),
        ("orderCount=gte:2", ["two"]),
        ("orderCount=lt:1", ["none"]),
        ("orderCount=lte:1", ["none", "one"]),
        ("orderCount=ne:1", ["none", "two"]),
        ("orderCount=in:0,2", ["none", "two"]),
        ("orderCount=nin:0,2", ["one"]),
        ("orderCount=btw:1|2", ["one", "two"]),
        ("lifetimeValue=gte:2000&orderCount=lt:5", ["two"]),
        ("createdAt=gte:2020-01-01", ["none", "one", "two"]),
        ("createdAt=gt:2099-01-01T00:00:00.000Z", []),
        ("q=TWO@example", ["two"]),
        ("q=nobody", []),
    ],
)
def test_filters(commerce7: Commerce7Caller, condition: str, expected: list[str]) -> None:
    for count, name in enumerate(("none", "one", "two")):
        customer = commerce7.control("POST", "customers", {"email": f"{name}@example.com", "firstName": name})
        for _ in range(count):
            commerce7.control("POST", "orders", {"customerId": customer["id"], "totalCents": 1000})

    for style in ("page=1", "cursor=start"):
        listed = commerce7.ok("GET", f"/customer?{condition}&{style}")["customers"]
        assert sorted(customer["firstName"] for customer in listed) == expected


@pytest.mark.parametrize(
    "condition", ["orderCount=gt:many", "createdAt=gt:yesterday", "orderCount=btw:1", "orderCount="]
)
def test_a_filter_that_makes_no_sense_is_refused(commerce7: Commerce7Caller, condition: str) -> None:
    response = commerce7.call("GET", f"/customer?{condition}")

    assert response.status_code == 422
    assert response.json()["errors"][0]["field"] == condition.partition("=")[0]


def test_q_is_no_search_for_equality(commerce7: Commerce7Caller) -> None:
    commerce7.customer("bigada@example.com")
    commerce7.customer("ada@example.com")

    assert commerce7.ok("GET", "/customer?q=ada@example.com")["total"] == 2


def test_customers_by_updated_at_where_it_is_supported(commerce7: Commerce7Caller) -> None:
    old = commerce7.customer("old@example.com")
    commerce7.control("PUT", "clock", {"advanceSeconds": 100})
    new = commerce7.customer("new@example.com")

    found = commerce7.ok("GET", f"/customer?updatedAt=gte:{new['updatedAt']}&cursor=start")["customers"]
    assert [customer["id"] for customer in found] == [new["id"]]
    found = commerce7.ok("GET", f"/customer?updatedAt=gte:{old['updatedAt']}")["customers"]
    assert len(found) == 2
    assert commerce7.ok("GET", "/customer?updatedAt=gte:2099-01-01T00:00:00.000Z&limit=1")["customers"] == []


def test_customers_by_updated_at_where_it_is_rejected(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "settings", {"customerUpdatedAtFilter": "rejected"})
    response = commerce7.call("GET", "/customer?updatedAt=gte:2099-01-01T00:00:00.000Z")

    assert (response.status_code, response.json()["message"]) == (422, "Invalid query param: updatedAt")


def test_customers_by_updated_at_where_it_is_ignored(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "settings", {"customerUpdatedAtFilter": "ignored"})
    commerce7.customer("ada@example.com")

    assert commerce7.ok("GET", "/customer?updatedAt=gte:2099-01-01T00:00:00.000Z")["total"] == 1


def test_orders_by_their_filters(commerce7: Commerce7Caller) -> None:
    early = commerce7.control("POST", "orders", {"email": "ada@example.com", "totalCents": 1000})
    commerce7.control("PUT", "clock", {"advanceSeconds": 100})
    late = commerce7.control("POST", "orders", {"email": "ben@example.com", "totalCents": 2000, "isPaid": False})

    def found(condition: str) -> list[str]:
        return [order["id"] for order in commerce7.ok("GET", f"/order?{condition}")["orders"]]

    assert found(f"updatedAt=gte:{late['updatedAt']}&cursor=start") == [late["id"]]
    assert found(f"orderPaidDate=lte:{early['orderPaidDate']}") == [early["id"]]
    assert found(f"customerId={early['customerId']}") == [early["id"]]
    assert found(f"id={late['id']}") == [late["id"]]
    assert found(f"q={late['orderNumber']}") == [late["id"]]
    assert found("channel=POS") == []
    order = commerce7.ok("GET", f"/order/{early['id']}")
    assert order["customer"]["emails"][0]["email"] == "ada@example.com"
    assert (order["total"], order["orderNumber"] + 1) == (1000, late["orderNumber"])


def test_an_order_outlives_its_customer(commerce7: Commerce7Caller) -> None:
    order = commerce7.control("POST", "orders", {"email": "ada@example.com", "totalCents": 1000})
    commerce7.call("DELETE", f"/customer/{order['customerId']}")

    assert commerce7.ok("GET", f"/order/{order['id']}")["customer"] is None
