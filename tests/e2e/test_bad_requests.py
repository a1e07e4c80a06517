"""Bad bodies of every kind get a 4xx that names the field, and never a 5xx."""

import json
from collections.abc import Iterator
from typing import Any

import httpx
import pytest

from infra.local.hub import Hub

EMAIL = {"email": "bad.requests@example.com"}
LONG = "x" * 300

# What no caller could have meant as JSON.
UNREADABLE: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \n",
    "a form": b"phone=%2B14155552671",
    "half an object": b'{"email": "bad',
    "two objects": b"{} {}",
    "a comma too many": b'{"email": "bad.requests@example.com",}',
    "a thousand arrays": b'{"preferences": ' + b"[" * 1000 + b"]" * 1000 + b"}",
    "a number of 5000 digits": b'{"preferences": {"a": ' + b"1" * 5000 + b"}}",
    "half a surrogate pair": b'{"email": "\\ud83d@example.com"}',
    "a surrogate in UTF-8": b'{"email": "\xed\xa0\x80@example.com"}',
    "bytes that are no UTF-8": b'{"email": "\xff\xfe"}',
    "a NUL byte": b'{"email": "bad\x00@example.com"}',
    "a byte order mark": b'\xef\xbb\xbf{"email": "bad.requests@example.com"}',
    "UTF-16": '{"email": "bad.requests@example.com"}'.encode("utf-16"),
    "gzip": bytes.fromhex("1f8b0800000000000003"),
}

# JSON, but not what the field takes: name, field at fault, body.
REFUSED: list[tuple[str, str, Any]] = [
    ("an array", "body", []),
    ("a text", "body", "email"),
    ("a number", "body", 1),
    ("null", "body", None),
    ("an empty object", "phone", {}),
    ("blank identifiers", "phone", {"phone": " ", "email": "", "authUserId": None}),
    ("an unknown field", "tenantId", EMAIL | {"tenantId": "demo-store"}),
    ("a field in snake case", "first_name", EMAIL | {"first_name": "Ann"}),
    ("an unknown line of an address", "address.planet", EMAIL | {"address": {"planet": "Earth"}}),
    ("a number as a line of an address", "address.city", EMAIL | {"address": {"city": 1}}),
    ("a number among allergies", "allergies.0", EMAIL | {"allergies": [1]}),
    ("51 allergies", "allergies", EMAIL | {"allergies": ["nuts"] * 51}),
    ("51 preferences", "preferences", EMAIL | {"preferences": {str(number): 1 for number in range(51)}}),
    ("not a number", "preferences", EMAIL | {"preferences": {"a": float("nan")}}),
    ("infinity", "preferences", EMAIL | {"preferences": {"a": [float("inf")]}}),
    ("a source with a space", "source", EMAIL | {"source": "web app"}),
    ("no address", "email", {"email": "ann"}),
    ("two addresses", "email", {"email": "ann@example.com, bob@example.com"}),
    ("a NUL in an address", "email", {"email": "a\0@example.com"}),
    ("letters for a phone", "phone", {"phone": "call me"}),
    ("a phone that is too short", "phone", {"phone": "+1415"}),
    ("a NUL in a phone", "phone", {"phone": "+1415\x005552671"}),
    ("a placeholder", "email", {"email": "chatbot_temp@temp.local"}),
    ("a field's value a hundred levels deep", "phone", {"phone": json.loads("[" * 100 + "]" * 100)}),
]

TYPES: dict[str, tuple[Any, ...]] = {
    **dict.fromkeys(("phone", "email", "firstName", "lastName", "authUserId", "source"), (1, True, [], {}, [1], LONG)),
    **dict.fromkeys(("mergeIfFound", "samePerson"), (1, "true", [], {})),
    "allergies": (1, True, {}, LONG),
    "preferences": (1, True, "red"),
    "address": (1, True, [], LONG),
}
"""What each field does not take."""


@pytest.fixture(scope="module")
def client(stack: Hub) -> Iterator[httpx.Client]:
    headers = {"Authorization": f"Bearer {stack.tenants[1].service_key}"}
    with httpx.Client(base_url=stack.base_url, headers=headers, timeout=60, trust_env=False) as client:
        yield client


def send(client: httpx.Client, content: bytes, **headers: str) -> httpx.Response:
    return client.post("/functions/v1/customer-management", content=content, headers=headers)


def assert_refused(response: httpx.Response, status: int, field: str) -> None:
    assert (response.status_code, response.json().get("field")) == (status, field), response.text


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_is_no_json_is_refused_as_a_whole(client: httpx.Client, name: str) -> None:
    assert_refused(send(client, UNREADABLE[name]), 400, "body")


@pytest.mark.parametrize(("field", "body"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED])
def test_what_a_field_does_not_take_is_refused_by_its_name(client: httpx.Client, field: str, body: Any) -> None:
    assert_refused(send(client, json.dumps(body).encode()), 422, field)


@pytest.mark.parametrize(
    ("field", "value"), [(field, value) for field, values in TYPES.items() for value in values], ids=repr
)
def test_a_value_of_another_type_is_refused(client: httpx.Client, field: str, value: Any) -> None:
    assert_refused(send(client, json.dumps(EMAIL | {field: value}).encode()), 422, field)


def test_all_fields_at_fault_are_named(client: httpx.Client) -> None:
    response = send(client, json.dumps({"phone": 1, "email": [], "frstName": "Ann"}).encode())
    assert {error["field"] for error in response.json()["errors"]} == {"phone", "email", "frstName"}


@pytest.mark.parametrize("size", [66_000, 5_000_000])
def test_a_body_that_is_too_large_is_refused(client: httpx.Client, size: int) -> None:
    assert_refused(send(client, b'{"firstName": "' + b"x" * size + b'"}'), 413, "body")


@pytest.mark.parametrize("key", ["", "x" * 256, "caf\N{LATIN SMALL LETTER E WITH ACUTE}"], ids=["no", "long", "accent"])
def test_a_bad_idempotency_key_is_refused(client: httpx.Client, key: str) -> None:
    body = json.dumps(EMAIL).encode()
    response = client.post(
        "/functions/v1/customer-management", content=body, headers=[(b"Idempotency-Key", key.encode())]
    )
    assert_refused(response, 422, "Idempotency-Key")


def test_of_a_field_given_twice_the_last_counts(client: httpx.Client) -> None:
    """As in every common JSON parser; the fingerprint of an idempotency key reads the body in the same way."""
    assert_refused(send(client, b'{"email": "bad.requests@example.com", "email": 1}'), 422, "email")
    accepted = send(client, b'{"email": 1, "email": "bad.requests@example.com"}')
    assert accepted.json()["customer"]["email"] == "bad.requests@example.com"


@pytest.mark.parametrize("customer", ["%00", "%FF", "%ED%A0%80", "%F0%9F%8D%B7", "x" * 3000, "..%2f..", "' OR 1=1"])
def test_an_id_of_any_kind_is_an_id_that_does_not_exist(client: httpx.Client, customer: str) -> None:
    assert client.get(f"/api/customers/{customer}").status_code == 404


@pytest.mark.parametrize(
    "authorization",
    [b"Bearer", b"Bearer \xff\xfe", b"Bearer " + b"x" * 9000, b"Bearer a.b.c", b"Bearer eyJhbGciOiJub25lIn0.W10."],
    ids=["empty", "no text", "long", "no token", "a token that is an array"],
)
def test_a_credential_of_any_kind_is_refused(client: httpx.Client, authorization: bytes) -> None:
    assert client.get("/api/customers/x", headers=[(b"Authorization", authorization)]).status_code == 401
