"""Invariant 2 for one-time codes, at every point of failure: a code that was answered for can be answered, a right
answer takes effect, once, and its caller may repeat it."""

from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

import pytest

from customerhub.domain.identifier import Grade, IdentifierKey, Kind
from customerhub.errors import RetryLater
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.code_desk import CodeDesk, user_of
from tests.support.faults import Crash, UseCase, survive_every_failure
from tests.support.till import Reply, service

PHONE = "+17075550123"


@dataclass
class Scene:
    """A desk, what was sent, and what the caller was answered."""

    desk: CodeDesk
    sent: Reply | None = None
    replies: list[Reply] = field(default_factory=list)


def test_asking_for_a_code_survives_every_failure(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Whoever hears of a verification can answer it."""

    def act(scene: Scene, client: Any) -> None:
        scene.replies.append(scene.desk.through(client).send(user_of(scene.desk.tenant), phone=PHONE))

    def check(scene: Scene) -> None:
        assert {reply.status for reply in scene.replies} <= {202, 503}
        assert len(scene.desk.outbox.sent) == sum(reply.status == 202 for reply in scene.replies)
        assert audit(scene.desk.tables).customers == {}

    def check_done(scene: Scene) -> None:
        sent = scene.replies[-1]
        assert sent.status == 202
        reply = scene.desk.answer(sent, scene.desk.outbox.code, user_of(scene.desk.tenant))
        assert reply.status == 200

    use_case = UseCase(
        lambda: Scene(CodeDesk(fresh_tables())), act, lambda scene: scene.desk.tables.client(), check, check_done
    )
    assert survive_every_failure("ask for a code", use_case) >= 20


@dataclass(frozen=True)
class Case:
    """Who is there before the answer, what the answer asks for, and who is there after it."""

    name: str
    before: tuple[dict[str, Any], ...] = ()
    asks: dict[str, Any] = field(default_factory=dict)
    customers: int = 1
    leads_to: str = "customer"


OWN = {"authUserId": "user"}
CASES = (
    Case("a new customer"),
    Case("a known customer", ({"phone": PHONE},)),
    Case("several accounts", ({"phone": PHONE}, OWN), customers=2, leads_to="conflicts"),
    Case("a merge", ({"phone": PHONE}, OWN), {"mergeIfFound": True}),
)


@pytest.mark.parametrize("case", CASES, ids=lambda case: case.name)
def test_answering_a_code_survives_every_failure(case: Case, fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariants 1 and 2."""

    def arrange() -> Scene:
        desk = CodeDesk(fresh_tables())
        for call in case.before:
            assert desk.manage(service(desk.tenant), **call).status == 200
        return Scene(desk, desk.send(user_of(desk.tenant), phone=PHONE))

    def act(scene: Scene, client: Any) -> None:
        desk = scene.desk
        assert scene.sent
        scene.replies.append(
            desk.through(client).answer(scene.sent, desk.outbox.code, user_of(desk.tenant), **case.asks)
        )

    def check(scene: Scene) -> None:
        assert {reply.status for reply in scene.replies} <= {200, 503}
        audit(scene.desk.tables)

    def check_done(scene: Scene) -> None:
        last = scene.replies[-1].body
        assert last["verified"] is True
        assert case.leads_to in last
        books = audit(scene.desk.tables)
        assert len(books.customers) == case.customers
        if case.leads_to == "customer":
            assert books.claims[IdentifierKey(Kind.PHONE, PHONE)].grade is Grade.VERIFIED
        caller = user_of(scene.desk.tenant)
        assert scene.desk.manage(caller, phone=PHONE, mergeIfFound=True).status == 200, "the proof is there"

    use_case = UseCase(arrange, act, lambda scene: scene.desk.tables.client(), check, check_done)
    assert survive_every_failure(f"answer a code: {case.name}", use_case) >= 20


@pytest.mark.parametrize("error", [RetryLater("time-out"), Crash()], ids=["time-out", "crash"])
@pytest.mark.parametrize("went_out", [False, True])
def test_a_failing_messenger_is_survived(dynamodb_tables: DynamoDBTables, error: BaseException, went_out: bool) -> None:
    desk = CodeDesk(dynamodb_tables)
    caller = user_of(desk.tenant)
    desk.outbox.failure = (error, went_out)
    with suppress(Crash):
        assert desk.send(caller, phone=PHONE).status == 503
    assert desk.claim(Kind.PHONE, PHONE) is None
    assert desk.prove(caller, phone=PHONE).status == 200
