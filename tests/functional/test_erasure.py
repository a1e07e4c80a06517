"""Invariant 6: an erased person does not come back by any path, and nothing of the person is left anywhere."""

from collections.abc import Callable
from typing import Any

import pytest

from customerhub.domain.caller import Scope
from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.forgotten import mentions
from tests.support.one_client import with_one_client
from tests.support.till import Till, fresh_tenant, open_till, service, user_of

ANN: dict[str, Any] = {"email": "ann.archer@example.com", "phone": "+17075550101", "authUserId": "auth-ann"}
ANN_NAMED = ANN | {"firstName": "Annabella", "lastName": "Archer", "allergies": ["walnuts"], "source": "chatbot"}
WORDS = ("ann.archer", "7075550101", "auth-ann", "annabella", "archer", "walnuts")
BOB: dict[str, Any] = {"email": "bob@example.com", "firstName": "Bob"}


@pytest.fixture
def tables(fresh_tables: Callable[[], DynamoDBTables]) -> DynamoDBTables:
    return with_one_client(fresh_tables())


@pytest.fixture
def till(tables: DynamoDBTables) -> Till:
    return open_till(tables.client(), tables.names)


def stores(receipt: dict[str, Any]) -> dict[str, int]:
    """What was erased, without what there was none of."""
    return {entry["store"]: entry["items"] for entry in receipt["erasure"]["stores"] if entry["items"]}


def assert_forgotten(tables: DynamoDBTables, words: tuple[str, ...] = WORDS) -> None:
    assert mentions(tables, words) == [], "invariant 6: something of the person is left"
    audit(tables)


def test_nothing_of_the_person_is_left(till: Till, tables: DynamoDBTables) -> None:
    customer = till.manage(ANN_NAMED, key="once").id
    till.manage({"email": ANN["email"], "allergies": ["almonds"]}, key="twice")
    receipt = till.erase(customer)
    assert receipt.status == 200
    erasure = receipt.body["erasure"]
    assert (erasure["customerId"], erasure["status"], erasure["platforms"]) == (customer, "completed", [])
    assert erasure["completedAt"] >= erasure["requestedAt"]
    assert stores(receipt.body) == {"profiles": 1, "identifiers": 3, "events": 2, "answers": 2}
    assert_forgotten(tables, (*WORDS, "almonds"))
    books = audit(tables)
    assert (len(books.customers), len(books.erased), len(books.claims)) == (0, 1, 0)
    assert books.events == []


def test_the_receipt_can_be_read_again(till: Till) -> None:
    customer = till.manage(ANN_NAMED).id
    receipt = till.erase(customer).body
    assert till.erase(customer).body == receipt
    assert till.erasure(receipt["erasure"]["id"]).body == receipt
    assert till.erasure("nobody").status == 404
    elsewhere = service(fresh_tenant())
    assert till.erasure(receipt["erasure"]["id"], caller=elsewhere).status == 404
    assert till.erase(customer, caller=elsewhere).status == 404


def test_an_erased_id_is_gone(till: Till) -> None:
    customer = till.manage(ANN_NAMED).id
    till.erase(customer)
    assert till.get(customer).status == 410
    assert till.get(customer, user_of(till.tenant, "auth-ann")).status == 404
    assert till.export(customer).status == 410
    assert till.timeline(customer).status == 410
    assert till.search(ANN["email"]).body["customers"] == []
    assert till.search("Annabella").body["customers"] == []


@pytest.mark.parametrize("scope", [scope for scope in Scope if scope is not Scope.CUSTOMERS_ERASE])
def test_it_takes_the_scope(till: Till, scope: Scope) -> None:
    customer = till.manage(ANN).id
    caller = service(till.tenant, scopes=frozenset({scope}))
    assert till.erase(customer, caller=caller).status == 403
    assert till.erasure(customer, caller=caller).status == 403


def test_a_user_erases_the_own_record_only(till: Till, tables: DynamoDBTables) -> None:
    """Invariant 7 as well."""
    customer, ann = till.manage(ANN_NAMED).id, user_of(till.tenant, "auth-ann")
    assert till.erase(customer, caller=user_of(till.tenant, "auth-bob")).status == 404
    receipt = till.erase(customer, caller=ann)
    assert receipt.status == 200
    assert till.erase(customer, caller=ann).body == receipt.body
    assert till.erase(customer, caller=user_of(till.tenant, "auth-bob")).status == 404
    assert till.erasure(customer, caller=ann).status == 403
    assert_forgotten(tables)


def test_erasing_after_a_merge_takes_all_who_were_merged(till: Till, tables: DynamoDBTables) -> None:
    old = till.manage(email=ANN["email"], firstName="Annabella", lastName="Archer").id
    other = till.manage(phone=ANN["phone"], allergies=["walnuts"]).id
    merged = till.manage(ANN | {"mergeIfFound": True}, key="merge").id
    receipt = till.erase(other if merged == old else old)
    assert receipt.body["erasure"]["customerId"] == merged
    assert stores(receipt.body)["profiles"] == 2
    assert_forgotten(tables)
    assert till.get(old).status == till.get(other).status == 410
    assert till.erase(old).body == till.erase(other).body == receipt.body


@pytest.mark.parametrize("survivor", ["ann", "bob"])
def test_erasing_after_an_unmerge_leaves_the_other_as_it_is(till: Till, tables: DynamoDBTables, survivor: str) -> None:
    """Invariants 5 and 6: neither ledger nor timeline of the other holds what was one record for a while."""
    people = {"ann": till.manage(ANN_NAMED).id, "bob": till.manage(BOB).id}
    other = "bob" if survivor == "ann" else "ann"
    assert till.merge(people[survivor], people[other]).status == 200
    till.manage(email=ANN["email"], allergies=["almonds"])
    undone = till.unmerge(people[survivor])
    assert undone.status == 200, undone
    before = till.get(people["bob"]).customer
    assert till.erase(people["ann"]).status == 200
    assert_forgotten(tables, (*WORDS, "almonds"))
    assert till.get(people["bob"]).customer == before
    assert till.manage(BOB).id == people["bob"]
    types = [event["type"] for event in till.timeline(people["bob"]).body["events"]]
    assert "CustomerUnmerged" in types, "what happened stays, without what was said"


def test_erasing_after_the_other_went_on_into_a_third(till: Till, tables: DynamoDBTables) -> None:
    """Ann went into Bob, Bob into Cid; Ann was taken out again, Bob is still Cid."""
    ann, bob = till.manage(ANN_NAMED).id, till.manage(BOB).id
    cid = till.manage(email="cid@example.com").id
    merge = till.merge(bob, ann)
    assert merge.status == 200
    assert till.merge(cid, bob).status == 200
    undone = till.unmerge(ann)
    assert undone.status == 200, undone
    assert till.erase(ann).status == 200
    assert_forgotten(tables)
    assert till.get(bob).id == cid
    assert till.unmerge(bob).status == 200
    assert_forgotten(tables)
    assert till.get(bob).customer["email"] == BOB["email"]


def test_erasing_takes_the_person_out_of_conflicts(till: Till, tables: DynamoDBTables) -> None:
    """Also out of one that named the person's e-mail before it was anybody's."""
    bob = till.manage(phone=ANN["phone"], **BOB).id
    shared = till.manage(phone=ANN["phone"], email=ANN["email"], firstName="Annabella", lastName="Archer")
    assert shared.status == 409
    ann = till.manage(phone=ANN["phone"], email=ANN["email"], firstName="Annabella", samePerson=False).id
    several = till.manage(email=ANN["email"], authUserId="auth-ann").id
    assert several == ann
    assert till.manage(email=BOB["email"], authUserId="auth-ann").status == 409
    receipt = till.erase(ann)
    assert stores(receipt.body)["conflicts"] == 2
    assert_forgotten(tables, ("ann.archer", "auth-ann", "annabella", "archer"))
    assert audit(tables).conflicts == []
    assert till.get(bob).status == 200


def test_a_shared_phone_passes_to_an_heir(till: Till, tables: DynamoDBTables) -> None:
    """Another living person's number is not buried."""
    ann = till.manage(ANN_NAMED).id
    bob = till.manage(phone=ANN["phone"], samePerson=False, **BOB).id
    assert bob != ann
    assert stores(till.erase(ann).body)["identifiers"] == 2
    assert_forgotten(tables, ("ann.archer", "auth-ann", "annabella", "archer", "walnuts"))
    found = till.manage(phone=ANN["phone"])
    assert (found.id, found.customer["phone"]) == (bob, ANN["phone"])


def test_who_had_typed_the_address_of_the_person_does_not_keep_it(till: Till, tables: DynamoDBTables) -> None:
    """Mallory sat on Ann's address until Ann proved it; it is in Mallory's profile and past, and belongs to Ann."""
    mallory = user_of(till.tenant, "auth-mallory", email="mallory@example.com")
    squatter = till.manage(email=ANN["email"], firstName="Mallory", caller=mallory).id
    ann = user_of(till.tenant, "auth-ann", email=ANN["email"])
    customer = till.manage(firstName="Annabella", caller=ann).id
    assert customer != squatter
    assert till.erase(customer, caller=ann).status == 200
    assert_forgotten(tables)
    assert till.get(squatter).customer["firstName"] == "Mallory"
