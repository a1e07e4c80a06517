"""Names: cleaning and comparing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.names import clean_name, names_differ


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
