"""Invariants 1 and 2 where decisions race: with one another, with calls, with merges."""

from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from threading import Barrier

import pytest

from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.conflicts import MARY, Question, several_accounts, shared_phone
from tests.support.till import Reply, Till, open_till

ROUNDS = 6


def _race(*calls: Callable[[], Reply]) -> list[Reply]:
    start = Barrier(len(calls))

    def run(call: Callable[[], Reply]) -> Reply:
        start.wait()
        return call()

    with ThreadPoolExecutor(len(calls)) as threads:
        return list(threads.map(run, calls))


def _rounds(
    fresh_tables: Callable[[], DynamoDBTables], opener: Callable[[Till], Question]
) -> Iterator[tuple[DynamoDBTables, Till, Question]]:
    for _ in range(ROUNDS):
        tables = fresh_tables()
        till = open_till(tables.client(), tables.names)
        yield tables, till, opener(till)


@pytest.mark.parametrize("opener", [several_accounts, shared_phone])
def test_of_different_decisions_one_holds(
    fresh_tables: Callable[[], DynamoDBTables], opener: Callable[[Till], Question]
) -> None:
    """Invariant 2: nothing of the other is done."""
    decisions = ("merge", "keep_separate", "household", "keep_separate")
    for tables, till, question in _rounds(fresh_tables, opener):
        replies = _race(*(partial(till.resolve, question.id, decision) for decision in decisions))
        held = {reply.body["conflict"]["resolution"]["decision"] for reply in replies if reply.status == 200}
        assert len(held) == 1
        assert {reply.body["code"] for reply in replies if reply.status != 200} <= {"already_resolved"}
        books = audit(tables)
        (decided,) = held
        apart = [customer for customer in books.customers.values() if customer.kept_apart]
        assert len(books.customers) == (1 if decided == "merge" else 2)
        assert len(apart) == (0 if decided == "merge" else 2)
        assert any(c.household_id for c in books.customers.values()) == (decided == "household")
        (conflict,) = books.conflicts
        assert len(conflict["resolutions"]) == 1


@pytest.mark.parametrize("decision", ["merge", "keep_separate", "household", "release"])
@pytest.mark.parametrize("answer", [{}, {"samePerson": True}, {"samePerson": False}])
def test_a_decision_and_the_chatbots_next_call(
    fresh_tables: Callable[[], DynamoDBTables], decision: str, answer: dict[str, bool]
) -> None:
    """Whichever comes first: one customer for each person, and nobody is asked in the end."""
    for tables, till, question in _rounds(fresh_tables, shared_phone):
        staff, chatbot = _race(
            partial(till.resolve, question.id, decision),
            partial(till.manage, MARY | answer),
        )
        assert staff.status in (200, 422)
        assert staff.status == 200 or staff.body["code"] == "already_resolved"
        assert chatbot.status in (200, 409)
        assert len(audit(tables).customers) <= 2
        assert question.ask().status == 200
        audit(tables)


def test_a_decision_and_a_merge(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """They are one, or kept apart; never both."""
    for tables, till, question in _rounds(fresh_tables, several_accounts):
        staff, merged = _race(
            partial(till.resolve, question.id, "keep_separate"),
            partial(till.merge, *question.people),
        )
        assert (staff.status, merged.status) in ((200, 409), (422, 200))
        assert len(audit(tables).customers) == (2 if staff.status == 200 else 1)


def test_a_decision_and_changes_of_the_customers(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Neither loses what the other did."""
    for tables, till, question in _rounds(fresh_tables, several_accounts):
        ann, _ = question.people
        staff, *changed = _race(
            partial(till.resolve, question.id, "household"),
            partial(till.manage, email="ann@example.com", allergies=["nuts"]),
            partial(till.manage, email="ann@example.com", authUserId="u"),
        )
        assert [reply.status for reply in (staff, *changed)] == [200, 200, 200]
        customer = audit(tables).customers[ann]
        assert customer.household_id
        assert (customer.allergies, customer.auth_user_id) == (("nuts",), "u")
