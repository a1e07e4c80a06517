"""A cursor tells nothing, cannot be made up, and opens in its own list only."""

from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis.strategies import text

from customerhub.domain.page import DEFAULT_PAGE_SIZE, MAX_PAGE_SIZE
from customerhub.domain.tenant import new_hash_key
from customerhub.entrypoints.http_api.paging import MAX_CURSOR_CHARACTERS, read_paging
from customerhub.entrypoints.http_api.route import Request
from customerhub.errors import InvalidInput
from tests.support.people import SERVICE, TENANT

LISTING = ("/api/customers", "jos")


def request(*, caller: Any = SERVICE, **query: str) -> Request:
    return Request(caller, {"queryStringParameters": query})


def cursor(position: str) -> str:
    found = read_paging(request(), *LISTING).cursor(position)
    assert found
    return found


def refused(request: Request, *listing: str) -> str | None:
    with pytest.raises(InvalidInput) as refusal:
        read_paging(request, *listing)
    return refusal.value.field


@given(text())
def test_a_cursor_leads_back_to_its_position(position: str) -> None:
    position = position.encode("utf-8", "ignore").decode()
    assert read_paging(request(cursor=cursor(position)), *LISTING).after == position


def test_no_cursor_leads_to_the_first_page_and_the_last_page_gives_none() -> None:
    paging = read_paging(request(), *LISTING)
    assert paging.after is None
    assert paging.cursor(None) is None


def test_the_longest_position_fits() -> None:
    assert len(cursor("2" + "\U00020000" * 100 + "\t" + "f" * 16)) <= MAX_CURSOR_CHARACTERS


def test_invariant_8_a_cursor_shows_no_name_and_is_another_one_each_time() -> None:
    assert "jos" not in cursor("2jose garcia")
    assert cursor("2jose garcia") != cursor("2jose garcia")


def test_invariant_7_a_cursor_of_another_tenant_is_refused() -> None:
    other = replace(SERVICE, tenant=replace(TENANT, hash_key=new_hash_key()))
    assert refused(request(caller=other, cursor=cursor("x")), *LISTING) == "cursor"


def test_a_cursor_of_another_list_is_refused() -> None:
    assert refused(request(cursor=cursor("x")), "/api/customers", "ann") == "cursor"
    assert refused(request(cursor=cursor("x")), "/api/customersjos") == "cursor"


@pytest.mark.parametrize("text", ["", "a", "abcd", "=", "%%%%", "ü", "\ud800", "A" * 2000])
def test_what_is_no_cursor_is_refused_by_name(text: str) -> None:
    assert refused(request(cursor=text), *LISTING) == "cursor"


@pytest.mark.parametrize("place", [0, 12, -1])
def test_a_cursor_with_one_changed_character_is_refused(place: int) -> None:
    good = list(cursor("position"))
    good[place] = "A" if good[place] != "A" else "Q"
    assert refused(request(cursor="".join(good)), *LISTING) == "cursor"


@pytest.mark.parametrize("text", ["0", "-1", "101", "1.0", "ten", "", " 5", "05", "1,2", "\u0665", "1" * 5000])
def test_what_is_no_limit_is_refused_by_name(text: str) -> None:
    assert refused(request(limit=text), *LISTING) == "limit"


@pytest.mark.parametrize("limit", [1, 25, MAX_PAGE_SIZE])
def test_a_limit_is_taken(limit: int) -> None:
    assert read_paging(request(limit=str(limit)), *LISTING).limit == limit


def test_without_a_limit_a_page_has_its_usual_size() -> None:
    assert read_paging(request(), *LISTING).limit == DEFAULT_PAGE_SIZE
