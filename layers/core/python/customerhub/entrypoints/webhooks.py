"""The edge of webhooks over HTTPS: who has sent one is told by its signature alone, and no caller by anything else.

The platform has five seconds of patience and deletes the subscription after eight failures (Shopify, 2026-11), so that
what is signed is always answered 200; a fault of the moment is a 503, upon which it is sent again.
"""

import base64
import binascii
import time
from collections.abc import Callable, Mapping
from http import HTTPStatus
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.domain.integration import Platform
from customerhub.entrypoints.http_api.errors import error_body
from customerhub.entrypoints.http_api.models import ErrorBody
from customerhub.entrypoints.http_api.route import Response
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import HubError, MalformedRequest, RequestTooLarge, RetryLater
from customerhub.services.receive_delivery import InboxParts, Received, receive_delivery

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]

MAX_BODY_BYTES = 4_500_000
"""About as much as fits into a call of a function. No webhook comes near to it."""
PATH_HEADER = ":path"
"""Under this name connectors find the request's path among the headers; no client can send a header of that name."""
PLATFORMS = {
    "POST /api/webhooks/shopify": Platform.SHOPIFY,
    "POST /api/webhooks/commerce7": Platform.COMMERCE7,
    "POST /api/webhooks/commerce7/{secret}": Platform.COMMERCE7,
}
"""By route key."""


def build_webhooks(parts: InboxParts) -> Handler:
    """The handler. It never raises, and logs neither the path, which may hold a secret, nor anything of the body."""
    logger = Logger()

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        started = time.perf_counter()
        request_id, key = event["requestContext"]["requestId"], event["routeKey"]
        about: dict[str, Any] = {}
        try:
            received = receive_delivery(PLATFORMS[key], _headers(event), _body(event), parts=parts)
            about = _about(received)
            response = Response(HTTPStatus.OK, f'{{"status":"{received.receipt}"}}')
        except HubError as error:
            response = _refuse(error, request_id)
            about = {"reason": type(error).__name__}
        except Exception as error:
            log_unforeseen(logger, error, request_id)
            response = _internal_error(request_id)
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        told = {"request": request_id, "route": key, "status": int(response.status), "ms": elapsed_ms}
        logger.info("received", extra=told | about)
        headers = {"Content-Type": response.content_type, "Cache-Control": "no-store", **response.headers}
        return {"statusCode": int(response.status), "headers": headers, "body": response.body}

    return handle


def _about(received: Received) -> dict[str, Any]:
    return {
        "receipt": received.receipt,
        "tenant": received.tenant,
        "integration": received.integration,
        "delivery": received.delivery,
    }


def _headers(event: Mapping[str, Any]) -> dict[str, str]:
    headers = {name.lower(): value for name, value in event.get("headers", {}).items()}
    return {**headers, PATH_HEADER: event["rawPath"]}


def _body(event: Mapping[str, Any]) -> bytes:
    """The bytes as they came. Raises RequestTooLarge, and MalformedRequest."""
    text = event.get("body") or ""
    if len(text) > MAX_BODY_BYTES * 4 // 3 + 4:
        raise _too_large()
    try:
        body = base64.b64decode(text, validate=True) if event.get("isBase64Encoded") else text.encode()
    except (binascii.Error, UnicodeEncodeError) as error:
        raise MalformedRequest("the body is not valid UTF-8", field="body") from error
    if len(body) > MAX_BODY_BYTES:
        raise _too_large()
    return body


def _too_large() -> RequestTooLarge:
    return RequestTooLarge(f"the body is longer than {MAX_BODY_BYTES} bytes", field="body")


def _refuse(error: HubError, request_id: str) -> Response:
    status, body = error_body(error, request_id)
    headers = {"Retry-After": str(error.retry_after_s)} if isinstance(error, RetryLater) else {}
    return Response(status, body.to_json(), headers)


def _internal_error(request_id: str) -> Response:
    message = "something went wrong on our side; it has been logged under this request id"
    body = ErrorBody(error="Internal error", message=message, code="internal_error", request_id=request_id)
    return Response(HTTPStatus.INTERNAL_SERVER_ERROR, body.to_json())
