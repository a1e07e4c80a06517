"""The control surface: the shop's staff, its buyers, and what a test may ask of a double."""

import time
from typing import Any

import pytest

from tests.support.commerce7 import Commerce7Caller


def test_staff_adds_a_customer(commerce7: Commerce7Caller) -> None:
    fields = {
        "email": "ada@example.com",
        "firstName": "Ada",
        "lastName": "Hill",
        "phone": "(707) 555-0134",
        "tags": ["VIP"],
    }
    customer = commerce7.control("POST", "customers", fields)

    assert commerce7.ok("GET", f"/customer/{customer['id']}") == customer
    assert customer["emails"][0]["email"] == "ada@example.com"
    assert customer["phones"][0]["phone"] == "+17075550134"
    assert [tag["title"] for tag in customer["tags"]] == ["VIP"]


def test_staff_changes_what_is_named_and_nothing_else(commerce7: Commerce7Caller) -> None:
    before = commerce7.control(
        "POST", "customers", {"emails": ["a@example.com", "b@example.com"], "tags": ["VIP"], "firstName": "Ada"}
    )
    after = commerce7.control("PATCH", f"customers/{before['id']}", {"email": "c@example.com", "phone": "+17075550134"})

    assert [entry["email"] for entry in after["emails"]] == ["c@example.com", "b@example.com"]
    assert after["emails"][1] == before["emails"][1]
    assert after["firstName"] == "Ada"
    assert after["tags"] == before["tags"]
    assert after["updatedAt"] > before["updatedAt"]


def test_null_takes_a_phone_and_tags_away(commerce7: Commerce7Caller) -> None:
    fields = {"email": "a@example.com", "phones": ["+17075550134", "+17075550135"], "tags": ["VIP"]}
    customer = commerce7.control("POST", "customers", fields)
    after = commerce7.control("PATCH", f"customers/{customer['id']}", {"phone": None, "tags": None})

    assert [entry["phone"] for entry in after["phones"]] == ["+17075550135"]
    assert after["tags"] == []


def test_staff_deletes_a_customer(commerce7: Commerce7Caller) -> None:
    customer = commerce7.customer("ada@example.com")
    commerce7.control("DELETE", f"customers/{customer['id']}")

    assert commerce7.call("GET", f"/customer/{customer['id']}").status_code == 404
    commerce7.customer("ada@example.com")


def test_a_buyer_orders(commerce7: Commerce7Caller) -> None:
    customer = commerce7.customer("ada@example.com")
    placed = {"customerId": customer["id"], "totalCents": 12_345, "placedAt": "2026-03-01T10:00:00+01:00"}
    order = commerce7.control("POST", "orders", placed)

    assert (order["total"], order["customerId"]) == (12_345, customer["id"])
    assert order["orderSubmittedDate"] == "2026-03-01T09:00:00.000Z"
    figures = commerce7.ok("GET", f"/customer/{customer['id']}")["orderInformation"]
    assert (figures["orderCount"], figures["lifetimeValue"], figures["lastOrderId"]) == (1, 12_345, order["id"])


def test_a_new_buyer_becomes_a_customer(commerce7: Commerce7Caller) -> None:
    order = commerce7.control("POST", "orders", {"email": "new@example.com", "totalCents": 1})

    assert commerce7.ok("GET", f"/customer/{order['customerId']}")["emails"][0]["email"] == "new@example.com"


def test_orders_that_were_not_paid_or_cancelled_say_so(commerce7: Commerce7Caller) -> None:
    fields = {"email": "ada@example.com", "totalCents": 5}
    unpaid = commerce7.control("POST", "orders", {**fields, "isPaid": False})
    cancelled = commerce7.control("POST", "orders", {**fields, "isCancelled": True})

    assert (unpaid["paymentStatus"], unpaid["orderPaidDate"]) == ("Authorized", None)
    assert cancelled["paymentStatus"] == "Cancelled"
    assert commerce7.state()["customers"][0]["orderInformation"]["orderCount"] == 1


def test_a_refund_is_an_order_of_its_own_with_a_negative_total(commerce7: Commerce7Caller) -> None:
    order = commerce7.control("POST", "orders", {"email": "ada@example.com", "totalCents": 500})
    some = commerce7.control("POST", "refunds", {"orderId": order["id"], "totalCents": 200})

    assert (some["purchaseType"], some["previousOrderId"], some["total"]) == ("Refund", order["id"], -200)
    assert some["customer"]["orderInformation"]["orderCount"] == 1
    assert some["customer"]["orderInformation"]["lifetimeValue"] == 300
    for refused in ({"orderId": order["id"], "totalCents": 501}, {"orderId": some["id"]}):
        response = commerce7.partner.control("POST", "refunds", refused)
        assert (response.status_code, response.json()["fields"]) == (422, ["totalCents"])
    assert commerce7.partner.control("POST", "refunds", {"orderId": "nothing"}).status_code == 404


def test_tens_of_thousands_are_seeded_at_once(commerce7: Commerce7Caller) -> None:
    commerce7.control("POST", "seed", {"customers": 20_000, "orders": 10_000})
    commerce7.control("POST", "seed", {"customers": 3, "orders": 7})

    state = commerce7.control("GET", "state?limit=5")
    assert state["counts"]["customers"] == 20_003
    assert state["counts"]["orders"] == 10_007
    assert len(state["customers"]) == len(state["orders"]) == 5
    assert state["webhooks"]["created"] == 0
    assert commerce7.ok("GET", "/customer?q=seeded-20003@example.com")["total"] == 1


def test_orders_cannot_be_seeded_without_anybody_to_place_them(commerce7: Commerce7Caller) -> None:
    response = commerce7.partner.control("POST", "seed", {"orders": 5})

    assert (response.status_code, response.json()["fields"]) == (422, ["orders"])


def test_a_reset_forgets_all_but_the_credentials(commerce7: Commerce7Caller) -> None:
    fresh = commerce7.state()
    commerce7.customer("ada@example.com")
    commerce7.control("PUT", "faults", {"mode": "status"})
    commerce7.control("PUT", "webhooks", {"drop": 0.5})
    commerce7.control("PUT", "settings", {"promotionAudience": "Group"})
    commerce7.control("PUT", "clock", {"advanceSeconds": 1e6})
    commerce7.control("POST", "reset")

    state = commerce7.state()
    assert abs(time.time() - _seconds(state)) < 60
    assert {name: value for name, value in state.items() if name != "clock"} == {
        name: value for name, value in fresh.items() if name != "clock"
    }


def _seconds(state: Any) -> float:
    from datetime import datetime

    return datetime.fromisoformat(state["clock"]["now"]).timestamp()


def test_the_clock_moves_on_and_runs_faster(commerce7: Commerce7Caller) -> None:
    before = _seconds(commerce7.state())
    commerce7.control("PUT", "clock", {"advanceSeconds": 3600})
    moved = _seconds(commerce7.state())
    commerce7.control("PUT", "clock", {"speed": 1000})
    time.sleep(0.2)
    run = _seconds(commerce7.state())

    assert 3600 <= moved - before < 3660
    assert run - moved > 190


@pytest.mark.parametrize(
    ("method", "path", "content", "field"),
    [
        ("POST", "customers", {}, "email"),
        ("POST", "customers", {"email": "no address"}, "emails[0].email"),
        ("POST", "customers", {"email": "a@example.com", "phone": "5"}, "phones[0].phone"),
        ("POST", "customers", {"email": "a@example.com", "emails": ["b@example.com"]}, "email"),
        ("POST", "customers", {"email": "a@example.com", "first_name": "Ada"}, "first_name"),
        ("POST", "customers", {"email": 5}, "email"),
        ("POST", "orders", {"totalCents": 5}, "customerId"),
        ("POST", "orders", {"totalCents": 5, "email": "a@example.com", "customerId": "x"}, "customerId"),
        ("POST", "orders", {"email": "a@example.com"}, "totalCents"),
        ("POST", "orders", {"email": "a@example.com", "totalCents": -1}, "totalCents"),
        ("POST", "orders", {"email": "a@example.com", "totalCents": 1, "placedAt": "2026-03-01T10:00:00"}, "placedAt"),
        ("POST", "orders", {"email": "nobody", "totalCents": 1}, "emails[0].email"),
        ("POST", "seed", {"customers": -1}, "customers"),
        ("POST", "seed", {"people": 1}, "people"),
        ("PUT", "webhooks", {"drop": 2}, "drop"),
        ("PUT", "webhooks", {"lose": True}, "lose"),
        ("PUT", "clock", {"speed": 0}, "speed"),
        ("PUT", "clock", {"advanceSeconds": -5}, "advanceSeconds"),
        ("PUT", "settings", {"customerUpdatedAtFilter": "perhaps"}, "customerUpdatedAtFilter"),
        ("PUT", "settings", {"requestsPerMinute": None}, "requestsPerMinute"),
        ("POST", "bulk-tag", {"tag": "VIP", "customerIds": []}, "customerIds"),
        ("GET", "state?limit=few", None, "limit"),
        ("GET", "checkout", None, "email"),
    ],
)
def test_bad_input_is_refused_by_name(
    commerce7: Commerce7Caller, method: str, path: str, content: Any, field: str
) -> None:
    response = commerce7.partner.control(method, path, content)

    assert response.status_code == 422
    assert response.json()["fields"] == [field]
    assert field in response.json()["message"]


@pytest.mark.parametrize("content", [[], "text", None, 5])
def test_a_body_that_is_no_object_is_refused(commerce7: Commerce7Caller, content: Any) -> None:
    response = commerce7.partner.control("POST", "customers", content)

    assert response.status_code == 422
    assert "JSON" in response.json()["message"]


@pytest.mark.parametrize(
    ("method", "path", "content"),
    [
        ("PATCH", "customers/nobody", {"firstName": "Ada"}),
        ("DELETE", "customers/nobody", None),
        ("POST", "orders", {"customerId": "nobody", "totalCents": 5}),
        ("POST", "bulk-tag", {"tag": "VIP", "customerIds": ["nobody"]}),
    ],
)
def test_an_unknown_id_is_a_404(commerce7: Commerce7Caller, method: str, path: str, content: Any) -> None:
    assert commerce7.partner.control(method, path, content).status_code == 404


def test_a_taken_email_is_refused(commerce7: Commerce7Caller) -> None:
    commerce7.control("POST", "customers", {"email": "ada@example.com"})
    response = commerce7.partner.control("POST", "customers", {"email": "ADA@example.com"})

    assert (response.status_code, response.json()["fields"]) == (422, ["emails"])
