"""E-mail addresses: reading, and the key that tells whether two are one.

`email-validator` 2.4 checks the syntax, without DNS. The key is the lower-cased local part and the domain in its ASCII
form (IDNA 2008): the local part is case-sensitive on paper and nowhere else, and Shopify and WooCommerce refuse a
second account that differs in case only (2026). Unicode's full case folding would make one of `strasse.de` and its
namesake with a sharp s, which belong to different people. Gmail dots and `+tags` are not folded: shops tell those
accounts apart.
"""

import re
import unicodedata
from dataclasses import dataclass
from fnmatch import fnmatchcase

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
    """An address as it was spelled (domain in Unicode, lower-cased), and its identity key."""

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
    return _plain_address(text.strip()) or _any_address(text.strip())


_WORD = r"[a-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LABEL = r"(?!..--)[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_SPECIAL = r"(?:arpa|invalid|local|localhost|onion)"
_PLAIN = re.compile(
    rf"(?P<local>(?=.{{1,64}}@){_WORD}(?:\.{_WORD})*)"
    rf"@(?P<domain>(?=.{{1,253}}\Z)(?:{_LABEL}\.)+(?!{_SPECIAL}\Z)[a-z]{{2,63}})\Z",
    re.ASCII | re.IGNORECASE,
)


def _plain_address(text: str) -> EmailAddress | None:
    """An everyday address, which `email-validator` would read the same way; None leaves the judgement to it.

    Importing it costs a cold start 30 ms, for patterns that few addresses need.
    """
    match = _PLAIN.match(text)
    return _address(match["local"], match["domain"].lower(), match["domain"]) if match else None


def _any_address(text: str) -> EmailAddress:
    from email_validator import EmailNotValidError, validate_email

    try:
        # `.test` is reserved for testing and never delivered to: harmless, and merchants try the hub with it.
        email = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise InvalidInput("not a valid e-mail address", code="invalid_email", field="email") from error
    if any(map(_turns_into_ascii, email.original.rpartition("@")[0])):
        raise InvalidInput("not a valid e-mail address", code="invalid_email", field="email")
    return _address(email.local_part, email.domain, email.ascii_domain)


def _turns_into_ascii(character: str) -> bool:
    """The Kelvin sign and the like, which Unicode's normal form makes a letter that everybody has: no mailbox is
    spelled so, but an identity provider that does not look closely might vouch for one."""
    return not character.isascii() and unicodedata.normalize("NFC", character).isascii()


def _address(local: str, domain: str, ascii_domain: str) -> EmailAddress:
    return EmailAddress(f"{local}@{domain}", key=f"{local.lower()}@{ascii_domain.lower()}")
