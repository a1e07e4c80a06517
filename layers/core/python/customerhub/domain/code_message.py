"""The words that a one-time code is sent with: plain text, without a link, since nobody should learn to follow one."""

from dataclasses import dataclass

from customerhub.domain.verification import LIFETIME

MINUTES = int(LIFETIME.total_seconds()) // 60
MAX_NAME_CHARACTERS = 40
"""With this much of a merchant's name a text message stays one message."""


@dataclass(frozen=True)
class CodeMessage:
    """The same message for either channel; a text message has no subject."""

    subject: str
    email_text: str
    sms_text: str


def code_message(code: str, merchant: str) -> CodeMessage:
    """The message that brings `code` from the merchant of that name."""
    name = _one_line(merchant)
    return CodeMessage(
        subject=f"Your code for {name}",
        email_text=(
            f"{code} is your code for {name}.\n\n"
            f"It is valid for {MINUTES} minutes. Never share this code: nobody at {name} will ask you for it.\n\n"
            "If you did not ask for a code, you can ignore this message.\n"
        ),
        sms_text=f"{code} is your code for {name}, valid for {MINUTES} minutes. Never share this code with anybody.",
    )


def _one_line(name: str) -> str:
    return " ".join(name.split())[:MAX_NAME_CHARACTERS].rstrip()
