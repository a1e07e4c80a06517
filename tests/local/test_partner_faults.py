"""Faults that a double is told to have: what a caller sees of them, and what they leave behind."""

import time
from typing import Any

import httpx
import pytest

from tests.support.commerce7 import Commerce7Caller

NEW = {"emails": [{"email": "ada@example.com"}]}


def create(commerce7: Commerce7Caller) -> httpx.Response:
    return commerce7.call("POST", "/customer", NEW)


def customers(commerce7: Commerce7Caller) -> int:
    count: int = commerce7.state()["counts"]["customers"]
    return count


def test_a_status_is_answered_without_effect(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "status", "status": 502, "retryAfter": 7})

    response = create(commerce7)

    assert (response.status_code, response.headers["retry-after"]) == (502, "7")
    assert response.json()["statusCode"] == 502
    assert customers(commerce7) == 0


def test_a_status_is_503_unless_another_one_is_asked_for(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "status"})

    response = create(commerce7)

    assert response.status_code == 503
    assert "retry-after" not in response.headers


def test_a_connection_dropped_before_has_no_effect(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "before"})

    with pytest.raises(httpx.TransportError):
        create(commerce7)
    assert customers(commerce7) == 0


def test_a_connection_dropped_after_has_had_its_effect(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "after"})

    with pytest.raises(httpx.TransportError):
        create(commerce7)
    assert customers(commerce7) == 1


def test_a_slow_answer_comes_late_and_its_effect_at_once(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "slow", "delayMs": 700})
    started = time.monotonic()

    with pytest.raises(httpx.ReadTimeout):
        commerce7.call("POST", "/customer", NEW, timeout=0.3)
    assert customers(commerce7) == 1
    assert commerce7.call("GET", "/customer").status_code == 200
    assert time.monotonic() - started >= 1.0


def test_a_revoked_credential_is_refused_in_the_partners_words(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "revoked"})

    response = create(commerce7)

    assert response.status_code == 401
    assert response.json() == {
        "statusCode": 401,
        "type": "unauthorized",
        "message": "Unauthorized user",
        "errors": [],
    }


def test_a_fault_strikes_as_often_as_it_is_told(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "status", "count": 2})

    assert [create(commerce7).status_code for _ in range(3)] == [503, 503, 201]


@pytest.mark.parametrize(
    "which", [{"operation": "POST /customer"}, {"operation": "POST /cust*"}, {"path": "/v1/cust*"}]
)
def test_a_fault_strikes_what_it_is_told(commerce7: Commerce7Caller, which: dict[str, str]) -> None:
    commerce7.control("PUT", "faults", {"mode": "status", **which})

    assert create(commerce7).status_code == 503
    assert commerce7.call("POST", "/tag/customer", {"title": "t", "type": "Manual"}).status_code == 201


def test_the_same_seed_strikes_the_same_calls(commerce7: Commerce7Caller) -> None:
    def strikes() -> list[int]:
        commerce7.control("PUT", "faults", {"mode": "status", "rate": 0.3, "seed": 7})
        return [commerce7.call("GET", "/customer?cursor=start").status_code for _ in range(200)]

    first = strikes()

    assert first == strikes()
    assert 30 < first.count(503) < 90


def test_the_first_of_several_faults_that_strikes_decides(commerce7: Commerce7Caller) -> None:
    faults = [
        {"mode": "status", "status": 500, "operation": "GET /tag/customer"},
        {"mode": "status", "status": 502, "count": 1},
    ]
    commerce7.control("PUT", "faults", faults)

    assert commerce7.call("GET", "/tag/customer").status_code == 500
    assert [create(commerce7).status_code for _ in range(2)] == [502, 201]


def test_everything_works_again_without_faults(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "before"})
    commerce7.control("DELETE", "faults")

    assert create(commerce7).status_code == 201
    assert commerce7.control("GET", "faults") == {"faults": []}


def test_the_control_surface_has_no_faults_and_is_not_counted(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "before"})
    commerce7.state()
    state = commerce7.state()

    assert state["requests"]["total"] == 0
    assert state["faults"] == [{"mode": "before", "left": None}]


def test_struck_calls_are_counted(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "after", "count": 1})
    with pytest.raises(httpx.TransportError):
        create(commerce7)
    commerce7.call("GET", "/customer")

    requests = commerce7.state()["requests"]
    assert requests == {
        "total": 2,
        "throttled": 0,
        "byOperation": {"POST /customer": 1, "GET /customer": 1},
        "byStatus": {"none": 1, "200": 1},
        "byFault": {"after": 1},
    }
    latest = commerce7.control("GET", "requests?limit=2")["requests"]
    assert [(call["operation"], call["status"], call["fault"]) for call in latest] == [
        ("POST /customer", None, "after"),
        ("GET /customer", 200, None),
    ]


@pytest.mark.parametrize(
    ("fault", "field"),
    [
        ({}, "mode"),
        ({"mode": "broken"}, "mode"),
        ({"mode": "status", "status": 200}, "status"),
        ({"mode": "status", "rate": 1.5}, "rate"),
        ({"mode": "status", "count": 0}, "count"),
        ({"mode": "slow", "delayMs": -1}, "delayMs"),
        ({"mode": "status", "nonsense": 1}, "nonsense"),
        ([{"mode": "before"}, {"mode": "after", "what": 1}], "what"),
    ],
)
def test_a_fault_that_makes_no_sense_is_refused_by_name(commerce7: Commerce7Caller, fault: Any, field: str) -> None:
    response = commerce7.partner.control("PUT", "faults", fault)

    assert response.status_code == 422
    assert response.json()["fields"] == [field]
    assert commerce7.control("GET", "faults") == {"faults": []}


def test_what_does_not_concern_its_mode_is_without_effect(commerce7: Commerce7Caller) -> None:
    commerce7.control("PUT", "faults", {"mode": "before", "status": 503, "rate": 1})

    with pytest.raises(httpx.TransportError):
        create(commerce7)
