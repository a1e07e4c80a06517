"""E-mail addresses: reading, and the key that tells whether two are one.

`email-validator` 2.4 checks the syntax, without DNS. The key is the whole address case-folded: the local part is
case-sensitive on paper and nowhere else, and Shopify and WooCommerce refuse a second account that differs in case
only (facts/platform-apis.md §5.2, 2026). Gmail dots and `+tags` are not folded: shops tell those accounts apart.
"""

from dataclasses import dataclass
from fnmatch import fnmatchcase

from email_validator import EmailNotValidError, validate_email

from customerhub.errors import InvalidInput

MAX_CHARACTERS = 254
PLACEHOLDER_PATTERNS = (
    "chatbot_temp@*",
    "noreply@*",
    "no-reply@*",
    "no_reply@*",
    "donotreply@*",
    "do-not-reply@*",
    "mailer-daemon@*",
    "postmaster@*",
    "*@*.local",
    "*@localhost",
    "*@*.localhost",
    "*@*.invalid",
    "*@marketplace.amazon.*",
)
"""Addresses that systems fill in where a person gave none; no person is found by them."""


@dataclass(frozen=True)
class EmailAddress:
    """An address as it was spelled (domain lower-cased), and its identity key."""

    address: str
    key: str


def is_placeholder_email(text: str, tenant_patterns: tuple[str, ...] = ()) -> bool:
    """Whether the address was filled in by a system, by the common patterns or the tenant's own."""
    folded = text.strip().casefold()
    return any(fnmatchcase(folded, pattern.casefold()) for pattern in (*PLACEHOLDER_PATTERNS, *tenant_patterns))


def parse_email(text: str) -> EmailAddress:
    """Read an address in any case. Raises InvalidInput with field `email` and the reason, never the address."""
    if len(text) > MAX_CHARACTERS:
        raise InvalidInput(f"longer than {MAX_CHARACTERS} characters", code="invalid_email", field="email")
    try:
        # `.test` is reserved for testing and never delivered to: harmless, and merchants try the hub with it.
        address = validate_email(text.strip(), check_deliverability=False, test_environment=True).normalized
    except EmailNotValidError as error:
        raise InvalidInput("not a valid e-mail address", code="invalid_email", field="email") from error
    return EmailAddress(address=address, key=address.casefold())
