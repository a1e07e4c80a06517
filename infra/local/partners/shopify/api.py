"""The HTTP side of the Admin API: the GraphQL endpoint and the token endpoint."""

import asyncio
import json
import uuid
from collections.abc import Mapping
from typing import Any
from urllib.parse import parse_qsl

from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.partners.double import Call
from infra.local.partners.shopify.broadcast import Broadcast
from infra.local.partners.shopify.bulk_files import PATH as FILE_PATH
from infra.local.partners.shopify.bulk_files import BulkFiles
from infra.local.partners.shopify.bulk_operations import BulkRunner
from infra.local.partners.shopify.engine import Engine, Question
from infra.local.partners.shopify.schema import API_VERSION
from infra.local.partners.shopify.shop import Shop
from infra.local.partners.shopify.tokens import TokenRefused, Tokens
from infra.local.partners.traffic import Traffic

GRAPHQL_PATH = f"/admin/api/{API_VERSION}/graphql.json"
TOKEN_PATH = "/admin/oauth/access_token"
FILE_OPERATION = "GET /bulk/{file}"
TOKEN_HEADER = "x-shopify-access-token"
TICK_S = 0.02
"""Real seconds between looks at bulk operations that are under way."""
UNAUTHORIZED = "[API] Invalid API key or access token (unrecognized login or wrong password)"
ERRORS: dict[int, Any] = {
    400: {"query": "Required parameter missing or invalid"},
    401: UNAUTHORIZED,
    402: "Unavailable Shop",
    403: "[API] This action requires merchant approval.",
    404: "Not Found",
    423: "[API] This shop is locked.",
    429: "Exceeded 2 calls per second for api client. Reduce request rates to resume uninterrupted service.",
    430: "Shopify Security Rejection",
    500: "Internal Server Error",
}
"""The `errors` of a JSON body. The others are pages of whatever stands in front of the shop."""


class AdminApi:
    """Answers the calls of one app, and whoever reads a file that was exported for it."""

    def __init__(
        self,
        engine: Engine,
        tokens: Tokens,
        shop: Shop,
        broadcast: Broadcast,
        *,
        traffic: Traffic,
        bulk: BulkRunner,
        files: BulkFiles,
    ) -> None:
        self._engine = engine
        self._bulk = bulk
        self._files = files
        self._is_ticking = False
        self._tokens = tokens
        self._shop = shop
        self._broadcast = broadcast
        self._traffic = traffic
        self.app = Starlette(
            routes=[
                Route(GRAPHQL_PATH, self._graphql, methods=["POST"]),
                Route(TOKEN_PATH, self._token, methods=["POST"]),
                Route(FILE_PATH, self._file, methods=["GET"]),
            ],
            exception_handlers={404: _not_found, 405: _not_found},
        )

    def operation(self, call: Call) -> str:
        """The fields that a query starts with: `customerSet`."""
        if call.path == GRAPHQL_PATH and call.method == "POST":
            question = read_question(call.body)
            found = self._engine.operations(question.query, question.operation_name) if question else []
            if found:
                return ",".join(found)
        return FILE_OPERATION if call.path.startswith("/bulk/") else f"{call.method} {call.path}"

    async def _graphql(self, request: Request) -> Response:
        if not self._tokens.use(request.headers.get(TOKEN_HEADER, "")):
            return failure(401)
        question = read_question(await request.body())
        if question is None:
            return failure(400)
        self._bulk.move_on()
        try:
            answer = self._engine.answer(question)
        finally:
            self._broadcast.send_news()
        self._keep_moving()
        if answer.throttled:
            self._traffic.throttled()
        return _json(answer.body)

    def _keep_moving(self) -> None:
        """Look after bulk operations as long as any is under way, though nobody asks."""
        if not self._is_ticking and self._bulk.is_busy:
            self._is_ticking = True
            asyncio.get_running_loop().call_later(TICK_S, self._tick)

    def _tick(self) -> None:
        self._is_ticking = False
        self._bulk.move_on()
        self._broadcast.send_news()
        self._keep_moving()

    async def _file(self, request: Request) -> Response:
        return self._files.answer(request, self._shop.settings)

    async def _token(self, request: Request) -> Response:
        told = await _token_request(request)
        try:
            issued = self._tokens.grant(told)
        except TokenRefused as error:
            return _json({"error": error.code, "error_description": str(error)}, error.status)
        return _json(issued.body(self._shop.settings.scopes))


def read_question(body: bytes) -> Question | None:
    """The GraphQL request in a body, None where it is none."""
    try:
        told = json.loads(body)
    except ValueError:
        return None
    if not isinstance(told, dict) or not isinstance(told.get("query"), str):
        return None
    variables, name = told.get("variables") or {}, told.get("operationName")
    if not isinstance(variables, dict) or not (name is None or isinstance(name, str)):
        return None
    return Question(told["query"], variables, name or None)


def failure(status: int, retry_after_s: float | None = None) -> Response:
    """An answer without GraphQL."""
    headers = _headers()
    if retry_after_s is not None:
        headers["Retry-After"] = str(retry_after_s)
    if status not in ERRORS:
        page = f"<!DOCTYPE html><html><head><title>{status}</title></head><body>Something went wrong.</body></html>"
        return Response(page, status, headers, "text/html")
    return JSONResponse({"errors": ERRORS[status]}, status, headers)


async def _token_request(request: Request) -> Mapping[str, Any]:
    """JSON, as Shopify's own libraries send it, or a form, as its documents say."""
    if request.headers.get("content-type", "").startswith("application/x-www-form-urlencoded"):
        return dict(parse_qsl((await request.body()).decode("utf-8", "replace")))
    try:
        told = json.loads(await request.body())
    except ValueError:
        return {}
    return told if isinstance(told, dict) else {}


async def _not_found(_request: Request, _error: Exception) -> Response:
    return failure(404)


def _json(body: Mapping[str, Any], status: int = 200) -> Response:
    return JSONResponse(body, status, _headers())


def _headers() -> dict[str, str]:
    return {"X-Request-Id": str(uuid.uuid4()), "X-Shopify-API-Version": API_VERSION}
