"""Calls to the API's functions in this process, over the real tables, as a caller of one tenant."""

import itertools
import json
import secrets
import uuid
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

from customerhub.bootstrap import (
    build_analytics_app,
    build_club_app,
    build_conflicts_app,
    build_customers_app,
    build_merges_app,
    build_privacy_app,
    build_search_app,
)
from customerhub.domain.caller import Caller, Scope, TrustedCaller, UserCaller
from customerhub.domain.ids import CredentialId, TenantId
from customerhub.domain.job import Job
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.caller_context import caller_context
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.analytics import ANALYTICS_ROUTES
from customerhub.entrypoints.http_api.routes.club import CLUB_ROUTES
from customerhub.entrypoints.http_api.routes.conflicts import CONFLICT_ROUTES
from customerhub.entrypoints.http_api.routes.customer_search import CUSTOMER_SEARCH_ROUTES
from customerhub.entrypoints.http_api.routes.customers import CUSTOMER_ROUTES
from customerhub.entrypoints.http_api.routes.merges import MERGE_ROUTES
from customerhub.entrypoints.http_api.routes.privacy import PRIVACY_ROUTES
from customerhub.ports import Clock
from customerhub.ports.jobs import JobQueue
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


def user_of(tenant: Tenant, subject: str, *, email: str | None = None, phone: str | None = None) -> UserCaller:
    """A user of the tenant, whose issuer vouches for `email` and `phone`; the token lasts longer than any test."""
    expires_at = datetime(2100, 1, 1, tzinfo=UTC)
    return UserCaller(tenant, CredentialId(f"user:{subject}"), subject, email, phone, expires_at, 1_000_000)


class NoObjects:
    """Implements `ports.ObjectStore` where no file is large enough for it."""

    def share(self, content: bytes, *_: str, **__: str) -> str:
        """Fails the test."""
        raise AssertionError(f"{len(content)} bytes would have fit into an answer")


class QuietQueue:
    """Implements `ports.jobs.JobQueue` where nobody works: what is owed stays in the tables to be looked at."""

    def send(self, jobs: Sequence[Job]) -> None:
        """Takes them."""


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

    def patch(
        self,
        customer_id: str,
        body: Any = None,
        /,
        *,
        caller: Caller | None = None,
        key: str | None = None,
        **fields: Any,
    ) -> Reply:
        """`PATCH /api/customers/{customerId}`; `body` is JSON text, or else `fields` are."""
        return self._call(
            "PATCH /api/customers/{customerId}",
            caller,
            headers={"idempotency-key": key} if key else {},
            pathParameters={"customerId": customer_id},
            body=body if isinstance(body, str) else json.dumps(fields if body is None else body),
        )

    def merge(self, customer_id: str, other_id: str, *, caller: Caller | None = None, **fields: Any) -> Reply:
        """`POST /api/customers/{customerId}/merge`."""
        return self._post("/api/customers/{customerId}/merge", customer_id, caller, {"otherId": other_id, **fields})

    def unmerge(self, customer_id: str, *, caller: Caller | None = None, **fields: Any) -> Reply:
        """`POST /api/customers/{customerId}/unmerge`."""
        return self._post("/api/customers/{customerId}/unmerge", customer_id, caller, fields)

    def search(self, q: str | None = None, *, caller: Caller | None = None, **query: Any) -> Reply:
        """`GET /api/customers`."""
        query |= {} if q is None else {"q": q}
        return self._call("GET /api/customers", caller, queryStringParameters=_strings(query))

    def timeline(self, customer_id: str, *, caller: Caller | None = None, **query: Any) -> Reply:
        """`GET /api/customers/{customerId}/timeline`."""
        route, path = "GET /api/customers/{customerId}/timeline", {"customerId": customer_id}
        return self._call(route, caller, pathParameters=path, queryStringParameters=_strings(query))

    def conflicts(self, *, caller: Caller | None = None, **query: Any) -> Reply:
        """`GET /api/conflicts`."""
        return self.call("GET /api/conflicts", query=query, caller=caller)

    def conflict(self, conflict_id: str, *, caller: Caller | None = None) -> Reply:
        """`GET /api/conflicts/{conflictId}`."""
        return self.call("GET /api/conflicts/{conflictId}", path={"conflictId": conflict_id}, caller=caller)

    def resolve(self, conflict_id: str, decision: str, *, caller: Caller | None = None, **fields: Any) -> Reply:
        """`POST /api/conflicts/{conflictId}/resolve`."""
        route, body = "POST /api/conflicts/{conflictId}/resolve", {"decision": decision, **fields}
        return self.call(route, path={"conflictId": conflict_id}, body=json.dumps(body), caller=caller)

    def export(self, customer_id: str, *, caller: Caller | None = None, **query: Any) -> Reply:
        """`GET /api/customers/{customerId}/export`, by a client that knows no gzip."""
        route = "GET /api/customers/{customerId}/export"
        return self.call(route, path={"customerId": customer_id}, caller=caller, query=query)

    def erase(self, customer_id: str, *, caller: Caller | None = None) -> Reply:
        """`DELETE /api/customers/{customerId}`."""
        return self.call("DELETE /api/customers/{customerId}", path={"customerId": customer_id}, caller=caller)

    def erasure(self, erasure_id: str, *, caller: Caller | None = None) -> Reply:
        """`GET /api/erasures/{erasureId}`."""
        return self.call("GET /api/erasures/{erasureId}", path={"erasureId": erasure_id}, caller=caller)

    def analytics(self, name: str, *, caller: Caller | None = None) -> Reply:
        """`GET /api/analytics/{name}`."""
        return self._call(f"GET /api/analytics/{name}", caller)

    def call(
        self,
        route: str,
        *,
        path: Mapping[str, str] | None = None,
        body: str | None = None,
        caller: Caller | None = None,
        query: Mapping[str, Any] | None = None,
        key: str | None = None,
    ) -> Reply:
        """Any route, as API Gateway names it; `body` is sent as it is."""
        return self._call(
            route,
            caller,
            headers={"idempotency-key": key} if key else {},
            pathParameters=path,
            body=body,
            queryStringParameters=_strings(query or {}) or None,
        )

    def _post(self, path: str, customer_id: str, caller: Caller | None, fields: dict[str, Any]) -> Reply:
        return self.call(f"POST {path}", path={"customerId": customer_id}, body=json.dumps(fields), caller=caller)

    def _call(self, route: str, caller: Caller | None, **event: Any) -> Reply:
        context = {
            "requestId": f"request-{next(self.requests)}",
            "authorizer": {"lambda": caller_context(caller or service(self.tenant))},
        }
        answer = self.handler({"routeKey": route, "requestContext": context, "headers": {}} | event, None)
        return Reply(answer["statusCode"], json.loads(answer["body"]), answer["headers"])


def open_till(
    client: Any,
    names: Mapping[str, str],
    tenant: Tenant | None = None,
    *,
    queue: JobQueue | None = None,
    clock: Clock | None = None,
) -> Till:
    """A till over the tables that `names` names, through `client`; calls that write come at the times of `clock`."""
    settings = Settings(names)
    customers = build_api(build_customers_app(settings, client, clock), CUSTOMER_ROUTES)
    search = build_api(build_search_app(settings, client), CUSTOMER_SEARCH_ROUTES)
    handlers = dict.fromkeys((route.key for route in CUSTOMER_ROUTES), customers)
    handlers |= dict.fromkeys((route.key for route in CUSTOMER_SEARCH_ROUTES), search)
    merges = build_api(build_merges_app(settings, client, clock), MERGE_ROUTES)
    handlers |= dict.fromkeys((route.key for route in MERGE_ROUTES), merges)
    conflicts = build_api(build_conflicts_app(settings, client, clock), CONFLICT_ROUTES)
    handlers |= dict.fromkeys((route.key for route in CONFLICT_ROUTES), conflicts)
    privacy = build_api(build_privacy_app(settings, client, NoObjects(), clock), PRIVACY_ROUTES)
    handlers |= dict.fromkeys((route.key for route in PRIVACY_ROUTES), privacy)
    analytics = build_api(build_analytics_app(settings, client), ANALYTICS_ROUTES)
    handlers |= dict.fromkeys((route.key for route in ANALYTICS_ROUTES), analytics)
    club = build_club_app(settings, client, queue or QuietQueue(), clock)
    handlers |= dict.fromkeys((route.key for route in CLUB_ROUTES), build_api(club, CLUB_ROUTES))
    return Till(lambda event, context: handlers[event["routeKey"]](event, context), tenant or fresh_tenant())


def _strings(query: Mapping[str, Any]) -> dict[str, str]:
    return {name: str(value) for name, value in query.items() if value is not None}
