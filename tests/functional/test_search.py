"""Search: by any identifier in any spelling, by id, and by the beginning of a name."""

import uuid
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime
from itertools import chain
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerhub.domain.caller import Scope
from customerhub.domain.customer import Alias, Customer, StoredCustomer
from customerhub.domain.ids import MergeId
from customerhub.domain.names import fold_name
from infra.local.tables import DynamoDBTables
from tests.support.people import user
from tests.support.register import START, erased, open_register, person
from tests.support.till import Till, fresh_tenant, open_till, service

NEVER = datetime.max.replace(tzinfo=UTC)
ANN = {"firstName": "Ann", "lastName": "Lee", "email": "Ann.Lee@Example.com", "phone": "(707) 555-0123"}


def ids(reply: Any) -> list[str]:
    assert reply.status == 200, reply
    return [customer["id"] for customer in reply.body["customers"]]


def pages(till: Till, q: str | None, limit: int) -> Iterator[list[str]]:
    """All pages of a search, as ids."""
    cursor = None
    while True:
        reply = till.search(q, limit=limit, cursor=cursor)
        found = ids(reply)
        assert len(found) <= limit
        yield found
        cursor = reply.body["nextCursor"]
        if cursor is None:
            return


def everybody(till: Till, q: str | None, limit: int) -> list[str]:
    return list(chain.from_iterable(pages(till, q, limit)))


@pytest.mark.parametrize(
    "q",
    [
        "ann.lee@example.com",
        " ANN.LEE@EXAMPLE.COM ",
        "+17075550123",
        "707-555-0123",
        "555-0123",
        "1 (707) 555 0123",
        "auth-ann",
        "ann",
        "ANN L",
        "ann lee",
        "lee ann",
        "Lee, Ann",
        "Lee,A",
    ],
)
def test_every_spelling_finds_the_customer(till: Till, q: str) -> None:
    ann = till.manage(ANN | {"authUserId": "auth-ann"}).id
    till.manage(firstName="Bob", lastName="Chen", email="bob@example.com", phone="+17075550124", authUserId="auth-bob")
    assert ids(till.search(q)) == [ann]


@pytest.mark.parametrize("q", ["nn", "lee@example.com", "auth", "555-0124", "Ann Leex", "Leeann", "%", "\ud800", " "])
def test_what_is_neither_an_identifier_nor_a_beginning_finds_nobody(till: Till, q: str) -> None:
    till.manage(ANN)
    reply = till.search(q)
    assert ids(reply) == []
    assert reply.body["nextCursor"] is None


@pytest.mark.parametrize(
    ("names", "q"),
    [
        ({"firstName": "José", "lastName": "García"}, "jos"),
        ({"firstName": "José", "lastName": "García"}, "GARCIA, JOSE"),
        ({"firstName": "Siobhán", "lastName": "O\u2019Brien"}, "obr"),
        ({"lastName": "D'Angelo"}, "dang"),
        ({"firstName": "Łukasz"}, "luk"),
        ({"firstName": "\u5c0f\u660e", "lastName": "\u738b"}, "\u738b"),
        ({"firstName": "\u5c0f\u660e", "lastName": "\u738b"}, "\u738b\u5c0f\u660e"),
        ({"firstName": "\ubbfc\uc218", "lastName": "\uae40"}, "\uae40"),
        ({"firstName": "\u0930\u093e\u092e"}, "\u0930\u093e"),
        ({"firstName": "\u0410\u043d\u043d\u0430"}, "\u0430\u043d"),
        ({"firstName": "7"}, "7"),
    ],
)
def test_names_of_any_script_are_found_by_their_beginning(till: Till, names: dict[str, str], q: str) -> None:
    found = till.manage({"email": "a@example.com"} | names).id
    till.manage(email="b@example.com", firstName="Zed", lastName="Zed")
    assert ids(till.search(q)) == [found]


def test_the_longest_names_can_be_stored_and_found(till: Till) -> None:
    hangul = "\ubbfc" * 100  # three letters each, of three bytes
    found = till.manage(email="a@example.com", firstName=hangul, lastName=hangul).id
    assert ids(till.search(hangul)) == [found]


def test_an_id_in_any_spelling_and_from_before_a_merge_finds_the_customer(till: Till) -> None:
    first = till.manage(email="a@example.com").id
    second = till.manage(phone="+17075550123").id
    merged = till.manage(email="a@example.com", phone="+17075550123", mergeIfFound=True).id
    for q in (first, second, second.upper(), first.replace("-", "")):
        assert ids(till.search(q)) == [merged]
    assert ids(till.search(str(uuid.uuid4()))) == []


def test_the_owner_comes_before_the_sharers_and_these_before_names(till: Till) -> None:
    phone = "+17075559463"  # 707-555-WINE
    owner = till.manage(phone=phone, email="a@example.com", firstName="Ann").id
    sharer = till.manage(phone=phone, email="b@example.com", firstName="Bob", samePerson=False).id
    namesake = till.manage(email="c@example.com", firstName="707-555-Wine").id
    assert ids(till.search("707-555-wine")) == [owner, sharer, namesake]
    assert [page for page in pages(till, "707-555-wine", 1) if page] == [[owner], [sharer], [namesake]]


def test_those_who_merely_carry_a_phone_are_found_in_pages(till: Till) -> None:
    """An organisation's number belongs to nobody."""
    number = "+18005550199"
    carriers = [till.manage(phone=number, email=f"{n}@example.com").id for n in range(7)]
    found = list(pages(till, "1-800-555-0199", 3))
    assert [len(page) for page in found] == [3, 3, 1]
    assert sorted(chain.from_iterable(found)) == sorted(carriers)


def test_who_is_found_by_an_identifier_and_by_name_is_shown_once(till: Till) -> None:
    ann = till.manage(authUserId="ann", firstName="Ann", lastName="Ann").id
    other = till.manage(email="b@example.com", firstName="Anna", lastName="Annan").id
    assert ids(till.search("ann")) == [ann, other]
    assert everybody(till, "ann", 1) == [ann, other]


def test_a_page_of_one_name_goes_on_in_the_order_of_the_names(till: Till) -> None:
    names = [("Ann", None), ("Ann", "Abel"), ("Ann", "Zed"), ("Anna", "Abel"), ("Bob", "Anders"), ("Annette", None)]
    by_name = {
        (first, last): till.manage(email=f"{n}@example.com", firstName=first, lastName=last).id
        for n, (first, last) in enumerate(names)
    }
    expected = [by_name[name] for name in [names[4], *names[:4], names[5]]]
    for limit in (1, 2, 5, 25):
        assert everybody(till, "an", limit) == expected


def test_invariant_7_nobody_of_another_tenant_is_found(till: Till, dynamodb_tables: DynamoDBTables) -> None:
    other = open_till(dynamodb_tables.client(), dynamodb_tables.names, fresh_tenant())
    found = other.manage(ANN | {"authUserId": "auth-ann"}).id
    for q in (None, ANN["email"], ANN["phone"], "auth-ann", "ann", "lee", found):
        assert ids(other.search(q)) == [found]
        assert ids(till.search(q)) == []


def test_invariant_7_a_cursor_of_another_tenant_is_refused(till: Till, dynamodb_tables: DynamoDBTables) -> None:
    other = open_till(dynamodb_tables.client(), dynamodb_tables.names, fresh_tenant())
    other.manage(email="a@example.com", source="webapp")
    other.manage(email="b@example.com", source="webapp")
    reply = till.search(limit=1, cursor=other.search(limit=1).body["nextCursor"])
    assert (reply.status, reply.body["field"]) == (422, "cursor")


def test_invariant_7_users_may_not_search_nor_list(till: Till) -> None:
    for q in (None, "ann"):
        reply = till.search(q, caller=replace(user("auth-1", tenant=till.tenant), expires_at=NEVER))
        assert (reply.status, reply.body["code"]) == (403, "insufficient_scope")
        writer = service(till.tenant, scopes=frozenset({Scope.CUSTOMERS_WRITE}))
        assert till.search(q, caller=writer).status == 403


@pytest.mark.parametrize(
    ("query", "field"),
    [({"q": "a" * 101}, "q"), ({"limit": 0}, "limit"), ({"limit": 101}, "limit"), ({"cursor": "x"}, "cursor")],
)
def test_bad_parameters_are_refused_by_name(till: Till, query: dict[str, Any], field: str) -> None:
    reply = till.search(**query)
    assert (reply.status, reply.body["field"]) == (422, field)


def test_the_ceiling_of_the_credential_holds(till: Till) -> None:
    caller = service(till.tenant, ceiling=3)
    assert [till.search("a", caller=caller).status for _ in range(4)] == [200, 200, 200, 429]


LETTERS = st.text("aAáz '-\u738b", max_size=3)


@settings(max_examples=25, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(people=st.lists(st.tuples(LETTERS, LETTERS), max_size=20), q=LETTERS.filter(fold_name), limit=st.integers(1, 8))
def test_all_pages_together_hold_everybody_whom_the_name_finds_once_and_in_order(
    dynamodb_tables: DynamoDBTables, people: list[tuple[str, str]], q: str, limit: int
) -> None:
    till = open_till(dynamodb_tables.client(), dynamodb_tables.names)
    register = open_register(dynamodb_tables)
    customers = [
        person(till.tenant.id, n, first_name=first or None, last_name=last or None)
        for n, (first, last) in enumerate(people)
    ]
    register.put(customers)
    assert everybody(till, q, limit) == expected_by_name(customers, q)


def expected_by_name(customers: list[Customer], q: str) -> list[str]:
    places = [(place, c.id) for c in customers if (place := first_place(c, fold_name(q)))]
    return [customer for _, customer in sorted(places, key=lambda place: (place[0], place[1].replace("-", "")[-16:]))]


def first_place(customer: Customer, prefix: str) -> str | None:
    """The folded name under which a customer comes first, with the end that puts a name before a longer one."""
    first, last = customer.first_name or "", customer.last_name or ""
    spelled = [f"{one} {other}" for one, other in ((first, last), (last, first)) if fold_name(one)]
    folded = [fold_name(name) for name in spelled]
    return min((f"{name}\t" for name in folded if name.startswith(prefix)), default=None)


class _Between:
    """Runs something once, between the read of the index and the read of the profiles."""

    def __init__(self, client: Any, happens: Any) -> None:
        self._happens = happens
        client.meta.events.register("before-call.dynamodb.BatchGetItem", self._once)

    def _once(self, params: dict[str, Any], **_: Any) -> None:
        happens, self._happens = self._happens, None
        if happens and "PROFILE" in str(params):
            happens()
        else:
            self._happens = happens


@pytest.mark.parametrize("q", [None, "ann"])
def test_an_entry_of_an_index_that_is_out_of_date_shows_nobody(dynamodb_tables: DynamoDBTables, q: str | None) -> None:
    """Invariant 6, and 5: neither an erased person nor a merged one comes back by way of an index."""
    client, register = dynamodb_tables.client(), open_register(dynamodb_tables)
    till = open_till(client, dynamodb_tables.names)
    people = [person(till.tenant.id, n, first_name="Ann", last_name=f"{n}") for n in range(5)]
    register.put(people)
    forgotten, merged, renamed, changed, same = people
    later = START.replace(year=2027)
    now: list[StoredCustomer] = [
        erased(forgotten),
        Alias(till.tenant.id, merged.id, same.id, MergeId("1"), 2, START),
        replace(renamed, first_name="Zoe", updated_at=later),
        replace(changed, allergies=("nuts",), updated_at=later),
    ]
    _Between(client, lambda: register.put(now))
    shown = [same.id] if q is None else [changed.id, same.id]
    assert ids(till.search(q)) == shown


def test_who_changes_between_two_pages_is_not_shown_again(till: Till) -> None:
    emails = [f"{n}@example.com" for n in range(6)]
    people = {email: till.manage(email=email, firstName="Ann").id for email in emails}
    for q in (None, "ann"):
        first = till.search(q, limit=3)
        for email, customer in people.items():
            if customer in (ids(first)[0], ids(first)[2]):
                till.manage(email=email, allergies=[f"nuts {q}"])
        rest = till.search(q, cursor=first.body["nextCursor"])
        assert not set(ids(first)) & set(ids(rest))
        assert {*ids(first), *ids(rest)} == set(people.values())
