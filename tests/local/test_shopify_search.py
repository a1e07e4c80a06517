"""Searches and pages of the Shopify double, with the traps of real shops."""

import pytest

from tests.support.shopify import CUSTOMERS, ShopifyCaller

COUNT = "query($query: String, $limit: Int) { customersCount(query: $query, limit: $limit) { count precision } }"


@pytest.fixture
def people(shopify: ShopifyCaller) -> ShopifyCaller:
    """Three, a day apart from each other."""
    shopify.customer("a.b@example.com", tags=["VIP", "Club"], firstName="Ada", phone="+17079631234")
    shopify.advance(86_400)
    shopify.customer("b.a@example.com", tags=["club"], firstName="Bob")
    shopify.advance(86_400)
    shopify.customer("c@example.com", lastName="Hill")
    return shopify


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ('email:"A.B@example.com"', ["a.b@example.com"]),
        ("email:a.b@example.com", ["a.b@example.com", "b.a@example.com"]),
        ("email:a.b*", ["a.b@example.com"]),
        ("phone:+17079631234", ["a.b@example.com"]),
        ("phone:*", ["a.b@example.com"]),
        ("tag:club", ["a.b@example.com", "b.a@example.com"]),
        ("tag:'vip'", ["a.b@example.com"]),
        ("tag:club -tag:vip", ["b.a@example.com"]),
        ("tag:club AND NOT tag:vip", ["b.a@example.com"]),
        ("tag:vip OR last_name:hill", ["a.b@example.com", "c@example.com"]),
        ("(tag:vip OR tag:club) first_name:bob", ["b.a@example.com"]),
        ("hill", ["c@example.com"]),
        ("tag:nothing", []),
        ("id:1", []),
    ],
)
def test_what_a_search_finds(people: ShopifyCaller, query: str, found: list[str]) -> None:
    assert people.emails(query) == found


def test_ids_can_be_compared(people: ShopifyCaller) -> None:
    first, *rest = people.customers()
    number = first["id"].rsplit("/", 1)[1]
    assert people.emails(f"id:>{number}") == [one["email"] for one in rest]
    assert people.emails(f"id:{number}") == [first["email"]]


def test_times_are_seconds_with_quotes_and_days_without(people: ShopifyCaller) -> None:
    _, second, _ = people.customers()
    at = second["updatedAt"]
    assert people.emails(f"updated_at:>='{at}'") == ["b.a@example.com", "c@example.com"]
    assert people.emails(f"updated_at:>'{at}'") == ["b.a@example.com", "c@example.com"]
    assert people.emails(f"updated_at:<'{at}'") == ["a.b@example.com", "b.a@example.com"]
    assert people.emails(f"updated_at:'{at}'") == ["b.a@example.com"]
    late = f"{at[:10]}T23:59:59Z"
    assert people.emails(f"updated_at:>='{late}'", sortKey="UPDATED_AT")[-1:] == ["c@example.com"]
    assert people.emails(f"updated_at:>={late}") == ["b.a@example.com", "c@example.com"]


def test_a_shop_may_know_whole_days_only(people: ShopifyCaller) -> None:
    people.configure(wholeDays=True)
    _, second, _ = people.customers()
    late = f"{second['updatedAt'][:10]}T23:59:59Z"
    assert people.emails(f"updated_at:>='{late}'", sortKey="UPDATED_AT") == ["b.a@example.com", "c@example.com"]


def test_searches_learn_late_and_ids_at_once(shopify: ShopifyCaller) -> None:
    shopify.configure(searchLagSeconds=30)
    known = shopify.customer("a@example.com", tags=["one"])
    assert shopify.emails("tag:one") == []
    assert shopify.data("query($id: ID!) { customer(id: $id) { email } }", id=known["id"])["email"] == "a@example.com"
    assert shopify.emails(None) == ["a@example.com"]

    shopify.advance(30)
    shopify.control("PATCH", f"customers/{known['id']}", {"tags": ["two"]})
    assert shopify.emails("tag:two") == []
    # The index is old; what it finds is shown as it is.
    assert shopify.customers(query="tag:one")[0]["tags"] == ["two"]
    shopify.advance(30)
    assert shopify.emails("tag:two") == ["a@example.com"]
    shopify.control("DELETE", f"customers/{known['id']}")
    assert shopify.emails("tag:two") == []
    shopify.configure(searchLagSeconds=0)
    assert shopify.emails("tag:two") == []


@pytest.mark.parametrize("size", [1, 2, 3, 7])
@pytest.mark.parametrize(("sort", "reverse"), [("ID", False), ("UPDATED_AT", False), ("UPDATED_AT", True)])
def test_pages_show_everybody_once(shopify: ShopifyCaller, size: int, sort: str, reverse: bool) -> None:
    shopify.control("POST", "seed", {"customers": 7})
    shopify.customer("late@example.com")
    seen: list[str] = []
    after, more = None, True
    while more:
        page = shopify.data(CUSTOMERS, first=size, after=after, sortKey=sort, reverse=reverse)
        seen += [customer["email"] for customer in page["nodes"]]
        after, more = page["pageInfo"]["endCursor"], page["pageInfo"]["hasNextPage"]
    assert len(seen) == len(set(seen)) == 8
    assert seen[0 if reverse else -1] == "late@example.com"


def test_pages_can_be_read_backwards(shopify: ShopifyCaller) -> None:
    shopify.control("POST", "seed", {"customers": 5})
    everybody = [customer["id"] for customer in shopify.customers()]
    last = shopify.data(CUSTOMERS, last=2)
    assert [one["id"] for one in last["nodes"]] == everybody[-2:]
    assert last["pageInfo"]["hasPreviousPage"]
    before = shopify.data(CUSTOMERS, last=2, before=last["pageInfo"]["startCursor"])
    assert [one["id"] for one in before["nodes"]] == everybody[1:3]


def test_a_cursor_goes_with_its_order(shopify: ShopifyCaller) -> None:
    shopify.control("POST", "seed", {"customers": 2})
    after = shopify.data(CUSTOMERS, first=1, sortKey="UPDATED_AT")["pageInfo"]["endCursor"]
    error = shopify.refused(CUSTOMERS, first=1, after=after)
    assert error["message"] == "Invalid cursor for current pagination sort."
    assert error["extensions"]["code"] == "INVALID_CURSOR"


def test_who_is_changed_during_a_scan_comes_again_at_its_end(shopify: ShopifyCaller) -> None:
    shopify.control("POST", "seed", {"customers": 3})
    first = shopify.data(CUSTOMERS, first=2, sortKey="UPDATED_AT")
    shopify.advance(5)
    moved = first["nodes"][0]
    shopify.control("PATCH", f"customers/{moved['id']}", {"firstName": "Changed"})
    rest = shopify.data(CUSTOMERS, first=2, sortKey="UPDATED_AT", after=first["pageInfo"]["endCursor"])
    assert [one["id"] for one in rest["nodes"]][-1] == moved["id"]
    assert len(rest["nodes"]) == 2


def test_counts_stop_at_the_limit(people: ShopifyCaller) -> None:
    assert people.data(COUNT, limit=None) == {"count": 3, "precision": "EXACT"}
    assert people.data(COUNT, limit=2) == {"count": 2, "precision": "AT_LEAST"}
    assert people.data(COUNT, query="updated_at:>'2000-01-01'", limit=10) == {"count": 3, "precision": "EXACT"}
    assert "searches by tag" in people.refused(COUNT, query="tag:vip")["message"]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ("", "you must provide one of first or last"),
        ("(first: 1, last: 1)", "you must provide one of first or last"),
        ("(first: 251)", "first cannot exceed 250 nor be negative"),
        ("(last: -1)", "last cannot exceed 250 nor be negative"),
        ('(first: 1, after: "x")', "Invalid cursor."),
        ('(first: 1, after: "e30=")', "Invalid cursor."),
    ],
)
def test_pages_that_cannot_be(shopify: ShopifyCaller, arguments: str, message: str) -> None:
    assert shopify.refused(f"{{ customers{arguments} {{ nodes {{ id }} }} }}")["message"] == message


@pytest.mark.parametrize("query", ["colour:red", "updated_at:>yesterday", "(tag:a", "id:x", "(-)", "NOT )"])
def test_searches_that_the_double_does_not_know_are_refused(shopify: ShopifyCaller, query: str) -> None:
    shopify.customer("a@example.com")
    assert shopify.refused(CUSTOMERS, first=1, query=query)["extensions"]["code"] == "NOT_MODELLED_BY_THE_DOUBLE"
