"""Conflicts resolved in each way: the call that led there is not asked again and finds the right one (invariant 1)."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest

from customerhub.domain.caller import Scope
from infra.local.tables import DynamoDBTables
from tests.support.audit import Books, audit
from tests.support.conflicts import (
    JOHN,
    MARY,
    Question,
    asked,
    contradiction,
    displaced,
    several_accounts,
    shared_phone,
    two_users,
)
from tests.support.till import Till, fresh_tenant, open_till, service, user_of

OPENERS = (shared_phone, several_accounts, contradiction, two_users, displaced)


@dataclass(frozen=True)
class Desk:
    """A till over tables of its own."""

    tables: DynamoDBTables
    till: Till

    def audit(self) -> Books:
        """What is stored, checked."""
        return audit(self.tables)


@pytest.fixture
def desk(fresh_tables: Callable[[], DynamoDBTables]) -> Desk:
    tables = fresh_tables()
    return Desk(tables, open_till(tables.client(), tables.names))


def _types(till: Till, customer: str) -> list[str]:
    return [event["type"] for event in till.timeline(customer).body["events"]]


def _other(desk: Desk, question: Question, customer: str) -> str:
    """Who is there beside that one."""
    (other,) = desk.audit().customers.keys() - {customer}
    assert other
    return other


class TestMerge:
    """They are one person."""

    def test_several_accounts_become_one(self, desk: Desk) -> None:
        question = several_accounts(desk.till)
        reply = desk.till.resolve(question.id, "merge")
        (customer,) = reply.body["conflict"]["customers"]
        assert customer["id"] in question.people
        assert question.ask().id == customer["id"]
        assert {desk.till.get(old).id for old in question.people} == {customer["id"]}
        assert len(desk.audit().merges) == 1

    def test_the_caller_behind_a_shared_phone_is_its_owner(self, desk: Desk) -> None:
        """The caller was nobody: what the call said is the customer's now."""
        question = shared_phone(desk.till)
        assert desk.till.resolve(question.id, "merge").status == 200
        (john,) = question.people
        assert question.ask().id == john
        assert desk.till.manage(email=MARY["email"]).id == john
        assert desk.till.get(john).customer["firstName"] == "John"
        assert desk.audit().merges == []

    def test_a_customer_who_came_meanwhile_is_merged_too(self, desk: Desk) -> None:
        question = shared_phone(desk.till)
        desk.till.manage(email=MARY["email"])
        assert desk.till.resolve(question.id, "merge").status == 200
        assert len(desk.audit().customers) == 1

    @pytest.mark.parametrize("opener", [contradiction, two_users])
    def test_two_auth_users_are_never_one(self, desk: Desk, opener: Callable[[Till], Question]) -> None:
        question, before = opener(desk.till), desk.audit().people
        reply = desk.till.resolve(question.id, "merge")
        assert (reply.status, reply.body["code"], reply.body["field"]) == (422, "merge_blocked", "decision")
        assert "an account with the identity provider" in reply.body["message"]
        assert desk.audit().people == before

    def test_an_unmerge_asks_again(self, desk: Desk) -> None:
        question = several_accounts(desk.till)
        merged = desk.till.resolve(question.id, "merge").body["conflict"]["customers"][0]["id"]
        assert desk.till.unmerge(merged, keepSeparate=False).status == 200
        assert question.ask().status == 409
        (conflict,) = desk.till.conflicts().body["conflicts"]
        assert conflict["id"] == question.id
        assert [entry["what"] for entry in conflict["history"]] == ["found", "resolved", "found"]
        assert desk.till.resolve(question.id, "keep_separate").status == 200
        assert question.ask().status == 200


class TestKeepSeparate:
    """They are different people, for ever."""

    @pytest.mark.parametrize("opener", OPENERS)
    def test_nobody_is_asked_again(self, desk: Desk, opener: Callable[[Till], Question]) -> None:
        question = opener(desk.till)
        reply = desk.till.resolve(question.id, "keep_separate")
        assert reply.status == 200, reply
        one, other = reply.body["conflict"]["customers"]
        books = desk.audit()
        assert books.customers[one["id"]].kept_apart == {other["id"]}
        assert books.customers[other["id"]].kept_apart == {one["id"]}
        answer = question.ask()
        assert answer.status == 200
        assert answer.id in (one["id"], other["id"])
        assert desk.till.conflicts().body["conflicts"] == []
        desk.audit()

    def test_a_caller_who_was_nobody_is_a_customer_without_the_phone(self, desk: Desk) -> None:
        question = shared_phone(desk.till)
        desk.till.resolve(question.id, "keep_separate")
        (john,) = question.people
        mary = question.ask()
        assert mary.id != john
        assert (mary.customer["email"], mary.customer["phone"]) == (MARY["email"], None)
        assert mary.customer["firstName"] == "Mary"
        assert desk.till.manage(phone=JOHN["phone"]).id == john
        assert "ConflictResolved" in _types(desk.till, mary.id)

    def test_a_customer_who_came_meanwhile_is_the_second_person(self, desk: Desk) -> None:
        question = shared_phone(desk.till)
        mary = desk.till.manage(email=MARY["email"]).id
        desk.till.resolve(question.id, "keep_separate")
        assert question.ask().id == mary
        assert len(desk.audit().customers) == 2

    def test_a_typed_address_gives_way_to_the_second_person(self, desk: Desk) -> None:
        """A squatter keeps nobody from being told apart."""
        question = shared_phone(desk.till)
        squatter = desk.till.manage(caller=user_of(desk.till.tenant, "squatter"), email=MARY["email"]).id
        assert desk.till.resolve(question.id, "keep_separate").status == 200
        mary = question.ask().id
        assert mary not in (squatter, *question.people)
        assert desk.audit().customers[squatter].identifiers[-1].owned is False

    def test_merges_remember_it(self, desk: Desk) -> None:
        """Whoever one of the two is merged with is kept apart from the other, too."""
        question = several_accounts(desk.till)
        desk.till.resolve(question.id, "keep_separate")
        ann, bob = question.people
        other = desk.till.manage(email="other@example.com").id
        assert desk.till.merge(other, ann).status == 200
        assert desk.till.merge(other, bob).status == 409
        assert question.ask().id == other


class TestHousehold:
    """Different people who share a phone."""

    def test_each_is_found_by_the_phone_and_a_name_or_an_address(self, desk: Desk) -> None:
        question = shared_phone(desk.till)
        reply = desk.till.resolve(question.id, "household", note="Married.")
        (john,) = question.people
        one, other = reply.body["conflict"]["customers"]
        assert one["householdId"] == other["householdId"] is not None
        assert reply.body["conflict"]["resolution"]["note"] == "Married."
        mary = question.ask()
        assert mary.id != john
        assert mary.customer["phone"] == MARY["phone"]
        assert mary.customer["householdId"] == one["householdId"]
        phone = JOHN["phone"]
        assert desk.till.manage(phone=phone, firstName="Mary").id == mary.id
        assert desk.till.manage(phone=phone, firstName="john").id == john
        assert desk.till.manage(phone=phone, email=JOHN["email"]).id == john
        assert desk.till.manage(phone=phone).status == 409
        (claim,) = (c for c in desk.audit().claims.values() if c.key.value == phone)
        assert (claim.owner, sorted(claim.sharers)) == (john, [mary.id])

    def test_a_third_member_joins_the_household(self, desk: Desk) -> None:
        question = shared_phone(desk.till)
        first = desk.till.resolve(question.id, "household").body["conflict"]["customers"][0]
        eve = desk.till.manage(email="eve@example.com", phone="+17075550777", firstName="Eve").id
        again = asked(desk.till, {"email": MARY["email"], "phone": "+17075550777"}, eve)
        joined = desk.till.resolve(again.id, "household").body["conflict"]["customers"]
        assert {customer["householdId"] for customer in joined} == {first["householdId"]}
        desk.audit()

    @pytest.mark.parametrize("opener", [contradiction, two_users, displaced])
    def test_needs_a_phone(self, desk: Desk, opener: Callable[[Till], Question]) -> None:
        question, before = opener(desk.till), desk.audit().people
        reply = desk.till.resolve(question.id, "household")
        assert (reply.status, reply.body["code"]) == (422, "no_phone")
        assert desk.audit().people == before

    def test_two_accounts_share_the_phone_of_one(self, desk: Desk) -> None:
        question = several_accounts(desk.till)
        ann, bob = question.people
        assert desk.till.resolve(question.id, "household").status == 200
        assert question.ask().id == ann
        assert desk.till.manage(phone="+17075550199", firstName="Bob").id == bob
        assert desk.till.manage(phone="+17075550199", firstName="Ann").id == ann
        desk.audit()


class TestRelease:
    """The identifier has a new owner."""

    def test_a_recycled_number_goes_to_who_called(self, desk: Desk) -> None:
        question = shared_phone(desk.till)
        assert desk.till.resolve(question.id, "release").status == 200
        (john,) = question.people
        mary = question.ask()
        assert mary.id != john
        assert desk.till.manage(phone=JOHN["phone"]).id == mary.id
        assert desk.till.get(john).customer["phone"] is None
        desk.audit()

    def test_both_timelines_tell_the_history(self, desk: Desk) -> None:
        question = several_accounts(desk.till)
        ann, bob = question.people
        desk.till.resolve(question.id, "release", identifier={"kind": "phone", "value": "707 555-0199"})
        released = next(e for e in desk.till.timeline(bob).body["events"] if e["type"] == "IdentifierReleased")
        received = next(e for e in desk.till.timeline(ann).body["events"] if e["type"] == "IdentifierReceived")
        assert "+17075550199" in str(released["before"])
        assert "+17075550199" not in str(released["after"])
        assert "+17075550199" in str(received["after"])
        assert question.ask().id == ann
        desk.audit()

    def test_asks_which_identifier_and_to_whom(self, desk: Desk) -> None:
        question = several_accounts(desk.till)
        reply = desk.till.resolve(question.id, "release")
        assert (reply.status, reply.body["code"], reply.body["field"]) == (422, "ambiguous", "identifier")
        ann, bob = question.people
        assert desk.till.resolve(question.id, "release", to=bob).status == 200
        assert desk.till.manage(email="ann@example.com").id == question.ask().id == bob
        assert desk.till.get(ann).customer["email"] is None
        desk.audit()

    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("to", "somebody"),
            ("identifier", {"kind": "phone", "value": "+17075550000"}),
            ("identifier", {"kind": "email", "value": "not an address"}),
        ],
    )
    def test_what_has_nothing_to_do_with_it_is_refused(self, desk: Desk, field: str, value: Any) -> None:
        question, before = several_accounts(desk.till), desk.audit().people
        reply = desk.till.resolve(question.id, "release", **{field: value})
        assert (reply.status, reply.body["field"]) == (422, field)
        assert desk.audit().people == before

    def test_a_displaced_address_is_given_back(self, desk: Desk) -> None:
        question = displaced(desk.till)
        named, typed = question.people
        assert desk.till.resolve(question.id, "release").status == 200
        assert question.ask().id == typed
        assert desk.till.get(named).customer["email"] is None
        desk.audit()

    def test_the_proven_address_of_another_users_account_goes_to_the_user(self, desk: Desk) -> None:
        question = contradiction(desk.till)
        assert desk.till.resolve(question.id, "release").status == 200
        (one,) = question.people
        two = question.ask()
        assert two.id != one
        assert two.customer["email"] == "both@example.com"
        desk.audit()

    def test_those_who_share_the_phone_share_it_with_the_new_owner(self, desk: Desk) -> None:
        """The former owner has gone; the household stays."""
        till = desk.till
        till.manage(JOHN)
        till.manage(MARY | {"samePerson": False})
        ann = till.manage(email="ann@example.com", phone="+17075550777", firstName="Ann").id
        question = asked(till, {"email": JOHN["email"], "phone": "+17075550777", "firstName": "John"}, ann)
        reply = till.resolve(question.id, "release", identifier={"kind": "phone", "value": "+17075550777"})
        assert reply.status == 200, reply
        assert till.get(ann).customer["phone"] is None
        desk.audit()


@pytest.mark.parametrize("opener", OPENERS)
@pytest.mark.parametrize("decision", ["merge", "keep_separate", "household", "release"])
def test_whatever_is_decided_is_whole_and_the_same_when_repeated(
    desk: Desk, opener: Callable[[Till], Question], decision: str
) -> None:
    """Invariants 1 and 2; a decision that is not possible changes nothing."""
    question = opener(desk.till)
    people = desk.audit().people
    first = desk.till.resolve(question.id, decision)
    books = desk.audit()
    if first.status == 422:
        assert books.people == people
        assert desk.till.conflict(question.id).body["conflict"]["status"] == "open"
        return
    assert first.status == 200
    assert question.ask().status == 200, "not asked again"
    books = desk.audit()
    again = desk.till.resolve(question.id, decision)
    assert again.status == 200
    assert again.body["conflict"]["resolution"] == first.body["conflict"]["resolution"]
    other = "keep_separate" if decision != "keep_separate" else "merge"
    refused = desk.till.resolve(question.id, other)
    assert (refused.status, refused.body["code"], refused.body["field"]) == (422, "already_resolved", "decision")
    assert desk.audit().people == books.people
    for customer in first.body["conflict"]["customers"]:
        assert "ConflictResolved" in _types(desk.till, customer["id"])


@pytest.mark.parametrize("conflict_id", ["x", "0" * 32, "f" * 3000])
def test_what_is_no_conflict_is_not_there(till: Till, conflict_id: str) -> None:
    assert till.conflict(conflict_id).status == till.resolve(conflict_id, "merge").status == 404


def test_another_tenants_conflict_is_not_there(desk: Desk) -> None:
    """Invariant 7."""
    question, before = several_accounts(desk.till), desk.audit().people
    stranger = service(fresh_tenant())
    assert desk.till.conflict(question.id, caller=stranger).status == 404
    assert desk.till.resolve(question.id, "merge", caller=stranger).status == 404
    assert desk.till.conflicts(caller=stranger).body["conflicts"] == []
    assert desk.audit().people == before


def test_only_staff_and_keys_with_the_scope_may_look_and_decide(desk: Desk) -> None:
    till, question = desk.till, several_accounts(desk.till)
    reader = service(till.tenant, scopes=frozenset({Scope.CUSTOMERS_READ}))
    person, writer = user_of(till.tenant, "u"), service(till.tenant, scopes=frozenset({Scope.CUSTOMERS_WRITE}))
    assert till.conflict(question.id, caller=reader).status == till.conflicts(caller=reader).status == 200
    assert till.resolve(question.id, "merge", caller=reader).status == 403
    for caller in (person, writer):
        replies = (
            till.conflicts(caller=caller),
            till.conflict(question.id, caller=caller),
            till.resolve(question.id, "merge", caller=caller),
        )
        assert [reply.status for reply in replies] == [403, 403, 403]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"decision": "settled"}, "decision"),
        ({"decision": "merge", "to": "x"}, "to"),
        ({"decision": "household", "identifier": {"kind": "phone", "value": "1"}}, "identifier"),
        ({"decision": "merge", "note": "x" * 501}, "note"),
        ({"decision": "release", "identifier": {"kind": "authUserId", "value": "x"}}, "identifier.kind"),
    ],
)
def test_what_is_no_decision_is_refused_by_field(desk: Desk, body: dict[str, Any], field: str) -> None:
    question = several_accounts(desk.till)
    reply = desk.till.resolve(question.id, **body)
    assert (reply.status, reply.body["field"]) == (422, field)
