"""Commerce7's API as an ASGI application: who may call, how often, and which endpoint answers."""

import base64
import binascii
import hmac
import json
import math
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qsl

from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.types import Receive, Scope, Send

from infra.local.partners.commerce7.allowance import LAST_QUICK_PAGE, Allowance
from infra.local.partners.commerce7.endpoints import BASE, NOT_IMPLEMENTED, Endpoint, Parts, endpoints
from infra.local.partners.commerce7.shop import Shop
from infra.local.partners.commerce7.wire import (
    ApiRequest,
    Commerce7Error,
    Reply,
    invalid,
    not_found,
    not_implemented,
    unauthorized,
)
from infra.local.partners.traffic import Traffic

TOO_MANY = "Too many requests"


@dataclass(frozen=True)
class Found:
    """The endpoint that a path and method lead to."""

    endpoint: Endpoint
    names: dict[str, str]


class Commerce7Api:
    """Answers for one tenant and one app."""

    def __init__(self, shop: Shop, parts: Parts, app_secret: str, traffic: Traffic, allowance: Allowance) -> None:
        self._shop = shop
        self._endpoints = endpoints(parts)
        self._app_secret = app_secret
        self._traffic = traffic
        self._allowance = allowance

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        request = Request(scope, receive)
        body = await request.body()
        await self._respond(request, body)(scope, receive, send)

    def find(self, method: str, path: str) -> Found | None:
        """The endpoint of a request, None if there is none."""
        if not path.startswith(f"{BASE}/"):
            return None
        parts = path.removeprefix(f"{BASE}/").split("/")
        for endpoint in self._endpoints:
            names = endpoint.names(method, parts)
            if names is not None:
                return Found(endpoint, names)
        return None

    def _respond(self, request: Request, body: bytes) -> Response:
        try:
            self._require_credential(request)
            found = self.find(request.method, request.scope["path"])
            query = parse_qsl(request.scope["query_string"].decode("latin-1"), keep_blank_values=True)
            if wait_s := self._wait_s(found, query):
                return self._too_many(wait_s)
            if found is None:
                raise _nobody_answers(request.method, request.scope["path"])
            content = _content(body) if request.method in ("POST", "PUT") else None
            return _response(found.endpoint.answer(ApiRequest(request.method, found.names, query, content)))
        except Commerce7Error as error:
            return error_response(error)

    def _require_credential(self, request: Request) -> None:
        given = _basic(request.headers.get("authorization", ""))
        wanted = f"{self._shop.app_id}:{self._app_secret}".encode()
        if not hmac.compare_digest(given, wanted) or request.headers.get("tenant") != self._shop.tenant:
            raise unauthorized()

    def _wait_s(self, found: Found | None, query: list[tuple[str, str]]) -> float | None:
        asked = dict(query)
        if found and found.endpoint.has_cursors and "cursor" in asked:
            return None
        page = asked.get("page", "")
        is_deep = page.isdecimal() and int(page) > LAST_QUICK_PAGE
        return self._allowance.take(self._shop.settings.requests_per_minute, is_deep_page=is_deep)

    def _too_many(self, wait_s: float) -> Response:
        self._traffic.throttled()
        retry_after_s = wait_s if self._shop.settings.retry_after_header else None
        return error_response(Commerce7Error(429, "tooManyRequests", TOO_MANY), retry_after_s)


def error_response(error: Commerce7Error, retry_after_s: float | None = None) -> Response:
    """An error as an answer; `Retry-After` in whole seconds if there is something to say."""
    headers = {} if retry_after_s is None else {"retry-after": str(math.ceil(retry_after_s))}
    return JSONResponse(error.body(), error.status, headers)


def _response(reply: Reply) -> Response:
    return Response(status_code=reply.status) if reply.body is None else JSONResponse(reply.body, reply.status)


def _basic(header: str) -> bytes:
    """What an Authorization header of the scheme Basic holds, nothing for any other."""
    scheme, _, encoded = header.partition(" ")
    if scheme.casefold() != "basic":
        return b""
    try:
        return base64.b64decode(encoded, validate=True)
    except (binascii.Error, ValueError):
        return b""


def _content(body: bytes) -> Any:
    try:
        return json.loads(body)
    except (json.JSONDecodeError, UnicodeDecodeError) as error:
        raise invalid(("body", "must be JSON")) from error


def _nobody_answers(method: str, path: str) -> Commerce7Error:
    """What Commerce7 has and this double has not is told apart from what neither has."""
    first, _, rest = path.removeprefix(f"{BASE}/").partition("/")
    others = {"tag": ("order", "club-membership", "reservation"), "tag-x-object": ("order", "club-membership")}
    known = rest.startswith(others[first]) if first in others else first in NOT_IMPLEMENTED
    if path.startswith(f"{BASE}/") and known and method in ("GET", "POST", "PUT", "DELETE"):
        return not_implemented(f"{method} {path}")
    return not_found()
