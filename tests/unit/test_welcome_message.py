"""The words that welcome a member."""

from datetime import UTC, datetime

import pytest

from customerhub.domain.welcome_message import welcome_message


def test_it_says_who_what_and_until_when() -> None:
    message = welcome_message("Demo Winery", "Bronze", 1250, "Ann", datetime(2027, 11, 5, tzinfo=UTC))
    assert message.subject == "Welcome to Bronze at Demo Winery"
    assert message.text.startswith("Hello Ann,\n")
    assert "12.5 % off" in message.text
    assert "until 5 November 2027" in message.text


def test_without_a_name_or_an_end() -> None:
    message = welcome_message("Demo Winery", "Bronze", 1000, None, None)
    assert message.text.startswith("Hello,\n")
    assert "10 % off" in message.text
    assert "until" not in message.text


def test_a_name_cannot_write_another_header_or_a_letter_of_its_own() -> None:
    message = welcome_message("Demo\r\nBcc: x@example.com", "Bronze\n", 1000, "Ann\n\nBuy now " + "x" * 500, None)
    assert "\n" not in message.subject
    assert "\r" not in message.subject
    assert len(message.text.splitlines()[0]) < 80


@pytest.mark.parametrize(
    "name",
    [
        "You won: https://evil.example",
        "evil.example/prize",
        "WWW.evil.example",
        "a.co",
        "\u202enimda",
        "x@evil.example",
    ],
)
def test_a_name_that_is_an_address_is_not_sent_on(name: str) -> None:
    """Whoever brings a spreadsheet in decides what names are in it, and to whom they go."""
    assert welcome_message("Demo Winery", "Bronze", 1000, name, None).text.startswith("Hello,\n")


@pytest.mark.parametrize("name", ["J.R.", "Mary-Ann", "O'Neil", "Zo\u00eb", "Dr. No", "\u0645\u06cc\u200c\u062e\u0648"])
def test_a_name_is_greeted(name: str) -> None:
    assert welcome_message("Demo Winery", "Bronze", 1000, name, None).text.startswith(f"Hello {name},\n")
