"""E-mail addresses: the key, what is refused, and what a system filled in."""

import string

import pytest
from email_validator import EmailNotValidError, validate_email
from hypothesis import given, settings
from hypothesis import strategies as st

from customerhub.domain.email import is_placeholder_email, parse_email
from customerhub.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "address", "key"),
    [
        ("John@Email.com", "John@email.com", "john@email.com"),
        (" jane.doe@example.com ", "jane.doe@example.com", "jane.doe@example.com"),
        ("Jane@xn--bcher-kva.de", "Jane@bücher.de", "jane@xn--bcher-kva.de"),
        ("jane@BÜCHER.de", "jane@bücher.de", "jane@xn--bcher-kva.de"),
    ],
)
def test_the_key_is_the_lower_cased_address_and_the_spelling_is_kept(text: str, address: str, key: str) -> None:
    email = parse_email(text)
    assert (email.address, email.key) == (address, key)


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("anna@stra\u00dfe.de", "anna@strasse.de"),
        ("anna@xn--strae-oqa.de", "anna@strasse.de"),
        ("stra\u00dfe@example.com", "strasse@example.com"),
        ("je\u017f@example.com", "jes@example.com"),
        ("p\u0430ul@example.com", "paul@example.com"),
    ],
)
def test_look_alikes_are_different_addresses(one: str, other: str) -> None:
    """Invariant 7: who owns one of two domains that differ must not enter the account of the other's."""
    assert parse_email(one).key != parse_email(other).key


def test_dots_and_tags_tell_accounts_apart() -> None:
    assert len({parse_email(t).key for t in ("j.doe@gmail.com", "jdoe@gmail.com", "jdoe+a@gmail.com")}) == 3


@pytest.mark.parametrize(
    "text", ["", "x", "a@b", "a@@b.com", "a@b..com", "a@[127.0.0.1]", "a\u200b@b.com", "a" * 250 + "@b.com"]
)
def test_what_is_no_address_is_refused_without_repeating_it(text: str) -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_email(text)
    assert (refusal.value.field, refusal.value.code) == ("email", "invalid_email")
    assert not text or text not in refusal.value.message or text == "x"


@pytest.mark.parametrize("text", ["\u212aim@example.com", "\u212aim\u00e9@example.com", "a\u1fefb@example.com"])
def test_what_unicode_would_make_ascii_is_refused(text: str) -> None:
    """The Kelvin sign is no k to a mail server, but would be one in the key."""
    with pytest.raises(InvalidInput):
        parse_email(text)


@pytest.mark.parametrize("text", ["chatbot_temp@temp.local", "NoReply@shop.com", "x@y.invalid", "no-reply@shop.com"])
def test_placeholders_are_known(text: str) -> None:
    assert is_placeholder_email(text)


def test_a_tenant_has_placeholders_of_its_own() -> None:
    assert is_placeholder_email("Guest-7@pos.winery.com", ("guest-*@pos.winery.com",))
    assert not is_placeholder_email("guest@winery.com", ("guest-*@pos.winery.com",))


WORD = st.text(alphabet=string.ascii_letters + string.digits + ".-+_'", min_size=1, max_size=20)


@settings(max_examples=1000)
@given(st.builds("{}@{}.{}".format, WORD, WORD, WORD) | st.emails() | st.text(max_size=30))
def test_everyday_addresses_are_read_as_the_library_reads_them(text: str) -> None:
    try:
        library = validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError:
        with pytest.raises(InvalidInput):
            parse_email(text)
    else:
        assert parse_email(text).address == library
