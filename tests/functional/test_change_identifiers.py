"""Identifiers changed by patches: which one is shown, which come, which go, and whose they are."""

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest

from customerhub.bootstrap import build_customers_app
from customerhub.domain.changes import Changes
from customerhub.domain.customer import MAX_IDENTIFIERS, MAX_SIZE
from customerhub.domain.identifier import Claim, Grade, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.audit import Books, audit, state
from tests.support.patches import ANN, BOB, OTHER_PHONE, PHONE, emails, named, phones
from tests.support.till import Reply, Till, open_till, user_of


@pytest.fixture
def tables(fresh_tables: Callable[[], DynamoDBTables]) -> DynamoDBTables:
    """Tables that only this test has."""
    return fresh_tables()


@pytest.fixture
def till(tables: DynamoDBTables) -> Till:
    """A till over them."""
    return open_till(tables.client(), tables.names)


def _unchanged(tables: DynamoDBTables, before: Books) -> None:
    assert state(audit(tables).people) == state(before.people)


def test_a_new_email_is_added_and_shown_first_and_the_old_one_still_finds(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(email=ANN)
    assert till.patch(account.id, email="Ann.New@example.com").customer["email"] == "Ann.New@example.com"
    assert till.manage(email=ANN).id == till.manage(email="ann.new@example.com").id == account.id
    assert till.patch(account.id, email=ANN.upper()).customer["email"] == ANN
    (customer,) = audit(tables).customers.values()
    assert [(i.value, i.preferred) for i in customer.identifiers] == [(ANN, True), ("ann.new@example.com", False)]


def test_what_was_chosen_stays_shown_first_when_better_proven_ones_come(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(email=ANN, authUserId="ann")
    till.patch(account.id, email="chosen@example.com")
    till.manage(email=ANN, caller=user_of(till.tenant, "ann", email=ANN))
    assert till.get(account.id).customer["email"] == "chosen@example.com"
    audit(tables)


def test_identifiers_come_and_go(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(email=ANN, phone=PHONE)
    added = [*emails(BOB), named("authUserId", "u-1")]
    till.patch(account.id, addIdentifiers=added, removeIdentifiers=phones("707-555-0101"))
    (customer,) = audit(tables).customers.values()
    assert {i.value for i in customer.identifiers} == {ANN, BOB, "u-1"}
    assert till.manage(phone=PHONE).customer["isNewAccount"], "the number is free again"
    audit(tables)


def test_removing_what_is_not_there_changes_nothing(tables: DynamoDBTables, till: Till) -> None:
    account, other = till.manage(email=ANN), till.manage(email=BOB)
    before = audit(tables)
    assert till.patch(account.id, removeIdentifiers=[*emails(BOB), *phones(PHONE)]).id == account.id
    assert audit(tables).people == before.people
    assert till.manage(email=BOB).id == other.id


@pytest.mark.parametrize("patch", [{"email": BOB}, {"addIdentifiers": emails("BOB@example.com")}])
def test_invariant_1_what_another_customer_owns_is_a_conflict(
    tables: DynamoDBTables, till: Till, patch: dict[str, Any]
) -> None:
    account, other = till.manage(email=ANN), till.manage(email=BOB, phone=PHONE)
    before = audit(tables)
    refused = till.patch(account.id, patch | {"firstName": "Mallory", "phone": OTHER_PHONE})
    assert (refused.status, refused.body["conflicts"]["kind"]) == (409, "several_accounts")
    assert [a["id"] for a in refused.body["conflicts"]["accounts"]] == [account.id, other.id]
    _unchanged(tables, before)
    again = till.patch(account.id, patch)
    assert again.body["conflicts"]["id"] == refused.body["conflicts"]["id"]
    assert len(audit(tables).conflicts) == 1


def test_a_phone_of_somebody_of_another_name_and_email_is_a_sharedphones(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(email=ANN, firstName="Ann")
    till.manage(email=BOB, firstName="Bob", phone=PHONE)
    refused = till.patch(account.id, phone=PHONE)
    assert (refused.status, refused.body["conflicts"]["kind"]) == (409, "shared_phone")
    assert len(audit(tables).conflicts) == 1


def test_those_who_cannot_be_one_are_a_contradiction(till: Till) -> None:
    account = till.manage(email=ANN, authUserId="ann")
    till.manage(email=BOB, authUserId="bob")
    assert till.patch(account.id, email=BOB).body["conflicts"]["kind"] == "contradiction"


def _household(till: Till) -> tuple[Reply, Reply]:
    """Ann, who owns a phone, and Bob, who shares it."""
    ann = till.manage(email=ANN, firstName="Ann", phone=PHONE)
    return ann, till.manage(email=BOB, firstName="Bob", phone=PHONE, samePerson=False)


def test_a_shared_phone_that_its_owner_gives_up_goes_to_an_heir(tables: DynamoDBTables, till: Till) -> None:
    ann, bob = _household(till)
    assert till.patch(ann.id, removeIdentifiers=phones(PHONE)).customer["phone"] is None
    books = audit(tables)
    (claim,) = [claim for key, claim in books.claims.items() if key.value == PHONE]
    assert (claim.owner, claim.sharers) == (bob.id, frozenset())
    assert sorted(e["type"] for e in books.events).count("CustomerUpdated") == 2, "both timelines tell it"
    assert till.manage(phone=PHONE).id == bob.id


def test_one_who_shares_a_phone_gives_it_up(tables: DynamoDBTables, till: Till) -> None:
    ann, bob = _household(till)
    assert till.patch(bob.id, removeIdentifiers=phones(PHONE)).customer["phone"] is None
    (claim,) = [claim for key, claim in audit(tables).claims.items() if key.value == PHONE]
    assert (claim.owner, claim.sharers) == (ann.id, frozenset())


def test_a_shared_phone_can_be_the_one_to_show(tables: DynamoDBTables, till: Till) -> None:
    _, bob = _household(till)
    till.patch(bob.id, addIdentifiers=phones(OTHER_PHONE))
    assert till.get(bob.id).customer["phone"] == OTHER_PHONE
    assert till.patch(bob.id, phone=PHONE).customer["phone"] == PHONE
    audit(tables)


def test_an_organisations_number_is_carried_only(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(email=ANN)
    assert till.patch(account.id, phone="1-800-FLOWERS").customer["phone"] == "+18003569377"
    assert len(audit(tables).claims) == 1
    removed = till.patch(account.id, removeIdentifiers=emails(ANN))
    assert (removed.status, removed.body["code"]) == (422, "last_identifier")


def test_the_last_identifier_stays(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(email=ANN, phone=PHONE)
    before = audit(tables)
    refused = till.patch(account.id, removeIdentifiers=[*emails(ANN), *phones(PHONE)])
    assert (refused.status, refused.body["code"]) == (422, "last_identifier")
    _unchanged(tables, before)
    till.patch(account.id, removeIdentifiers=[*emails(ANN), *phones(PHONE)], email=BOB)
    assert [i.value for i in audit(tables).customers[account.id].identifiers] == [BOB]


def test_a_shared_phone_is_not_enough_to_be_known_by(tables: DynamoDBTables, till: Till) -> None:
    _, bob = _household(till)
    refused = till.patch(bob.id, removeIdentifiers=emails(BOB))
    assert (refused.status, refused.body["code"]) == (422, "last_identifier")
    audit(tables)


def test_a_customer_has_one_auth_user(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(authUserId="old")
    refused = till.patch(account.id, addIdentifiers=[named("authUserId", "new")])
    assert (refused.status, refused.body["code"]) == (422, "second_auth_user")
    swap = {"addIdentifiers": [named("authUserId", "new")]}
    swapped = till.patch(account.id, swap | {"removeIdentifiers": [named("authUserId", "old")]})
    assert swapped.customer["authUserId"] == "new"
    audit(tables)


def test_a_customer_holds_so_much_and_no_more(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(email="a0@example.com")
    numbers = range(1, MAX_IDENTIFIERS)
    for start in range(1, MAX_IDENTIFIERS, 10):
        some = [named("email", f"a{n}@example.com") for n in numbers if start <= n < start + 10]
        assert till.patch(account.id, addIdentifiers=some).status == 200
    before = audit(tables)
    refused = till.patch(account.id, email=ANN)
    assert (refused.status, refused.body["code"]) == (422, "too_many_identifiers")
    too_long = till.patch(account.id, preferences={str(n): "x" * 200 for n in range(MAX_SIZE // 200)})
    assert (too_long.status, too_long.body["field"]) == (422, "preferences")
    _unchanged(tables, before)


@pytest.mark.parametrize(
    ("patch", "field"),
    [
        ({"email": None}, "email"),
        ({"phone": None}, "phone"),
        ({"email": ""}, "email"),
        ({"email": "nobody"}, "email"),
        ({"email": "noreply@example.com"}, "email"),
        ({"phone": "12"}, "phone"),
        ({"phone": "0000000000"}, "phone"),
        ({"addIdentifiers": emails("nobody")}, "addIdentifiers.0.value"),
        ({"addIdentifiers": [named("authUserId", " ")]}, "addIdentifiers.0.value"),
        ({"removeIdentifiers": [*emails(ANN), *phones("x")]}, "removeIdentifiers.1.value"),
        ({"addIdentifiers": [named("external", "shop:1")]}, "addIdentifiers.0.kind"),
        ({"addIdentifiers": [named("email", f"{n}@example.com") for n in range(11)]}, "addIdentifiers"),
        ({"email": BOB, "removeIdentifiers": emails("BOB@example.com")}, "email"),
        ({"addIdentifiers": emails(BOB), "removeIdentifiers": emails(BOB)}, "addIdentifiers.0.value"),
        ({"allergies": "nuts"}, "allergies"),
        ({"address": "1 Main Street"}, "address"),
        ({"address": {"planet": "Mars"}}, "address.planet"),
        ({"keptApart": []}, "keptApart"),
        ({"version": 7}, "version"),
    ],
    ids=json.dumps,
)
def test_what_cannot_be_is_refused_by_field(
    tables: DynamoDBTables, till: Till, patch: dict[str, Any], field: str
) -> None:
    account = till.manage(email=ANN)
    before = audit(tables)
    refused = till.patch(account.id, patch | {"firstName": "Mallory"})
    assert (refused.status, refused.body["field"]) == (422, field)
    _unchanged(tables, before)


def test_the_old_id_of_a_merged_customer_works(tables: DynamoDBTables, till: Till) -> None:
    first, second = till.manage(email=ANN), till.manage(phone=PHONE)
    till.manage(email=ANN, phone=PHONE, mergeIfFound=True)
    changed = till.patch(second.id, firstName="Ann")
    assert changed.id == first.id
    assert till.get(first.id).customer["firstName"] == "Ann"
    audit(tables)


def _bury(tables: DynamoDBTables, till: Till, *keys: tuple[Kind, str]) -> None:
    """Leave tombstones of somebody who was erased."""
    claims = (
        Claim(IdentifierKey(*key), CustomerId("gone"), Grade.ASSERTED, "api", datetime.now(UTC), frozenset())
        for key in keys
    )
    app = build_customers_app(Settings(tables.names), tables.client())
    app.identities.write(till.tenant, Changes(buried=tuple(claims)), None)


def test_invariant_6_an_erased_person_does_not_come_back_by_a_patch(tables: DynamoDBTables, till: Till) -> None:
    account = till.manage(email=ANN)
    _bury(tables, till, (Kind.EMAIL, BOB), (Kind.PHONE, PHONE))
    for patch in ({"email": BOB}, {"addIdentifiers": phones(PHONE)}):
        refused = till.patch(account.id, patch)
        assert (refused.status, refused.body["code"]) == (410, "person_erased")
    shown = till.get(account.id).customer
    assert (shown["email"], shown["phone"]) == (ANN, None)
