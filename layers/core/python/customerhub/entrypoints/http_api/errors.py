"""What an error means over HTTP: one row per class, the nearest class counts."""

import re

from pydantic import ValidationError

from customerhub import errors
from customerhub.entrypoints.http_api.models import ErrorBody, FieldError

HTTP_STATUSES: dict[type[errors.HubError], tuple[int, str]] = {
    errors.MalformedRequest: (400, "Malformed request"),
    errors.Unauthenticated: (401, "Unauthenticated"),
    errors.Forbidden: (403, "Forbidden"),
    errors.NotFound: (404, "Not found"),
    errors.StateConflict: (409, "Conflict"),
    errors.Gone: (410, "Gone"),
    errors.RequestTooLarge: (413, "Request too large"),
    errors.InvalidInput: (422, "Invalid input"),
    errors.TooManyRequests: (429, "Too many requests"),
    errors.RetryLater: (503, "Temporarily unavailable"),
    errors.Parked: (502, "A shop or CRM refused"),
    errors.Skipped: (409, "Nothing to do"),
}
"""LostRace is absent: it never leaves a use case."""
_FIELD_NAME = re.compile(r"[a-z_][A-Za-z0-9_]{0,39}")


def status_of(error: errors.HubError) -> tuple[int, str]:
    """Status and title. Raises LookupError for an error that has no business at the edge."""
    for kind in type(error).__mro__:
        if kind in HTTP_STATUSES:
            return HTTP_STATUSES[kind]
    raise LookupError(type(error).__name__)


def error_body(error: errors.HubError, request_id: str) -> tuple[int, ErrorBody]:
    """Status and body of an error."""
    status, title = status_of(error)
    code = getattr(error, "code", None) or getattr(error, "reason", "try_again")
    field = getattr(error, "field", None)
    return status, ErrorBody(error=title, message=str(error), code=code, request_id=request_id, field=field)


def invalid_body(error: ValidationError, request_id: str) -> tuple[int, ErrorBody]:
    """422 naming every field at fault, or 400 where the body is no JSON at all. No value is repeated."""
    faults = [(_path(fault["loc"]), fault["type"], fault["msg"]) for fault in error.errors(include_input=False)]
    if any(kind == "json_invalid" for _, kind, _ in faults):
        message, code = faults[0][2], "malformed_json"
        return 400, ErrorBody(
            error="Malformed request", message=message, code=code, request_id=request_id, field="body"
        )
    first, _, reason = faults[0]
    return 422, ErrorBody(
        error="Invalid input",
        message=f"{first}: {reason}",
        code=errors.InvalidInput.default_code,
        request_id=request_id,
        field=first,
        errors=[FieldError(field=field, message=message) for field, _, message in faults],
    )


def _path(location: tuple[int | str, ...]) -> str:
    """Where the fault is, in the request's own names; pydantic also names the branch of a union that it tried."""
    return ".".join(str(part) for part in location if isinstance(part, int) or _FIELD_NAME.fullmatch(part)) or "body"
