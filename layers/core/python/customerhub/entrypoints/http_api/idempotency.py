"""The header `Idempotency-Key`."""

import json

from customerhub.domain.idempotency import HEADER, MAX_CHARACTERS, IdempotencyKey, idempotency_key
from customerhub.entrypoints.http_api.route import Parameter, Request

KEY_HEADER = {
    HEADER: Parameter(
        "Under one key the same body gets the same answer for 14 days; another body is a 422.",
        {"maxLength": MAX_CHARACTERS, "pattern": "^[ -~]+$"},
    )
}
"""For the documentation of a route that takes it."""


def key_of(request: Request, operation: str, body: bytes) -> IdempotencyKey | None:
    """The request's key, unique to its credential and operation; None without the header. `body` is JSON.

    Raises InvalidInput.
    """
    text = request.header(HEADER.lower())
    if text is None:
        return None
    caller = request.caller
    return idempotency_key(
        text, tenant=caller.tenant.id, credential=caller.credential, operation=operation, request=json.loads(body)
    )
