"""What is typed into a search box is read in every way that it can be."""

import pytest
from hypothesis import given
from hypothesis.strategies import text

from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.search import MAX_CHARACTERS, SearchTerm, read_term
from customerhub.errors import InvalidInput
from tests.support.people import TENANT

PHONE = IdentifierKey(Kind.PHONE, "+17075550123")
ID = "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11"


def read(typed: str) -> SearchTerm:
    return read_term(typed, TENANT)


@pytest.mark.parametrize(
    "typed", ["+17075550123", "(707) 555-0123", "555-0123", "1 707 555 0123", "  +1-707-555-0123 ", "707.555.0123"]
)
def test_a_phone_is_read_with_the_region_and_area_code_of_the_tenant(typed: str) -> None:
    assert read(typed).contact == PHONE
    assert not read(typed).name


@pytest.mark.parametrize("typed", ["ann@example.com", "ANN@Example.COM", "  Ann@example.com "])
def test_an_email_is_read_in_any_case(typed: str) -> None:
    assert read(typed).contact == IdentifierKey(Kind.EMAIL, "ann@example.com")
    assert not read(typed).name


@pytest.mark.parametrize("typed", [ID, ID.upper(), f"{{{ID}}}", ID.replace("-", "")])
def test_an_id_is_read_in_any_spelling(typed: str) -> None:
    assert read(typed).customer == ID
    assert not read(typed).name


def test_any_text_may_be_an_auth_user_and_one_with_a_colon_a_record_in_a_shop() -> None:
    assert read("auth0|7").identifiers == (IdentifierKey(Kind.AUTH, "auth0|7"),)
    assert IdentifierKey(Kind.EXTERNAL, "shop-1:99") in read("shop-1:99").identifiers


def test_a_name_that_can_be_dialled_is_both() -> None:
    term = read("707-555-WINE")
    assert term.contact == IdentifierKey(Kind.PHONE, "+17075559463")
    assert term.name == "707 555 wine"


@pytest.mark.parametrize("typed", ["", "   ", "\x00", "\ud800", "Ann\udfff"])
def test_what_cannot_be_read_finds_nobody_by_name(typed: str) -> None:
    term = read(typed)
    assert (term.customer, term.contact, term.name) == (None, None, "")


@given(text(max_size=MAX_CHARACTERS))
def test_nothing_that_fits_is_refused(typed: str) -> None:
    read(typed)


def test_a_text_that_is_too_long_is_refused_by_name() -> None:
    with pytest.raises(InvalidInput) as refusal:
        read("a" * (MAX_CHARACTERS + 1))
    assert refusal.value.field == "q"
