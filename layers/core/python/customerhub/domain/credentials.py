"""What callers prove themselves with: service keys, and the issuers of tokens."""

import hashlib
import hmac
import re
import secrets
from dataclasses import dataclass
from datetime import datetime
from urllib.parse import urlsplit

from customerhub.domain.caller import Scope
from customerhub.domain.ids import TENANT_ID_PATTERN, TenantId
from customerhub.errors import InvalidInput

SERVICE_KEY_PATTERN = re.compile(rf"hub_({TENANT_ID_PATTERN.pattern})_([0-9a-f]{{16}})_([A-Za-z0-9_-]{{43}})")
SERVICE_CALLS_PER_MINUTE = 6000
"""100 a second: a busy chatbot. An operator may set another ceiling for a key."""
USER_CALLS_PER_MINUTE = 60
STAFF_CALLS_PER_MINUTE = 600
"""A page of the console makes several."""
LOOPBACK_HOSTS = frozenset({"127.0.0.1", "::1", "localhost"})


@dataclass(frozen=True)
class ServiceKey:
    """A backend's credential. Of the secret only the SHA-256 is kept: it has 256 random bits, so no salt or stretching
    is needed. After `expires_at` the key is refused; None means never."""

    tenant: TenantId
    id: str
    name: str
    secret_hash: str
    scopes: frozenset[Scope]
    calls_per_minute: int
    created_at: datetime
    expires_at: datetime | None = None

    def opens_with(self, secret: str, now: datetime) -> bool:
        """Whether `secret` is this key's and the key is still good; compared in constant time."""
        matches = hmac.compare_digest(self.secret_hash, hash_secret(secret))
        return matches and (self.expires_at is None or now < self.expires_at)


@dataclass(frozen=True)
class Issuer:
    """A tenant's identity provider: tokens with this `iss` and audience, checked against the key set at `jwks_url`.

    `role_claim` names the claim that makes a token a member of staff's. `assumes_verified` lists what the provider
    only ever puts into a token once verified, for those that say nothing of it (Supabase Auth with "Confirm email").
    """

    tenant: TenantId
    url: str
    jwks_url: str
    audience: str
    role_claim: str = "role"
    assumes_verified: frozenset[str] = frozenset()


def new_service_key(
    tenant: TenantId,
    name: str,
    scopes: frozenset[Scope],
    now: datetime,
    *,
    calls_per_minute: int = SERVICE_CALLS_PER_MINUTE,
    expires_at: datetime | None = None,
) -> tuple[ServiceKey, str]:
    """A fresh key, and the text to hand to the backend: it cannot be had again."""
    key_id, secret = secrets.token_hex(8), secrets.token_urlsafe(32)
    key = ServiceKey(tenant, key_id, name, hash_secret(secret), scopes, calls_per_minute, now, expires_at)
    return key, f"hub_{tenant}_{key_id}_{secret}"


def split_service_key(text: str) -> tuple[TenantId, str, str] | None:
    """Tenant, key id and secret of a key's text; None if it is no service key."""
    match = SERVICE_KEY_PATTERN.fullmatch(text)
    return (TenantId(match[1]), match[2], match[3]) if match else None


def hash_secret(secret: str) -> str:
    """SHA-256, in hexadecimal."""
    return hashlib.sha256(secret.encode()).hexdigest()


def is_utf8(text: str) -> bool:
    """Whether the text can be stored: JSON can spell half a surrogate pair, which UTF-8 cannot."""
    try:
        text.encode()
    except UnicodeEncodeError:
        return False
    return True


def check_issuer_url(text: str, field: str) -> str:
    """An https URL; http only on this machine. Raises InvalidInput naming `field`."""
    parts = urlsplit(text)
    if parts.scheme == "https" and parts.hostname:
        return text
    if parts.scheme == "http" and parts.hostname in LOOPBACK_HOSTS:
        return text
    raise InvalidInput("an https URL is needed", field=field)
