"""Invariant 8: no secret or personal datum in a log line or an error message.

Every value that a caller sends here, and every one that is stored, holds a word that occurs nowhere else. Whatever
happens to the call, that word must not be found in what the functions have logged, nor in the error that they answer.
"""

import json
import re
import time
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

import httpx
import jwt
import pytest

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE, WORK_TABLE_VARIABLE
from infra.local.hub import Hub
from tests.e2e.operator_command import issue_key, register_tenant

LOGGED_WITHIN_S = 20
CANARY = f"canary{uuid.uuid4().hex}"
EMAIL = f"{CANARY}@example.com"
NATIONAL = f"415{2_000_000 + uuid.uuid4().int % 7_000_000}"
PHONE = f"+1{NATIONAL}"
SECRET = f"{CANARY}_____"
"""As long as the secret of a service key."""
UNREACHABLE = "http://127.0.0.1:9"
"""Nobody listens on the discard port."""


@dataclass(frozen=True)
class Scene:
    """A fresh tenant, a backend of it, and the hub behind its back."""

    hub: Hub
    client: httpx.Client
    tenant: str
    key: str

    def post(self, content: str | bytes, **headers: str) -> httpx.Response:
        """Send any body to customer-management."""
        own = {"Authorization": f"Bearer {self.key}"}
        return self.client.post("/functions/v1/customer-management", content=content, headers=own | headers)

    def say(self, **fields: Any) -> httpx.Response:
        """Find, create or merge."""
        return self.post(json.dumps(fields))

    def send_code(self, **fields: Any) -> httpx.Response:
        """Ask for a one-time code."""
        return self.client.post("/api/verifications", json=fields, headers={"Authorization": f"Bearer {self.key}"})

    def answer_code(self, verification: str, **fields: Any) -> httpx.Response:
        """Answer a one-time code."""
        own = {"Authorization": f"Bearer {self.key}"}
        return self.client.post(f"/api/verifications/{verification}", json=fields, headers=own)

    def codes(self, to: str) -> list[str]:
        """The codes that were sent to an address or a number, the newest first."""
        response = self.client.get("/local/outbox", params={"to": to}).raise_for_status()
        return [message["text"][:6] for message in response.json()["messages"]]

    def get(self, customer: str) -> httpx.Response:
        """Read a customer."""
        return self.present(f"Bearer {self.key}", customer)

    def present(self, authorization: str, customer: str = "x") -> httpx.Response:
        """Call with any credential."""
        return self.client.get(f"/api/customers/{customer}", headers={"Authorization": authorization})

    def store(self, table: str, partition: str, sort: str, **item: Any) -> None:
        """Write an item that the product would never write."""
        key = {"PK": {"S": partition}, "SK": {"S": sort}}
        self.hub.emulator.client("dynamodb").put_item(TableName=self.hub.tables[table], Item=key | item)


def everything(scene: Scene) -> httpx.Response:
    return scene.say(
        email=EMAIL,
        phone=PHONE,
        authUserId=CANARY,
        firstName=CANARY,
        lastName=CANARY,
        allergies=[CANARY],
        preferences={CANARY: CANARY},
        address={"line1": CANARY},
        source="chatbot",
    )


def several_accounts(scene: Scene) -> httpx.Response:
    email, phone = f"web.{EMAIL}", f"{PHONE} ext. 7"
    scene.say(email=email, firstName=CANARY)
    scene.say(phone=phone, firstName=CANARY)
    return scene.say(email=email, phone=phone)


def idempotency_key_used_again(scene: Scene) -> httpx.Response:
    key = {"Idempotency-Key": CANARY}
    scene.post(json.dumps({"email": EMAIL}), **key)
    return scene.post(json.dumps({"phone": PHONE}), **key)


def right_code(scene: Scene) -> httpx.Response:
    """Of the message that goes out for this call."""
    verification = scene.send_code(email=EMAIL).json()["verificationId"]
    return scene.answer_code(verification, code=scene.codes(EMAIL)[0])


def wrong_code(scene: Scene) -> httpx.Response:
    """One more than the code that was sent."""
    verification = scene.send_code(phone=PHONE).json()["verificationId"]
    return scene.answer_code(verification, code=f"{(int(scene.codes(PHONE)[0]) + 1) % 10**6:06}")


def too_many_codes(scene: Scene) -> httpx.Response:
    """Eleven are too many for every hour that they may fall into."""
    return [scene.send_code(email=f"often.{EMAIL}") for _ in range(11)][-1]


def crash_of_the_function(scene: Scene) -> httpx.Response:
    """On a stored item; the message of the error quotes it."""
    values = {name: {"S": CANARY} for name in ("tenant", "id", "status")}
    key = f"T#{scene.tenant}#C#broken"
    scene.store(CUSTOMERS_TABLE_VARIABLE, key, "PROFILE", version={"N": "1"}, identifiers={"L": []}, **values)
    return scene.get("broken")


def crash_of_the_authorizer(scene: Scene) -> httpx.Response:
    """On settings without a region."""
    tenant, key_id = f"broken-{CANARY[-8:]}", "0" * 16
    scene.store(WORK_TABLE_VARIABLE, f"AUTH#TENANT#{tenant}", "SETTINGS", id={"S": tenant}, name={"S": CANARY})
    scene.store(WORK_TABLE_VARIABLE, f"AUTH#TENANT#{tenant}", f"KEY#{key_id}", secret_hash={"S": CANARY})
    return scene.present(f"Bearer hub_{tenant}_{key_id}_{SECRET}")


def forged_token(issuer: str) -> str:
    """Anybody could make it: the identity provider does not know its key."""
    claims = {"iss": issuer, "sub": CANARY, "email": EMAIL, "phone_number": PHONE}
    return "Bearer " + jwt.encode(claims, CANARY, algorithm="HS256", headers={"kid": CANARY})


CALLS: dict[str, tuple[int, Callable[[Scene], httpx.Response]]] = {
    "a new customer": (200, everything),
    "the same in another spelling": (
        200,
        lambda s: s.say(email=EMAIL.upper(), phone=f"({NATIONAL[:3]}) {NATIONAL[3:]}"),
    ),
    "several accounts": (409, several_accounts),
    "a shared phone": (409, lambda s: s.say(phone=PHONE, email=f"other.{EMAIL}", firstName=f"other{CANARY}")),
    "an idempotency key used again": (422, idempotency_key_used_again),
    "no JSON": (400, lambda s: s.post(f'{{"email": "{EMAIL}"')),
    "no text": (400, lambda s: s.post(f'{{"email": "{EMAIL}"'.encode() + b"\xff")),
    "values of other types": (422, lambda s: s.say(email=[EMAIL], phone={"a": PHONE}, firstName=[CANARY])),
    "a field that does not exist": (422, lambda s: s.say(mail=EMAIL)),
    "a name that is too long": (422, lambda s: s.say(email=EMAIL, firstName=CANARY * 9)),
    "no e-mail address": (422, lambda s: s.say(email=f"{CANARY}@@example.com")),
    "no phone": (422, lambda s: s.say(phone=CANARY)),
    "a phone that is too long": (422, lambda s: s.say(phone=PHONE * 2)),
    "a body that is too large": (413, lambda s: s.say(firstName=CANARY * 2000)),
    "an id that does not exist": (404, lambda s: s.get(EMAIL)),
    "a query": (404, lambda s: s.get(f"x?email={EMAIL}")),
    "a code by e-mail": (202, lambda s: s.send_code(email=EMAIL)),
    "a code by text message": (202, lambda s: s.send_code(phone=PHONE)),
    "the right code": (200, right_code),
    "a wrong code": (422, wrong_code),
    "a code for a verification that does not exist": (404, lambda s: s.answer_code(CANARY, code="123456")),
    "a code that is none": (422, lambda s: s.answer_code(CANARY, code=CANARY)),
    "too many codes": (429, too_many_codes),
    "no address for a code": (422, lambda s: s.send_code(email=f"{CANARY}@@example.com")),
    "no number for a code": (422, lambda s: s.send_code(phone=CANARY)),
    "a crash of the function": (500, crash_of_the_function),
    "a crash of the authorizer": (500, crash_of_the_authorizer),
    "a service key that does not exist": (401, lambda s: s.present(f"Bearer hub_{s.tenant}_{'0' * 16}_{SECRET}")),
    "no credential that we know": (401, lambda s: s.present(f"Bearer {CANARY}")),
    "no bearer": (401, lambda s: s.present(f"Basic {CANARY}")),
    "a token of nobody we know": (401, lambda s: s.present(forged_token(f"https://{CANARY}.example.com"))),
    "a forged token": (401, lambda s: s.present(forged_token(s.hub.tenants[0].issuer))),
    "a key set that cannot be fetched": (500, lambda s: s.present(forged_token(UNREACHABLE))),
}


@pytest.fixture(scope="module")
def scene(stack: Hub) -> Iterator[Scene]:
    tenant = f"privacy-{uuid.uuid4().hex[:8]}"
    register_tenant(stack, tenant, "--issuer", UNREACHABLE, "--jwks-url", f"{UNREACHABLE}/jwks", "--audience", "hub")
    with httpx.Client(base_url=stack.base_url, timeout=60, trust_env=False) as client:
        yield Scene(stack, client, tenant, issue_key(stack, tenant))


@pytest.fixture(scope="module")
def responses(scene: Scene) -> dict[str, httpx.Response]:
    """The answer to each of the calls, which are made once, in order."""
    return {name: call(scene) for name, (_, call) in CALLS.items()}


@pytest.fixture(scope="module")
def log(scene: Scene, responses: dict[str, httpx.Response]) -> str:
    """What the functions have logged, once the last call is among it."""
    last = scene.say().json()["requestId"]
    deadline = time.monotonic() + LOGGED_WITHIN_S
    while last not in (text := "\n".join(scene.hub.function_logs())):
        assert time.monotonic() < deadline, "the last call was not logged"
        time.sleep(0.1)
    return text


@pytest.mark.parametrize("name", CALLS)
def test_a_call_ends_as_it_should(responses: dict[str, httpx.Response], name: str) -> None:
    assert responses[name].status_code == CALLS[name][0], responses[name].text


@pytest.mark.parametrize("name", [name for name, (status, _) in CALLS.items() if status not in (200, 202, 409)])
def test_no_error_repeats_what_was_sent(responses: dict[str, httpx.Response], name: str) -> None:
    """Invariant 8. A conflict does tell a backend whose accounts it found."""
    assert personal_data_in(responses[name].text) == []
    assert personal_data_in(str(responses[name].headers)) == []


def test_every_kind_of_line_was_logged(log: str, responses: dict[str, httpx.Response]) -> None:
    """Or else finding nothing in them would prove nothing."""
    for message in ("authenticated", "refused", "answered", "unforeseen", "Traceback", "KeySetUnavailable"):
        assert message in log
    assert responses["a crash of the function"].json()["requestId"] in log
    assert "GET /api/customers/{customerId}" in log


def test_no_line_holds_personal_data(log: str) -> None:
    """Invariant 8."""
    assert [line for line in log.splitlines() if personal_data_in(line)] == []


def test_no_line_holds_a_credential(log: str, scene: Scene) -> None:
    """Invariant 8."""
    secrets = [scene.key, *(tenant.service_key for tenant in scene.hub.tenants)]
    assert [secret for secret in secrets if secret[-43:] in log] == []  # of which an underscore can be a part
    # Every token that was sent begins like this one: the Base64 of `{"alg":`.
    assert "eyJhbGciOi" not in log


def test_no_line_holds_a_one_time_code(log: str, scene: Scene) -> None:
    """Invariant 8. A code is a run of digits of its own, unlike those within ids and times."""
    codes = [code for to in (EMAIL, PHONE, f"often.{EMAIL}") for code in scene.codes(to)]
    assert len(codes) > 8
    assert "POST /api/verifications/{verificationId}" in log
    assert [code for code in codes if re.search(rf"(?<![0-9a-zA-Z.,-]){code}(?![0-9a-zA-Z-])", log)] == []


def personal_data_in(text: str) -> list[str]:
    """What was found of the data that only these calls hold, in any spelling of the phone."""
    digits = re.sub(r"(?<=\d)[ ().-]+(?=\d)", "", text)
    return [found for found in (CANARY, NATIONAL) if found in text.lower() or found in digits]
