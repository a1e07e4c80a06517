"""From a credential to a caller, and with it to the tenant."""

from collections.abc import Mapping
from datetime import UTC, datetime

from customerhub.domain.caller import ROLE_SCOPES, Caller, Role, TrustedCaller, UserCaller
from customerhub.domain.credentials import (
    STAFF_CALLS_PER_MINUTE,
    USER_CALLS_PER_MINUTE,
    Issuer,
    is_utf8,
    split_service_key,
)
from customerhub.domain.ids import CredentialId
from customerhub.domain.tenant import Tenant
from customerhub.errors import Unauthenticated
from customerhub.ports import Clock, CredentialStore, TokenVerifier

MAX_CHARACTERS = 8192
MAX_SUBJECT_CHARACTERS = 255
"""OpenID Connect Core 1.0, section 2."""


def authenticate(authorization: str, *, store: CredentialStore, verifier: TokenVerifier, clock: Clock) -> Caller:
    """The caller that an `Authorization: Bearer …` header proves: a service key, or a token of a tenant's issuer.

    A token with one of the staff roles is a member of staff's, any other a user's own. Raises Unauthenticated, with
    one answer for an unknown key and a wrong secret; StoreUnavailable and KeySetUnavailable on a fault.
    """
    scheme, _, credential = authorization.strip().partition(" ")
    credential = credential.strip()
    if scheme.lower() != "bearer" or not 1 <= len(credential) <= MAX_CHARACTERS:
        raise Unauthenticated("an Authorization header with a bearer credential is needed")
    if credential.startswith("hub_"):
        return _by_service_key(credential, store, clock.now())
    return _by_token(credential, store, verifier)


def _by_service_key(text: str, store: CredentialStore, now: datetime) -> Caller:
    parts = split_service_key(text)
    found = store.get_service_key(parts[0], parts[1]) if parts else None
    if not parts or not found or not found[1].opens_with(parts[2], now):
        raise Unauthenticated("the service key is unknown, revoked or expired", code="invalid_service_key")
    tenant, key = found
    return TrustedCaller(tenant, CredentialId(f"key:{key.id}"), key.scopes, key.calls_per_minute)


def _by_token(token: str, store: CredentialStore, verifier: TokenVerifier) -> Caller:
    found = store.get_issuer(verifier.issuer_of(token))
    if not found:
        raise Unauthenticated("the token's issuer is not known", code="unknown_issuer")
    tenant, issuer = found
    claims = verifier.verify(token, issuer)
    if not 1 <= len(str(claims["sub"])) <= MAX_SUBJECT_CHARACTERS or not is_utf8(str(claims["sub"])):
        raise Unauthenticated("the token's subject is empty, too long or no text", code="invalid_token")
    role = _role(claims.get(issuer.role_claim))
    if role is None:
        return _user(tenant, issuer, claims)
    return TrustedCaller(tenant, CredentialId(f"staff:{claims['sub']}"), ROLE_SCOPES[role], STAFF_CALLS_PER_MINUTE)


def _role(claim: object) -> Role | None:
    """The highest staff role that a claim names: one word, or a list such as `cognito:groups`."""
    named = claim if isinstance(claim, list) else [claim]
    return next((role for role in Role if role in named), None)


def _user(tenant: Tenant, issuer: Issuer, claims: Mapping[str, object]) -> UserCaller:
    subject = str(claims["sub"])
    return UserCaller(
        tenant,
        CredentialId(f"user:{subject}"),
        subject,
        verified_email=_verified(claims, issuer, "email"),
        verified_phone=_verified(claims, issuer, "phone_number") or _supabase_phone(claims, issuer),
        expires_at=_expiry(claims["exp"]),
        calls_per_minute=USER_CALLS_PER_MINUTE,
    )


def _expiry(claim: object) -> datetime:
    """The moment that `exp` names: RFC 7519 allows fractions of a second."""
    try:
        return datetime.fromtimestamp(float(str(claim)), UTC)
    except (ValueError, OverflowError, OSError) as error:
        raise Unauthenticated("the token's expiry is no date", code="invalid_token") from error


def _verified(claims: Mapping[str, object], issuer: Issuer, name: str) -> str | None:
    """The claim's value where the issuer vouches for it, by `<name>_verified` or always. Cognito writes the mark as
    text (2026)."""
    value, mark = claims.get(name), claims.get(f"{name}_verified", name in issuer.assumes_verified)
    return value if isinstance(value, str) and value and mark in (True, "true") else None


def _supabase_phone(claims: Mapping[str, object], issuer: Issuer) -> str | None:
    """Supabase Auth writes E.164 without its plus into `phone`, and no mark (2026)."""
    digits = _verified(claims, issuer, "phone")
    return f"+{digits.removeprefix('+')}" if digits else None
