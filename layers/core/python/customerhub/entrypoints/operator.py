"""The operator's command: `python -m customerhub`.

Works on the tables that the environment names (CUSTOMERS_TABLE, WORK_TABLE), with the operator's own AWS credentials.
Prints JSON; a refusal is one line on standard error and exit status 2.
"""

import argparse
import json
import sys
from collections.abc import Callable, Sequence
from dataclasses import asdict, replace
from datetime import datetime
from typing import Any

from customerhub.app import CredentialApp, OperatorApp
from customerhub.domain.caller import Scope
from customerhub.domain.credentials import SERVICE_CALLS_PER_MINUTE, Issuer
from customerhub.domain.ids import TenantId
from customerhub.domain.tenant import LinkingPolicy, Tenant, new_hash_key, tenant_id
from customerhub.entrypoints.operator_analytics import add_analytics
from customerhub.entrypoints.operator_integrations import add_integrations
from customerhub.errors import HubError, InvalidInput, Refused
from customerhub.services.issue_service_key import issue_service_key
from customerhub.services.register_tenant import register_tenant
from customerhub.services.revoke_service_key import revoke_service_key


def main(build: Callable[[], OperatorApp], arguments: Sequence[str] | None = None) -> int:
    """Carry out one command on the parts that `build` makes; the exit status."""
    options = _parser().parse_args(arguments)
    try:
        result = options.run(build(), options)
    except HubError as error:
        field = f"{error.field}: " if isinstance(error, Refused) and error.field else ""
        print(f"{field}{error}", file=sys.stderr)
        return 2
    print(json.dumps(result, default=str))
    return 0


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(prog="python -m customerhub", description="Tenants, keys, shops, analytics.")
    groups = parser.add_subparsers(required=True)
    tenants = groups.add_parser("tenants", help="merchants").add_subparsers(required=True)
    keys = groups.add_parser("keys", help="service keys of chatbots and backends").add_subparsers(required=True)
    add_integrations(groups.add_parser("integrations", help="a merchant's shops and CRMs"))
    add_analytics(groups.add_parser("analytics", help="what is counted of customers"))
    _add_register(tenants.add_parser("register", help="register a merchant, or change its settings"))
    _add_issue(keys.add_parser("issue", help="make a key; its text is shown this once"))
    _add_revoke(keys.add_parser("revoke", help="refuse a key from now on"))
    return parser


def _add_register(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_register)
    parser.add_argument("--tenant", required=True, help="id: lower-case letters, digits, hyphens")
    parser.add_argument("--name", help="needed at first, as is --region; what is left out later stays as it is")
    parser.add_argument("--region", help="ISO 3166 alpha-2; reads national phone numbers")
    parser.add_argument("--area-code", help="reads local phone numbers; without it they are refused")
    parser.add_argument("--linking", choices=list(LinkingPolicy), help="what users may link through; strict at first")
    parser.add_argument("--placeholder-email", action="append", help="a pattern such as *@guest.shop")
    parser.add_argument("--issuer", help="the `iss` of the identity provider's tokens; replaces a former one")
    parser.add_argument("--jwks-url", help="its key set")
    parser.add_argument("--audience", help="the `aud` of its tokens")
    parser.add_argument("--role-claim", help="the claim that names a staff role; `role` at first")
    parser.add_argument(
        "--assume-verified",
        action="append",
        choices=["email", "phone_number", "phone"],
        help="a claim that the provider only writes once verified",
    )


def _add_issue(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_issue)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--name", required=True, help="who will hold it")
    parser.add_argument("--scope", action="append", required=True, choices=[*Scope, "all"])
    parser.add_argument("--calls-per-minute", type=int, default=SERVICE_CALLS_PER_MINUTE)
    parser.add_argument("--expires-at", type=datetime.fromisoformat, help="ISO 8601 with offset; never if absent")


def _add_revoke(parser: argparse.ArgumentParser) -> None:
    parser.set_defaults(run=_revoke)
    parser.add_argument("--tenant", required=True)
    parser.add_argument("--key-id", required=True)


def _register(app: CredentialApp, options: argparse.Namespace) -> dict[str, Any]:
    known = app.credentials.get_registration(tenant_id(options.tenant))
    tenant = _tenant(options, known[0] if known else None)
    issuer = _issuer(options, tenant.id, known[1] if known else None)
    register_tenant(tenant, issuer, store=app.credentials)
    shown = {name: value for name, value in asdict(tenant).items() if name != "hash_key"}
    return {"tenant": shown, "issuer": issuer.url if issuer else None}


def _tenant(options: argparse.Namespace, known: Tenant | None) -> Tenant:
    """What is known, with what the options say instead."""
    if known is None and not (options.name and options.region):
        raise InvalidInput("a new tenant needs --name and --region", field="tenant")
    known = known or Tenant(tenant_id(options.tenant), options.name, options.region, hash_key=new_hash_key())
    return replace(
        known,
        name=options.name or known.name,
        region=options.region or known.region,
        default_area_code=options.area_code or known.default_area_code,
        linking=LinkingPolicy(options.linking or known.linking),
        placeholder_emails=tuple(options.placeholder_email or known.placeholder_emails),
    )


def _issuer(options: argparse.Namespace, tenant: TenantId, known: Issuer | None) -> Issuer | None:
    """The same for the issuer; another `iss` starts from nothing."""
    if options.issuer and (known is None or options.issuer != known.url):
        if not options.jwks_url or not options.audience:
            raise InvalidInput("a new issuer needs --jwks-url and --audience", field="issuer")
        known = Issuer(tenant, options.issuer, options.jwks_url, options.audience)
    if known is None:
        return None
    return replace(
        known,
        jwks_url=options.jwks_url or known.jwks_url,
        audience=options.audience or known.audience,
        role_claim=options.role_claim or known.role_claim,
        assumes_verified=frozenset(options.assume_verified or known.assumes_verified),
    )


def _issue(app: CredentialApp, options: argparse.Namespace) -> dict[str, Any]:
    if options.expires_at and options.expires_at.tzinfo is None:
        raise InvalidInput("a time with offset, such as 2027-01-31T00:00:00+00:00", field="expires-at")
    key, text = issue_service_key(
        tenant_id(options.tenant),
        options.name,
        frozenset(Scope) if "all" in options.scope else frozenset(map(Scope, options.scope)),
        calls_per_minute=options.calls_per_minute,
        expires_at=options.expires_at,
        store=app.credentials,
        clock=app.clock,
    )
    return {"keyId": key.id, "serviceKey": text}


def _revoke(app: CredentialApp, options: argparse.Namespace) -> dict[str, Any]:
    key = revoke_service_key(tenant_id(options.tenant), options.key_id, store=app.credentials, clock=app.clock)
    return {"keyId": key.id, "revokedAt": key.expires_at}
