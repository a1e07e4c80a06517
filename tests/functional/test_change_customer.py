"""A customer changed by patches: what stays, what is cleared, and who may."""

import json
from collections.abc import Callable
from typing import Any

import pytest

from customerhub.domain.caller import Scope
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit, state
from tests.support.patches import ANN, BOB, OTHER_PHONE, PHONE, emails, phones
from tests.support.till import Till, fresh_tenant, open_till, service, user_of

ADDRESS = {"line1": "1 Main Street", "city": "Napa", "postalCode": "94558"}
FULL = {
    "email": ANN,
    "firstName": "Ann",
    "lastName": "Lee",
    "allergies": ["nuts", "milk"],
    "preferences": {"wine": "red", "seat": 1},
    "address": ADDRESS,
}


@pytest.fixture
def tables(fresh_tables: Callable[[], DynamoDBTables]) -> DynamoDBTables:
    """Tables that only this test has."""
    return fresh_tables()


@pytest.fixture
def till(tables: DynamoDBTables) -> Till:
    """A till over them."""
    return open_till(tables.client(), tables.names)


@pytest.mark.parametrize(
    ("patch", "after"),
    [
        ({"firstName": " Anna "}, {"firstName": "Anna", "name": "Anna Lee"}),
        ({"lastName": None}, {"lastName": None, "name": "Ann"}),
        ({"lastName": " "}, {"lastName": None, "name": "Ann"}),
        ({"allergies": ["eggs", "Eggs", " "]}, {"allergies": ["eggs"]}),
        ({"allergies": []}, {"allergies": []}),
        ({"allergies": None}, {"allergies": []}),
        ({"preferences": {"wine": "white"}}, {"preferences": {"wine": "white"}}),
        ({"preferences": {"wine": "red", "seat": True}}, {"preferences": {"wine": "red", "seat": True}}),
        ({"preferences": ["red"]}, {"preferences": ["red"]}),
        ({"preferences": None}, {"preferences": []}),
        ({"address": {"city": "Sonoma"}}, {"address": ADDRESS | {"city": "Sonoma"}}),
        ({"address": {"city": None, "zip": "1"}}, {"address": {"line1": "1 Main Street", "postalCode": "1"}}),
        ({"address": {"line1": "2 Oak"}}, {"address": ADDRESS | {"line1": "2 Oak"}}),
        ({"address": None}, {"address": {}}),
    ],
    ids=json.dumps,
)
def test_what_is_stated_changes_and_nothing_else(
    tables: DynamoDBTables, till: Till, patch: dict[str, Any], after: dict[str, Any]
) -> None:
    known = till.manage(FULL | {"source": "chatbot"}).customer
    del known["isNewAccount"]
    changed = till.patch(known["id"], patch | {"source": "console"}).customer
    assert changed == known | after | {"lastUpdatedVia": "console", "updatedAt": changed["updatedAt"]}
    assert changed["updatedAt"] > known["updatedAt"]
    assert till.get(known["id"]).customer == changed | {"records": []}
    audit(tables)


@pytest.mark.parametrize(
    "patch", [{}, {"source": "console"}, {k: v for k, v in FULL.items() if k != "email"}, {"removeIdentifiers": []}]
)
def test_what_changes_nothing_writes_nothing(tables: DynamoDBTables, till: Till, patch: dict[str, Any]) -> None:
    account = till.manage(FULL)
    before = audit(tables)
    assert till.patch(account.id, patch).id == account.id
    assert audit(tables).people == before.people


def test_the_timeline_tells_who_changed_what_by_whichnamed(tables: DynamoDBTables, till: Till) -> None:
    account, caller = till.manage(FULL), service(till.tenant)
    till.patch(account.id, firstName="Anna", addIdentifiers=phones("(707) 555-0101"), source="console", caller=caller)
    (event,) = [e for e in audit(tables).events if e["type"] == "CustomerUpdated"]
    before, after = json.loads(event["before"]), json.loads(event["after"])
    assert (event["credential"], event["source"]) == (caller.credential, "console")
    assert event["via"] == [{"kind": "phone", "value": PHONE}]
    assert before.keys() == after.keys() == {"first_name", "identifiers"}
    assert (before["first_name"], after["first_name"]) == ("Ann", "Anna")


# Who may.


def test_a_user_changes_the_own_record(tables: DynamoDBTables, till: Till) -> None:
    ann = user_of(till.tenant, "ann", email=ANN)
    account = till.manage(caller=ann)
    changed = till.patch(account.id, firstName="Ann", allergies=["nuts"], address={"city": "Napa"}, caller=ann).customer
    assert (changed["firstName"], changed["allergies"], changed["address"]) == ("Ann", ["nuts"], {"city": "Napa"})
    assert changed["lastUpdatedVia"] == "webapp"
    audit(tables)


@pytest.mark.parametrize("patch", [{"firstName": "Mallory"}, {"email": ANN}, {"email": BOB}, {}])
def test_invariant_7_a_user_learns_and_changes_nothing_of_others(
    tables: DynamoDBTables, till: Till, patch: dict[str, Any]
) -> None:
    account, mallory = till.manage(email=ANN, authUserId="ann"), user_of(till.tenant, "mallory", email=BOB)
    till.manage(caller=mallory)
    before = audit(tables)
    refusals = [till.patch(customer, patch, caller=mallory) for customer in (account.id, "nobody")]
    assert [refusal.status for refusal in refusals] == [404, 404]
    assert refusals[0].body["message"] == refusals[1].body["message"]
    assert audit(tables).people == before.people


def test_a_user_chooses_among_the_own_proven_identifiers(tables: DynamoDBTables, till: Till) -> None:
    first, second = (user_of(till.tenant, "ann", email=email) for email in (ANN, BOB))
    account = till.manage(caller=first)
    till.manage(caller=second)
    assert till.get(account.id).customer["email"] == ANN
    assert till.patch(account.id, email=BOB.upper(), caller=first).customer["email"] == BOB
    audit(tables)


def test_a_user_is_told_the_same_of_every_identifier_that_is_not_proven(tables: DynamoDBTables, till: Till) -> None:
    """Invariant 7: a choice is no way to learn who is a customer."""
    ann = user_of(till.tenant, "ann", email=ANN)
    account = till.manage(caller=ann, phone=PHONE)
    till.manage(email=BOB, phone=OTHER_PHONE)
    before = audit(tables)
    for tried in ({"email": BOB}, {"email": "free@example.com"}):
        refused = till.patch(account.id, tried, caller=ann)
        assert (refused.status, refused.body["code"], refused.body["field"]) == (403, "proof_required", "email")
    for tried in ({"phone": PHONE}, {"phone": OTHER_PHONE}, {"phone": "+17075550103"}):
        refused = till.patch(account.id, tried, caller=ann)
        assert (refused.status, refused.body["code"], refused.body["field"]) == (403, "proof_required", "phone")
    assert audit(tables).people == before.people
    assert not audit(tables).conflicts


@pytest.mark.parametrize("field", ["addIdentifiers", "removeIdentifiers"])
def test_a_user_neither_adds_nor_removes_and_is_told_how(till: Till, field: str) -> None:
    ann = user_of(till.tenant, "ann", email=ANN)
    account = till.manage(caller=ann)
    refused = till.patch(account.id, {field: emails(ANN)}, caller=ann)
    assert (refused.status, refused.body["field"]) == (403, f"{field}.0.value")
    assert "POST /api/verifications" in refused.body["message"]


@pytest.mark.parametrize("scope", list(Scope))
def test_only_a_key_that_may_write_changes(till: Till, scope: Scope) -> None:
    account = till.manage(email=ANN)
    caller = service(till.tenant, scopes=frozenset({scope}))
    status = till.patch(account.id, firstName="Ann", caller=caller).status
    assert status == (200 if scope is Scope.CUSTOMERS_WRITE else 403)


def test_invariant_7_another_tenants_key_finds_nobody(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(email=ANN)
    before = audit(tables)
    assert till.patch(account.id, firstName="Mallory", caller=service(fresh_tenant())).status == 404
    assert audit(tables).people == before.people


def test_a_refused_call_writes_nothing(tables: DynamoDBTables, till: Till) -> None:
    account, caller = till.manage(email=ANN), service(till.tenant, ceiling=1)
    before = audit(tables)
    statuses = [till.patch(account.id, firstName=f"Ann {n}", caller=caller).status for n in range(2)]
    assert statuses[1] == 429 or statuses == [200, 200], "a minute may have ended in between"
    names = {200: "Ann 1", 429: "Ann 0"}
    assert audit(tables).customers[account.id].first_name == names[statuses[1]]
    assert state(audit(tables).people) != state(before.people)


# Idempotency keys.


def test_invariant_2_under_one_key_the_same_patch_gets_the_same_answer(tables: DynamoDBTables, till: Till) -> None:
    account, caller = till.manage(email=ANN), service(till.tenant)
    first = till.patch(account.id, firstName="Ann", key="k", caller=caller)
    till.patch(account.id, firstName="Anna")
    again = till.patch(account.id, firstName="Ann", key="k", caller=caller)
    assert again.body == first.body
    assert till.get(account.id).customer["firstName"] == "Anna", "the patch is not done twice"
    reused = till.patch(account.id, firstName="Anne", key="k", caller=caller)
    assert (reused.status, reused.body["code"]) == (422, "idempotency_key_reused")
    audit(tables)


def test_a_key_counts_for_one_customer_and_one_credential(till: Till) -> None:
    ann, bob, caller = till.manage(email=ANN), till.manage(email=BOB), service(till.tenant)
    assert till.patch(ann.id, lastName="Lee", key="k", caller=caller).id == ann.id
    assert till.patch(bob.id, lastName="Lee", key="k", caller=caller).id == bob.id
    assert till.patch(ann.id, phone=PHONE, key="k").customer["phone"] == PHONE


def test_what_changes_nothing_and_a_conflict_are_answered_again_too(tables: DynamoDBTables, till: Till) -> None:
    ann, _, caller = till.manage(email=ANN), till.manage(phone=PHONE), service(till.tenant)
    for patch, key in (({"firstName": None}, "nothing"), ({"addIdentifiers": phones(PHONE)}, "conflict")):
        first, again = (till.patch(ann.id, patch, key=key, caller=caller) for _ in range(2))
        assert again.body == first.body
    assert len(audit(tables).answers) == 2
