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
        ("jane@xn--bcher-kva.de", "jane@bücher.de", "jane@bücher.de"),
        ("Straße@example.com", "Straße@example.com", "strasse@example.com"),
    ],
)
def test_the_key_is_the_case_folded_address_and_the_spelling_is_kept(text: str, address: str, key: str) -> None:
    email = parse_email(text)
    assert (email.address, email.key) == (address, key)


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
