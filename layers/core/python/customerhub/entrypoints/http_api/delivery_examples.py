"""Examples of deliveries for the OpenAPI document; tests check them against the models."""

from typing import Any

_PARKED: dict[str, Any] = {
    "id": "0d9b4a4f3b7c1e6a5d2f8c9b7a6e5d4c",
    "integration": "shopify",
    "topic": "customers/update",
    "status": "parked",
    "reason": "malformed_request",
    "receivedAt": "2026-11-25T10:00:00+00:00",
    "occurredAt": "2026-11-25T09:59:58+00:00",
    "dueAt": None,
    "workedAt": "2026-11-25T10:00:01+00:00",
    "attempts": 0,
}
_WAITING: dict[str, Any] = _PARKED | {
    "status": "waiting",
    "reason": None,
    "dueAt": "2026-11-25T10:05:00+00:00",
    "workedAt": None,
}

PAGES: dict[str, Any] = {
    "the last page": {"deliveries": [_PARKED], "nextCursor": None},
    "a page before it": {"deliveries": [_PARKED], "nextCursor": "b3BhcXVlLCBlbmNyeXB0ZWQgYW5kIHNpZ25lZA"},
}
RETRIED: dict[str, Any] = {"waiting again": {"delivery": _WAITING}}
DISCARDED: dict[str, Any] = {"put away": {"delivery": _PARKED | {"status": "discarded", "reason": None}}}
