"""Calls to the API's functions in this process, over the real tables, as a caller of one tenant."""

import itertools
import json
import secrets
import uuid
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from customerhub.bootstrap import build_customers_app
from customerhub.domain.caller import Caller, Scope, TrustedCaller
from customerhub.domain.ids import CredentialId, TenantId
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.caller_context import caller_context
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.customers import CUSTOMER_ROUTES
from customerhub.settings import Settings

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


@dataclass(frozen=True)
class Reply:
    """One answer of the API."""

    status: int
    body: dict[str, Any]
    headers: Mapping[str, str]

    @property
    def customer(self) -> dict[str, Any]:
        """The customer of a 200; anything else fails the test."""
        assert self.status == 200, self
        customer: dict[str, Any] = self.body["customer"]
        return customer

    @property
    def id(self) -> str:
        """The customer's id."""
        return str(self.customer["id"])


def fresh_tenant(**settings: Any) -> Tenant:
    """A tenant that no other test has."""
    defaults = {"region": "US", "default_area_code": "707", "hash_key": secrets.token_hex(32)}
    return Tenant(TenantId(f"t-{uuid.uuid4().hex[:12]}"), "Test", **defaults | settings)


def service(tenant: Tenant, *, scopes: frozenset[Scope] = frozenset(Scope), ceiling: int = 1_000_000) -> TrustedCaller:
    """A service key of its own, so that tests do not use up each other's rate limits."""
    return TrustedCaller(tenant, CredentialId(f"key:{uuid.uuid4().hex[:8]}"), scopes, ceiling)


@dataclass(frozen=True)
class Till:
    """Where calls are made. By default each call has a credential of its own, whose rate is its own too."""

    handler: Handler
    tenant: Tenant
    requests: "itertools.count[int]" = field(default_factory=itertools.count)

    def manage(
        self, body: Any = None, /, *, caller: Caller | None = None, key: str | None = None, **fields: Any
    ) -> Reply:
        """`POST /functions/v1/customer-management`; `body` is JSON text or bytes, or else `fields` are."""
        headers = {"idempotency-key": key} if key else {}
        text = body if isinstance(body, str) else json.dumps(fields if body is None else body)
        return self._call("POST /functions/v1/customer-management", caller, headers=headers, body=text)

    def get(self, customer_id: str, caller: Caller | None = None) -> Reply:
        """`GET /api/customers/{customerId}`."""
        return self._call("GET /api/customers/{customerId}", caller, pathParameters={"customerId": customer_id})

    def _call(self, route: str, caller: Caller | None, **event: Any) -> Reply:
        context = {
            "requestId": f"request-{next(self.requests)}",
            "authorizer": {"lambda": caller_context(caller or service(self.tenant))},
        }
        answer = self.handler({"routeKey": route, "requestContext": context, "headers": {}} | event, None)
        return Reply(answer["statusCode"], json.loads(answer["body"]), answer["headers"])


def open_till(client: Any, names: Mapping[str, str], tenant: Tenant | None = None) -> Till:
    """A till over the tables that `names` names, through `client`."""
    app = build_customers_app(Settings(names), client)
    return Till(build_api(app, CUSTOMER_ROUTES), tenant or fresh_tenant())
