"""Names: cleaning and comparing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.names import clean_name, names_agree, names_differ


@given(st.text())
def test_cleaning_is_done_once_and_for_all(text: str) -> None:
    cleaned = clean_name(text)
    assert clean_name(cleaned) == cleaned
    assert cleaned == cleaned.strip()
    assert "\n" not in cleaned


def test_joiners_that_spell_a_name_stay() -> None:
    assert clean_name("  نیک\u200cآیین\t") == "نیک\u200cآیین"


@pytest.mark.parametrize(
    ("one", "other"),
    [("John", "john"), ("José Luis", "Jose"), ("Mary-Ann", "Mary"), (None, "Mary"), ("", "Mary"), ("?!", "Mary")],
)
def test_names_that_may_be_one_persons(one: str | None, other: str | None) -> None:
    assert not names_differ(one, other)
    assert not names_differ(other, one)


def test_names_of_two_people() -> None:
    assert names_differ("John", "Mary")


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("\u0930\u093e\u092e", "\u0930\u093e\u0927\u093e"),  # Ram and Radha
        ("Anna", "Annika"),
        ("Mary Jo", "Marie Jo"),
    ],
)
def test_names_that_begin_alike_are_still_two(one: str, other: str) -> None:
    assert names_differ(one, other)
    assert not names_agree(one, other)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("O'Neil", "O\u2019neil"),
        ("ONeil", "O'Neil"),
        ("\u0639\u0644\u06cc\u200c\u0631\u0636\u0627", "\u0639\u0644\u06cc\u0631\u0636\u0627"),
        ("Jo\u200bhn", "John"),
        ("Ren\u00e9e", "Rene\u0301e"),
        ("Jean-Luc", "jean"),
    ],
)
def test_spellings_of_one_name_agree(one: str, other: str) -> None:
    assert names_agree(one, other)


def test_a_name_without_letters_is_no_name() -> None:
    assert not names_agree("\U0001f642", "\U0001f642")
    assert not names_differ("\U0001f642", "Ann")
