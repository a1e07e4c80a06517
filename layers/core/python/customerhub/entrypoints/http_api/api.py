"""The edge of the HTTP API: from an event to a route, and from every error to an answer.

API Gateway has chosen the route and split the path already, so its route key is looked up and nothing is parsed again.
"""

import time
from collections.abc import Callable, Mapping
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.entrypoints.caller_context import caller_of
from customerhub.entrypoints.http_api.errors import error_body, invalid_body
from customerhub.entrypoints.http_api.models import ErrorBody
from customerhub.entrypoints.http_api.rate_headers import exhausted_headers
from customerhub.entrypoints.http_api.route import AnyApp, InvalidBodyError, Request, Response, Route
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import HubError, RetryLater, TooManyRequests

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]


def build_api(app: AnyApp, routes: tuple[Route[AnyApp], ...]) -> Handler:
    """The handler of the routes. It never raises: a fault that nobody foresaw is logged by its type and place, without
    its message, which may quote a person, and answered 500."""
    logger = Logger()
    by_key = {route.key: route for route in routes}

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        request_id, key = event["requestContext"]["requestId"], event["routeKey"]
        try:
            response = _respond(app, by_key[key], event)
        except (HubError, InvalidBodyError) as error:
            response = _refuse(error, request_id)
        except Exception as error:
            log_unforeseen(logger, error, request_id)
            response = _internal_error(request_id)
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        logger.info(
            "answered", extra={"request": request_id, "route": key, "status": response.status, "ms": elapsed_ms}
        )
        return _to_event(response)

    return handle


def _respond(app: AnyApp, route: Route[AnyApp], event: Mapping[str, Any]) -> Response:
    context = event["requestContext"].get("authorizer", {}).get("lambda") or {}
    return route.handle(app, Request(caller_of(context, app.clock.now()), event))


def _refuse(error: HubError | InvalidBodyError, request_id: str) -> Response:
    if isinstance(error, InvalidBodyError):
        status, body = invalid_body(error.error, request_id)
        return Response(status, body.to_json())
    status, body = error_body(error, request_id)
    headers = dict(exhausted_headers(error)) if isinstance(error, TooManyRequests) else {}
    if isinstance(error, RetryLater | TooManyRequests):
        headers["Retry-After"] = str(error.retry_after_s)
    if status == 401:
        headers["WWW-Authenticate"] = "Bearer"
    return Response(status, body.to_json(), headers)


def _internal_error(request_id: str) -> Response:
    message = "something went wrong on our side; it has been logged under this request id"
    body = ErrorBody(error="Internal error", message=message, code="internal_error", request_id=request_id)
    return Response(500, body.to_json())


def _to_event(response: Response) -> dict[str, Any]:
    headers = {"Content-Type": response.content_type, "Cache-Control": "no-store", **response.headers}
    encoding = {"isBase64Encoded": True} if response.is_base64 else {}
    return {"statusCode": response.status, "headers": headers, "body": response.body, **encoding}
