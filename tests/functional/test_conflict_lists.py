"""Lists of conflicts: complete, in order, in pages, and without those that need no decision any more."""

from itertools import chain, pairwise
from typing import Any

import pytest

from infra.local.tables import DynamoDBTables
from tests.bench.dynamodb_meter import DynamoDBMeter
from tests.support.conflicts import JOHN, MARY, contradiction, several_accounts, shared_phone
from tests.support.till import Till, open_till


def _make(till: Till, count: int) -> list[str]:
    """That many conflicts, in the order in which they are found."""
    found = []
    for number in range(count):
        email, phone = f"a{number}@example.com", f"+1707555{number:04d}"
        till.manage(email=email)
        till.manage(phone=phone)
        found.append(till.manage(email=email, phone=phone).body["conflicts"]["id"])
    return found


def _pages(till: Till, limit: int, **query: Any) -> list[list[str]]:
    pages, cursor = [], None
    while True:
        body = till.conflicts(limit=limit, cursor=cursor, **query).body
        pages.append([conflict["id"] for conflict in body["conflicts"]])
        cursor = body["nextCursor"]
        if cursor is None:
            return pages


@pytest.mark.parametrize("limit", [1, 3, 100])
def test_pages_hold_each_conflict_once_the_newest_first(till: Till, limit: int) -> None:
    found = _make(till, 7)
    pages = _pages(till, limit)
    assert list(chain.from_iterable(pages)) == found[::-1]
    assert all(len(page) == limit for page, _ in pairwise(pages))


def test_what_is_resolved_changes_lists(till: Till) -> None:
    found = _make(till, 5)
    for conflict in found[1:3]:
        assert till.resolve(conflict, "keep_separate").status == 200
    assert _pages(till, 2, status="resolved") == [[found[2], found[1]]]
    assert list(chain.from_iterable(_pages(till, 2))) == [found[4], found[3], found[0]]


def test_a_conflict_says_what_staff_need_to_decide(till: Till) -> None:
    question = shared_phone(till)
    (conflict,) = till.conflicts().body["conflicts"]
    assert conflict == till.conflict(question.id).body["conflict"]
    (john,) = question.people
    assert conflict["kind"] == "shared_phone"
    assert conflict["status"] == "open"
    assert conflict["source"] == "chatbot"
    assert conflict["by"]["kind"] == "key"
    assert conflict["resolution"] is None
    assert conflict["identifiers"] == [
        {"kind": "email", "value": MARY["email"]},
        {"kind": "phone", "value": MARY["phone"]},
    ]
    assert conflict["customers"] == [
        {
            "id": john,
            "name": "John",
            "email": JOHN["email"],
            "phone": JOHN["phone"],
            "accountSources": ["chatbot"],
            "householdId": None,
        }
    ]
    assert conflict["statement"] == {
        "firstName": "Mary",
        "lastName": None,
        "email": MARY["email"],
        "phone": MARY["phone"],
        "authUserId": None,
    }
    (found,) = conflict["history"]
    assert (found["what"], found["requestId"]) == ("found", conflict["requestId"])


def test_a_users_conflict_is_worded_as_the_user_said_it(till: Till) -> None:
    question = contradiction(till)
    conflict = till.conflict(question.id).body["conflict"]
    assert conflict["identifiers"][0] == {"kind": "authUserId", "value": "two"}
    assert conflict["statement"]["email"] == "both@example.com"
    assert conflict["by"] == {"kind": "user", "id": "two"}


def test_finding_a_conflict_is_told_to_each_timeline_once(till: Till) -> None:
    question = several_accounts(till)
    question.ask()
    for customer in question.people:
        events = till.timeline(customer).body["events"]
        (found,) = (event for event in events if event["type"] == "ConflictFound")
        assert found["after"] == {"conflict": question.id, "kind": "several_accounts"}


@pytest.mark.parametrize("look", ["list", "read", "resolve"])
def test_who_became_one_meanwhile_settles_the_conflict_when_it_is_met(till: Till, look: str) -> None:
    question = several_accounts(till)
    assert till.merge(*question.people).status == 200
    if look == "list":
        assert till.conflicts().body["conflicts"] == []
    if look == "resolve":
        reply = till.resolve(question.id, "keep_separate")
        assert (reply.status, reply.body["code"]) == (422, "already_resolved")
    conflict = till.conflict(question.id).body["conflict"]
    assert (conflict["status"], conflict["resolution"]["decision"]) == ("resolved", "settled")
    assert conflict["resolution"]["by"] is None
    assert [customer["id"] for customer in conflict["customers"]] == [question.people[0]]
    assert _pages(till, 10, status="resolved") == [[question.id]]


@pytest.mark.parametrize("same_person", [True, False])
def test_an_answer_to_the_question_settles_the_conflict(till: Till, same_person: bool) -> None:
    """The chatbot asked who is calling: nobody has to decide any more."""
    question = shared_phone(till)
    assert till.manage(MARY | {"samePerson": same_person}).status == 200
    assert till.conflicts().body["conflicts"] == []
    assert till.conflict(question.id).body["conflict"]["resolution"]["decision"] == "settled"


def test_a_merge_of_merges_is_followed(till: Till) -> None:
    question = several_accounts(till)
    ann, bob = question.people
    survivor = ann
    for number in range(3):
        newer = till.manage(email=f"newer{number}@example.com").id
        assert till.merge(newer, survivor).status == 200
        survivor = newer
    (conflict,) = till.conflicts().body["conflicts"]
    assert [customer["id"] for customer in conflict["customers"]] == [survivor, bob]


@pytest.mark.parametrize(
    ("query", "field"), [({"status": "closed"}, "status"), ({"cursor": "x"}, "cursor"), ({"limit": "0"}, "limit")]
)
def test_a_bad_query_is_refused_by_field(till: Till, query: dict[str, Any], field: str) -> None:
    reply = till.conflicts(**query)
    assert (reply.status, reply.body["field"]) == (422, field)


def test_a_cursor_is_of_its_own_list_and_tenant(till: Till, dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 7."""
    _make(till, 2)
    cursor = till.conflicts(limit=1).body["nextCursor"]
    assert till.conflicts(cursor=cursor, status="resolved").status == 422
    other = open_till(dynamodb_tables.client(), dynamodb_tables.names)
    assert other.conflicts(cursor=cursor).status == 422


def test_a_page_costs_as_many_round_trips_as_one_conflict(dynamodb_tables: DynamoDBTables) -> None:
    client = dynamodb_tables.client()
    meter, costs = DynamoDBMeter(client), []
    for count in (1, 12):
        till = open_till(client, dynamodb_tables.names)
        _make(till, count)
        with meter.reading() as reading:
            assert len(till.conflicts().body["conflicts"]) == count
        costs.append(sorted(reading.work.operations))
    assert costs[0] == costs[1] == ["BatchGetItem"] * 3 + ["Query"] * 4
