"""Answers at the same moment: no more guesses than in a row, and one use."""

from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from threading import Barrier
from typing import TypeVar

import pytest

from customerhub.domain.caller import Caller
from customerhub.domain.ids import VerificationId
from customerhub.domain.verification import Proof, ProofKey
from customerhub.errors import GuardFailed, LostRace
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.code_desk import CodeDesk, user_of
from tests.support.till import Reply, service

PHONE = "+17075550123"
THREADS = 20
_T = TypeVar("_T")


def at_once(call: Callable[[int], _T]) -> list[_T]:
    start = Barrier(THREADS)

    def racing(number: int) -> _T:
        start.wait()
        return call(number)

    with ThreadPoolExecutor(THREADS) as pool:
        return list(pool.map(racing, range(THREADS)))


def codes_of(replies: list[Reply]) -> list[str]:
    return sorted(str(reply.body.get("code", "right")) for reply in replies)


def versions(desk: CodeDesk) -> list[int]:
    """Of every verification: 1 for one that was sent, 2 for one that was used once."""
    pages = desk.tables.client().get_paginator("scan").paginate(TableName=desk.tables.names["WORK_TABLE"])
    items = [item for page in pages for item in page["Items"]]
    return [int(item["version"]["N"]) for item in items if item["SK"]["S"].startswith("VERIFICATION#")]


def test_racing_guesses_are_five_in_all(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7: a crowd of guessers has no more tries than one."""
    desk = CodeDesk(dynamodb_tables)
    caller = user_of(desk.tenant)
    sent = desk.send(caller, phone=PHONE)
    wrong = [desk.wrong_code(number) for number in range(THREADS)]
    replies = at_once(lambda number: desk.answer(sent, wrong[number], caller))
    assert codes_of(replies) == ["too_many_tries"] * (THREADS - 5) + ["wrong_code"] * 5
    assert sorted(left(reply) for reply in replies if reply.body["code"] == "wrong_code") == [0, 1, 2, 3, 4]
    desk.clock.advance(minutes=1)  # the ordinary rate limit is another one
    assert desk.answer(sent, desk.outbox.code, caller).body["code"] == "too_many_tries"


def test_racing_right_answers_are_one_use(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2: those within the tries hear the same, of one customer."""
    desk = CodeDesk(fresh_tables())
    caller = user_of(desk.tenant)
    sent = desk.send(caller, phone=PHONE)
    replies = at_once(lambda _: desk.answer(sent, desk.outbox.code, caller))
    right = [reply for reply in replies if reply.status == 200]
    assert len(right) == 5
    assert len({reply.id for reply in right}) == 1
    assert {reply.body["code"] for reply in replies if reply.status != 200} <= {"too_many_tries", "code_used"}
    books = audit(desk.tables)
    assert len(books.customers) == 1
    assert [event["type"] for event in books.events] == ["CustomerCreated"]
    assert versions(desk) == [2]


def test_of_racing_uses_one_makes_the_proof(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 2, below the tries: whoever read the verification before its use cannot use it again."""
    desk = CodeDesk(dynamodb_tables)
    caller, store = user_of(desk.tenant), desk.app.verifications
    sent = VerificationId(desk.send(caller, phone=PHONE).body["verificationId"])
    read = store.get_verification(desk.tenant.id, sent)
    assert read
    key, now = ProofKey(caller.credential, read.recipient.key), desk.clock.now()

    def use(_: int) -> bool:
        try:
            store.use(desk.tenant, replace(read, used_at=now), Proof(key, now))
        except LostRace:
            return False
        return True

    assert at_once(use).count(True) == 1
    with pytest.raises(GuardFailed):
        store.use(desk.tenant, replace(read, used_at=now), Proof(key, now))


def test_racing_requests_stay_within_the_limit_of_the_recipient(dynamodb_tables: DynamoDBTables) -> None:
    desk = CodeDesk(dynamodb_tables)
    callers: list[Caller] = [service(desk.tenant) for _ in range(THREADS)]
    replies = at_once(lambda number: desk.send(callers[number], phone=PHONE))
    assert sorted(reply.status for reply in replies) == [202] * 5 + [429] * (THREADS - 5)
    assert len(desk.outbox.sent) == 5


def left(reply: Reply) -> int:
    return int(reply.body["message"].split("; ")[1].split()[0])
