"""How the authorizer hands the caller to a function: one JSON text in API Gateway's authorizer context."""

import json
from collections.abc import Mapping
from dataclasses import asdict
from datetime import datetime
from typing import Any

from customerhub.domain.caller import Caller, Scope, TrustedCaller, UserCaller
from customerhub.domain.ids import CredentialId, TenantId
from customerhub.domain.tenant import LinkingPolicy, Tenant
from customerhub.errors import Unauthenticated

CALLER = "caller"
REFUSAL = "refusal"
LEEWAY_S = 30


def caller_context(caller: Caller) -> dict[str, str]:
    """The context of a caller who is let in."""
    kind = "user" if isinstance(caller, UserCaller) else "trusted"
    return {CALLER: json.dumps({"kind": kind} | asdict(caller), default=_jsonable)}


def refusal_context(refusal: Unauthenticated) -> dict[str, str]:
    """The context of a caller whom the function must turn away, with the reason."""
    return {REFUSAL: json.dumps({"message": refusal.message, "code": refusal.code})}


def caller_of(context: Mapping[str, Any], now: datetime) -> Caller:
    """The caller that the authorizer found.

    Raises Unauthenticated for a refusal, for a context that names nobody, and for a token that ran out while API
    Gateway remembered its check.
    """
    if CALLER not in context:
        refusal = json.loads(context.get(REFUSAL, "{}"))
        raise Unauthenticated(refusal.get("message", "a credential is needed"), code=refusal.get("code"))
    fields = json.loads(context[CALLER])
    caller = _user(fields) if fields["kind"] == "user" else _trusted(fields)
    if isinstance(caller, UserCaller) and (now - caller.expires_at).total_seconds() > LEEWAY_S:
        raise Unauthenticated("the token has expired", code="token_expired")
    return caller


def _trusted(fields: Mapping[str, Any]) -> TrustedCaller:
    return TrustedCaller(
        _tenant(fields["tenant"]),
        CredentialId(fields["credential"]),
        frozenset(map(Scope, fields["scopes"])),
        fields["calls_per_minute"],
    )


def _user(fields: Mapping[str, Any]) -> UserCaller:
    return UserCaller(
        _tenant(fields["tenant"]),
        CredentialId(fields["credential"]),
        fields["subject"],
        fields["verified_email"],
        fields["verified_phone"],
        datetime.fromisoformat(fields["expires_at"]),
        fields["calls_per_minute"],
    )


def _tenant(fields: Mapping[str, Any]) -> Tenant:
    return Tenant(
        TenantId(fields["id"]),
        fields["name"],
        fields["region"],
        fields["default_area_code"],
        LinkingPolicy(fields["linking"]),
        tuple(fields["placeholder_emails"]),
        hash_key=fields["hash_key"],
    )


def _jsonable(value: object) -> object:
    if isinstance(value, frozenset):
        return sorted(value)
    if isinstance(value, datetime):
        return value.isoformat()
    raise TypeError(type(value).__name__)
