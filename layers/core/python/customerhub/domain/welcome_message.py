"""The words that welcome a new member: plain text, without a link."""

import re
from dataclasses import dataclass
from datetime import datetime

MAX_NAME_CHARACTERS = 60
_NO_NAME = re.compile(r"[:/@\\\u202a-\u202e\u2066-\u2069]|\w\.\w{2}")
"""An address, which mail programs make a link of, or what turns the letters around."""


@dataclass(frozen=True)
class WelcomeMessage:
    """One e-mail."""

    subject: str
    text: str


def welcome_message(
    merchant: str, stage: str, discount_basis_points: int, first_name: str | None, expires_at: datetime | None
) -> WelcomeMessage:
    """The message from the merchant of that name to somebody who has just entered a stage."""
    shop, tier, name = _one_line(merchant), _one_line(stage), _greeted(first_name or "")
    lines = [
        f"Hello {name}," if name else "Hello,",
        "",
        f"welcome to {tier} at {shop}. From now on you get {_percent(discount_basis_points)} off at the checkout"
        " whenever you order with this e-mail address.",
    ]
    if expires_at:
        lines += ["", f"Your membership lasts until {expires_at.day} {expires_at:%B %Y}."]
    return WelcomeMessage(f"Welcome to {tier} at {shop}", "\n".join([*lines, "", shop, ""]))


def _percent(basis_points: int) -> str:
    return f"{basis_points / 100:g} %"


def _greeted(name: str) -> str:
    """The name, unless it is something else: whoever typed it in would have the merchant send it to anybody."""
    return "" if _NO_NAME.search(name) else _one_line(name)


def _one_line(name: str) -> str:
    return " ".join(name.split())[:MAX_NAME_CHARACTERS].rstrip()
