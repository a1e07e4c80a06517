"""Names: cleaning and comparing."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.names import MAX_FOLDED_CHARACTERS, clean_name, fold_name, names_agree, names_differ


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


@pytest.mark.parametrize(
    ("typed", "stored"),
    [
        ("jos", "José García"),
        ("JOSÉ G", "Jose\u0301 Garcia"),
        ("oneil", "O\u2019Neil"),
        ("o'n", "ONeil"),
        ("Garcia, J", "García José"),
        ("jean luc", "Jean-Luc"),
        ("lukasz", "Łukasz"),
        ("strasse", "Straße"),
        ("istanbul", "İstanbul"),
        ("\u738b", "\u738b \u5c0f\u660e"),  # one letter of Wang Xiaoming
        ("\u738b\u5c0f", "\u738b \u5c0f\u660e"),  # written without the blank
        ("\uae40", "\uae40 \ubbfc\uc218"),  # Kim, one syllable
        ("\uff76\uff9e", "\u30ac\u30c3\u30b3"),  # half-width ga, full-width Gakko
        ("\u0930\u093e", "\u0930\u093e\u092e"),  # Ra, with its vowel sign
        ("\u0645\u062d", "\u0645\u062d\u0645\u062f"),
    ],
)
def test_the_beginning_of_a_name_folds_to_the_beginning_of_the_folded_name(typed: str, stored: str) -> None:
    assert fold_name(typed)
    assert fold_name(stored).startswith(fold_name(typed))


@pytest.mark.parametrize(
    ("one", "other"),
    [("ram", "rum"), ("\u0930\u093e\u092e", "\u0930\u093f\u092e"), ("\u738b", "\u5c0f"), ("Ann E", "Anne"), ("", "a")],
)
def test_names_that_differ_fold_apart(one: str, other: str) -> None:
    assert fold_name(one) != fold_name(other)


@pytest.mark.parametrize("text", ["", "  ", "-.,'", "\U0001f642", "\u200d"])
def test_what_is_no_name_folds_to_nothing(text: str) -> None:
    assert fold_name(text) == ""


@given(st.text(), st.text())
def test_a_folded_name_has_no_separator_of_keys_and_fits_an_index(first: str, last: str) -> None:
    folded = fold_name(f"{first} {last}")
    assert not {"#", "\t"} & set(folded)
    assert len(folded.encode("utf-8", "surrogatepass")) <= 4 * MAX_FOLDED_CHARACTERS
