"""E-mail addresses: the key, what is refused, and what a system filled in."""

import pytest

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
