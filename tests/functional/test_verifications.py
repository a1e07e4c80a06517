"""One-time codes over the real tables: sent within their limits, used once, and taking effect at once."""

from collections.abc import Callable
from typing import Any

import pytest

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE
from customerhub.domain.caller import Scope
from customerhub.domain.identifier import Claim, Grade, IdentifierKey, Kind
from customerhub.errors import InvalidInput, RetryLater
from customerhub.store import keys
from customerhub.store.claims import from_tombstone
from customerhub.store.table import IF_ABSENT, Database, Put
from infra.local.tables import DynamoDBTables
from tests.bench.dynamodb_meter import DynamoDBMeter
from tests.support.audit import audit
from tests.support.code_desk import CodeDesk, user_of
from tests.support.faults import FAILURES, FailingClient
from tests.support.till import fresh_tenant, service

EMAIL, PHONE = "john@example.com", "+17075550123"


@pytest.fixture
def desk(dynamodb_tables: DynamoDBTables) -> CodeDesk:
    """The desk of a fresh tenant over the shared tables."""
    return CodeDesk(dynamodb_tables)


@pytest.mark.parametrize(
    ("given", "channel", "masked", "to", "kind", "value"),
    [
        ({"email": "John@Example.com"}, "email", "J***@e***.com", "John@example.com", Kind.EMAIL, EMAIL),
        ({"phone": "(707) 555-0123"}, "sms", "***23", PHONE, Kind.PHONE, PHONE),
    ],
)
def test_what_a_code_proves_is_verified_at_once(
    desk: CodeDesk, given: dict[str, str], channel: str, masked: str, to: str, kind: Kind, value: str
) -> None:
    caller = service(desk.tenant)
    sent = desk.send(caller, **given)
    assert sent.status == 202
    assert (sent.body["channel"], sent.body["sentTo"]) == (channel, masked)
    assert sent.body["expiresAt"] == "2026-11-21T10:10:00+00:00"
    assert [recipient for recipient, _ in desk.outbox.sent] == [to]
    answered = desk.answer(sent, desk.outbox.code, caller)
    assert answered.body["verified"] is True
    assert answered.customer["isNewAccount"]
    assert owner(desk, kind, value).grade is Grade.VERIFIED


def test_a_user_is_linked_by_what_was_proven(desk: CodeDesk) -> None:
    customer = desk.manage(service(desk.tenant), phone=PHONE, firstName="John", source="chatbot").customer
    caller = user_of(desk.tenant)
    assert desk.manage(caller, phone=PHONE).status == 409
    linked = desk.prove(caller, phone=PHONE).customer
    assert (linked["id"], linked["authUserId"]) == (customer["id"], "user")
    assert linked["accountSources"] == ["chatbot"], "a proof says nothing of where the person came from"
    assert desk.manage(caller).customer["id"] == customer["id"]


def test_accounts_are_merged_on_request_only_within_the_proofs_hour(desk: CodeDesk) -> None:
    """Invariant 7: the proof is what opens the other account, to the one who gave it, as long as it holds."""
    other = desk.manage(service(desk.tenant), phone=PHONE).customer
    caller = user_of(desk.tenant)
    own = desk.manage(caller).customer
    answered = desk.prove(caller, phone=PHONE)
    assert answered.status == 200
    assert "customer" not in answered.body
    assert answered.body["conflicts"]["kind"] == "several_accounts"
    assert answered.body["message"]
    desk.clock.advance(minutes=60)
    assert desk.manage(caller, phone=PHONE, mergeIfFound=True).body["conflicts"]["kind"] == "unproven"
    desk.prove(caller, phone=PHONE)
    desk.clock.advance(minutes=59)
    assert desk.manage(user_of(desk.tenant, "else"), phone=PHONE, mergeIfFound=True).status == 409
    merged = desk.manage(caller, phone=PHONE, mergeIfFound=True).customer
    assert merged["id"] in (own["id"], other["id"])
    assert (merged["phone"], merged["authUserId"]) == (PHONE, "user")


def test_an_answer_may_ask_for_the_merge_itself(desk: CodeDesk) -> None:
    desk.manage(service(desk.tenant), phone=PHONE)
    caller = user_of(desk.tenant)
    desk.manage(caller)
    sent = desk.send(caller, phone=PHONE)
    merged = desk.answer(sent, desk.outbox.code, caller, mergeIfFound=True).customer
    assert (merged["phone"], merged["authUserId"]) == (PHONE, "user")


def test_after_the_answer_a_call_with_the_same_changes_nothing(desk: CodeDesk) -> None:
    caller = user_of(desk.tenant)
    first = desk.prove(caller, phone=PHONE).customer
    desk.clock.advance(seconds=5)
    again = desk.manage(caller, phone=PHONE, source="verification").customer
    assert again["id"] == first["id"]
    assert owner(desk, Kind.PHONE, PHONE).version == 1


def test_a_code_is_right_for_ten_minutes(desk: CodeDesk) -> None:
    caller = service(desk.tenant)
    sent = desk.send(caller, phone=PHONE)
    desk.clock.advance(minutes=10)
    assert refused(desk.answer(sent, desk.outbox.code, caller)) == "code_expired"
    assert desk.claim(Kind.PHONE, PHONE) is None


def test_five_tries_and_then_the_right_code_is_wrong_too(desk: CodeDesk) -> None:
    caller = service(desk.tenant)
    sent = desk.send(caller, phone=PHONE)
    assert [refused(desk.answer(sent, desk.wrong_code(n), caller)) for n in range(6)] == (
        ["wrong_code"] * 5 + ["too_many_tries"]
    )
    assert refused(desk.answer(sent, desk.outbox.code, caller)) == "too_many_tries"
    assert desk.claim(Kind.PHONE, PHONE) is None


def test_what_is_no_code_costs_no_try(desk: CodeDesk) -> None:
    caller = service(desk.tenant)
    sent = desk.send(caller, phone=PHONE)
    for text in ("12345", "1234567", "12345a", "١٢٣٤٥٦", ""):
        reply = desk.answer(sent, text, caller)
        assert (reply.status, reply.body["field"]) == (422, "code")
    assert "4 tries" in desk.answer(sent, desk.wrong_code(), caller).body["message"]


def test_a_lost_answer_is_given_again_until_the_proof_ends(desk: CodeDesk) -> None:
    """Invariant 2: to the same credential, with the same code, and without a second use."""
    caller = service(desk.tenant)
    sent = desk.send(caller, phone=PHONE)
    first = desk.answer(sent, desk.outbox.code, caller)
    desk.clock.advance(minutes=59)
    again = desk.answer(sent, desk.outbox.code, caller)
    assert again.id == first.id
    assert refused(desk.answer(sent, desk.wrong_code(), caller)) == "code_used"
    desk.clock.advance(minutes=1)
    assert refused(desk.answer(sent, desk.outbox.code, caller)) == "code_used"


def test_a_repeated_answer_does_not_lengthen_the_proof(desk: CodeDesk) -> None:
    desk.manage(service(desk.tenant), phone=PHONE)
    caller = user_of(desk.tenant)
    desk.manage(caller)
    sent = desk.send(caller, phone=PHONE)
    desk.answer(sent, desk.outbox.code, caller)
    desk.clock.advance(minutes=50)
    assert desk.answer(sent, desk.outbox.code, caller).status == 200
    desk.clock.advance(minutes=10)
    assert desk.manage(caller, phone=PHONE, mergeIfFound=True).status == 409


def test_a_recipient_gets_five_codes_an_hour_from_whomever(desk: CodeDesk) -> None:
    for number in range(5):
        assert desk.send(user_of(desk.tenant, f"u{number}"), phone=PHONE).status == 202
    refusal = desk.send(service(desk.tenant), phone="(707) 555-0123")
    assert (refusal.status, refusal.headers["Retry-After"]) == (429, "3600")
    assert refusal.headers["RateLimit-Policy"] == "5;w=3600"
    assert desk.send(service(desk.tenant), phone="+17075550124").status == 202
    assert CodeDesk(desk.tables, outbox=desk.outbox).send(service(fresh_tenant()), phone=PHONE).status == 202
    desk.clock.advance(hours=1)
    assert desk.send(service(desk.tenant), phone=PHONE).status == 202
    assert len(desk.outbox.sent) == 8


def test_a_recipient_gets_ten_codes_a_day(desk: CodeDesk) -> None:
    statuses = []
    for _ in range(3):
        statuses += [desk.send(service(desk.tenant), email=EMAIL).status for _ in range(4)]
        desk.clock.advance(hours=1)
    assert statuses == [202] * 10 + [429] * 2
    refusal = desk.send(service(desk.tenant), email=EMAIL)
    assert (refusal.headers["RateLimit-Policy"], refusal.headers["Retry-After"]) == ("10;w=86400", str(11 * 3600))


def test_a_user_gets_ten_codes_an_hour_and_uses_up_nobody_elses(desk: CodeDesk) -> None:
    caller = user_of(desk.tenant)
    replies = [desk.send(caller, phone=f"+1707555{number:04d}") for number in range(100, 116)]
    assert [reply.status for reply in replies] == [202] * 10 + [429] * 6
    assert [desk.send(service(desk.tenant), phone="+17075550115").status for _ in range(6)] == [202] * 5 + [429]


def test_a_backend_has_no_limit_of_its_own(desk: CodeDesk) -> None:
    caller = service(desk.tenant)
    assert {desk.send(caller, phone=f"+1707555{number:04d}").status for number in range(100, 112)} == {202}


@pytest.mark.parametrize("call", range(2))
def test_what_cannot_be_counted_is_not_sent(desk: CodeDesk, call: int) -> None:
    """Unlike the ordinary rate limit, which lets calls pass."""
    client = FailingClient(desk.tables.client(), at=call, failure=FAILURES[0])
    reply = desk.through(client).send(service(desk.tenant), phone=PHONE)
    assert client.calls[-1] == "update_item"
    assert (reply.status, desk.outbox.sent) == (503, [])


@pytest.mark.parametrize("went_out", [False, True])
def test_when_sending_fails_nothing_can_be_answered(desk: CodeDesk, went_out: bool) -> None:
    caller = service(desk.tenant)
    desk.outbox.failure = (RetryLater("time-out"), went_out)
    reply = desk.send(caller, phone=PHONE)
    assert reply.status == 503
    assert reply.headers["Retry-After"]
    assert "verificationId" not in str(reply.body)
    assert len(desk.outbox.sent) == went_out
    assert desk.prove(caller, phone=PHONE).status == 200


def test_a_refused_recipient_is_named_by_its_field(desk: CodeDesk) -> None:
    desk.outbox.failure = (InvalidInput("nothing can be sent there", code="undeliverable", field="phone"), False)
    reply = desk.send(service(desk.tenant), phone=PHONE)
    assert (reply.status, reply.body["field"], reply.body["code"]) == (422, "phone", "undeliverable")


def test_a_key_needs_the_scopes_of_what_it_does(desk: CodeDesk) -> None:
    reader = service(desk.tenant, scopes=frozenset({Scope.CUSTOMERS_READ}))
    assert desk.send(reader, phone=PHONE).status == 403
    writer = service(desk.tenant, scopes=frozenset({Scope.CUSTOMERS_WRITE}))
    sent = desk.send(writer, phone=PHONE)
    assert desk.answer(sent, desk.outbox.code, writer, mergeIfFound=True).status == 403
    assert desk.answer(sent, desk.outbox.code, writer).status == 200
    assert len(desk.outbox.sent) == 1


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "phone"),
        ({"phone": PHONE, "email": EMAIL}, "phone"),
        ({"phone": " ", "email": None}, "phone"),
        ({"mail": EMAIL}, "mail"),
        ({"email": 5}, "email"),
        ({"email": "noreply@example.com"}, "email"),
        ({"phone": "1-800-FLOWERS"}, "phone"),
    ],
)
def test_bad_input_is_named(desk: CodeDesk, body: dict[str, Any], field: str) -> None:
    reply = desk.send(service(desk.tenant), **body)
    assert (reply.status, reply.body["field"]) == (422, field)
    assert desk.outbox.sent == []


def test_nothing_but_hashes_says_what_was_proven(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 8, in the table: the code is in no item, and the keys and the proof hold nothing personal."""
    desk = CodeDesk(fresh_tables())
    desk.prove(user_of(desk.tenant), email=EMAIL)
    items = [item for item in work_items(desk) if item["SK"] != "RATE"]
    assert {item["SK"].partition("#")[0] for item in items} == {"VERIFICATION", "TRIES", "PROOF", "3600", "86400"}
    assert not any(desk.outbox.code in item.values() for item in items)
    assert not any("john" in item["PK"] + item["SK"] for item in items)
    assert all(item["expires_at"] for item in items)
    (proof,) = (item for item in items if item["SK"] == "PROOF")
    assert proof.keys() == {"PK", "SK", "proven_at", "valid_until", "expires_at"}
    audit(desk.tables)


def test_asking_and_answering_cost_what_they_must(dynamodb_tables: DynamoDBTables) -> None:
    """A count per limit and the verification; then its reading, a try, its use, and a creation."""
    client = dynamodb_tables.client()
    desk, meter = CodeDesk(dynamodb_tables, client=client), DynamoDBMeter(client)
    caller = user_of(desk.tenant)
    with meter.reading() as asking:
        sent = desk.send(caller, phone=PHONE)
    with meter.reading() as answering:
        desk.answer(sent, desk.outbox.code, caller)
    assert asking.work.operations == ("UpdateItem", "UpdateItem", "UpdateItem", "PutItem")
    assert answering.work.operations == (
        "GetItem",
        "UpdateItem",
        "TransactWriteItems",
        "BatchGetItem",
        "TransactWriteItems",
    )
    print(f"asking {asking.work}, answering {answering.work}")


def test_looking_for_proofs_costs_no_round_trip(dynamodb_tables: DynamoDBTables) -> None:
    client = dynamodb_tables.client()
    desk, meter = CodeDesk(dynamodb_tables, client=client), DynamoDBMeter(client)
    caller = user_of(desk.tenant)
    desk.manage(service(desk.tenant), email=EMAIL, authUserId="user")
    desk.manage(caller, email=EMAIL)
    with meter.reading() as of_user:
        desk.manage(caller, email=EMAIL)
    with meter.reading() as of_service:
        desk.manage(service(desk.tenant), email=EMAIL, authUserId="user")
    assert of_user.work.operations == of_service.work.operations == ("BatchGetItem", "GetItem")
    assert of_user.work.read_units == of_service.work.read_units + 1, "for the one identifier that is not verified"


def test_a_proof_brings_an_erased_person_back(desk: CodeDesk) -> None:
    """Invariant 6: nobody but the person."""
    database = Database(desk.tables.client())
    key = keys.claim(desk.tables.names[CUSTOMERS_TABLE_VARIABLE], desk.tenant, IdentifierKey(Kind.PHONE, PHONE))
    database.put(Put(key, from_tombstone(desk.clock.now(), 3), IF_ABSENT))
    caller, stranger = user_of(desk.tenant), service(desk.tenant)
    assert desk.manage(stranger, phone=PHONE).status == 410
    assert desk.manage(caller, phone=PHONE).status != 200 or desk.claim(Kind.PHONE, PHONE) is None
    assert desk.prove(caller, phone=PHONE).customer["phone"] == PHONE
    assert desk.manage(stranger, phone=PHONE).status == 200


def work_items(desk: CodeDesk) -> list[dict[str, Any]]:
    pages = desk.tables.client().get_paginator("scan").paginate(TableName=desk.tables.names["WORK_TABLE"])
    return [
        {name: next(iter(value.values())) for name, value in item.items()} for page in pages for item in page["Items"]
    ]


def refused(reply: Any) -> str:
    assert (reply.status, reply.body["field"]) == (422, "code"), reply
    return str(reply.body["code"])


def owner(desk: CodeDesk, kind: Kind, value: str) -> Claim:
    claim = desk.claim(kind, value)
    assert claim
    return claim
