"""A tenant: one merchant, and how its data is to be read."""

import hashlib
import hmac
import json
import secrets
from dataclasses import dataclass, field
from enum import StrEnum

from customerhub.domain.ids import TENANT_ID_PATTERN, TenantId
from customerhub.errors import InvalidInput


class LinkingPolicy(StrEnum):
    """What a user's own token may link itself through."""

    STRICT = "strict"
    """Only identifiers that the token's issuer verified."""
    TRUSTING = "trusting"
    """Also identifiers that the user merely typed: for shops that accept the risk of a takeover."""


@dataclass(frozen=True)
class Tenant:
    """One merchant's settings.

    `region` (ISO 3166 alpha-2) reads national phone numbers, `default_area_code` (digits) local ones; without the
    latter a local number is refused. `placeholder_emails` are shell patterns of addresses that identify nobody here.
    `hash_key` (256 random bits, hexadecimal, made at registration and never changed) is secret: what is stored under
    `keyed_hash` cannot be found out by guessing, and is forgotten for good with the key.
    """

    id: TenantId
    name: str
    region: str
    default_area_code: str | None = None
    linking: LinkingPolicy = LinkingPolicy.STRICT
    placeholder_emails: tuple[str, ...] = ()
    hash_key: str = field(kw_only=True, repr=False)

    def keyed_hash(self, *parts: str) -> str:
        """HMAC-SHA-256 of the parts, in hexadecimal: the same for the same parts of the same tenant."""
        return hmac.new(bytes.fromhex(self.hash_key), json.dumps(parts).encode(), hashlib.sha256).hexdigest()


def new_hash_key() -> str:
    """A fresh secret for a new tenant."""
    return secrets.token_hex(32)


def tenant_id(text: str) -> TenantId:
    """Check an id that an operator typed. Raises InvalidInput."""
    if not TENANT_ID_PATTERN.fullmatch(text):
        raise InvalidInput(
            "a tenant id is 1 to 40 lower-case letters, digits and hyphens, and starts with no hyphen", field="tenant"
        )
    return TenantId(text)
