"""Examples of runs for the OpenAPI document; tests check them against the models."""

from typing import Any

_CUSTOMER = "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11"
_NONE = {"records": 0, "created": 0, "updated": 0, "unchanged": 0, "skipped": 0, "conflict": 0, "failed": 0}
_EMPTY = _NONE | {"balanced": True}
_SOME = _NONE | {"records": 250, "created": 3, "updated": 40, "unchanged": 206, "conflict": 1, "balanced": True}
_RUNNING: dict[str, Any] = {
    "id": "01KQ9X3V7B2M8N4P6R0S1T5W9Y",
    "integration": "shopify",
    "kind": "pull",
    "status": "running",
    "cancelRequested": False,
    "reason": None,
    "askedBy": {"kind": "staff", "id": "s-12"},
    "startedAt": "2026-11-25T10:00:00Z",
    "updatedAt": "2026-11-25T10:00:02Z",
    "finishedAt": None,
    "dueAt": None,
    "attempts": 0,
    "gone": 0,
    "counts": _SOME,
    "feeds": [
        {"feed": "customers", "status": "under_way", "reason": None, "counts": _SOME},
        {"feed": "orders", "status": "waiting", "reason": None, "counts": _EMPTY},
        {"feed": "products", "status": "waiting", "reason": None, "counts": _EMPTY},
    ],
}
_COMPLETED = _RUNNING | {
    "status": "completed",
    "askedBy": {"kind": "hub", "id": "schedule"},
    "updatedAt": "2026-11-25T10:00:04Z",
    "finishedAt": "2026-11-25T10:00:04Z",
    "feeds": [
        {"feed": "customers", "status": "done", "reason": None, "counts": _SOME},
        {"feed": "orders", "status": "done", "reason": None, "counts": _EMPTY},
        {"feed": "products", "status": "refused", "reason": "access_denied", "counts": _EMPTY},
    ],
}
_COMPARISON = _RUNNING | {"id": "01KQ9X3V7B2M8N4P6R0S1T5W9Z", "kind": "compare"}

SYNCS: dict[str, Any] = {"what has changed": {}, "everything, on both sides": {"full": True}}
STARTED: dict[str, Any] = {"under way": {"run": _RUNNING}}
CANCELLED: dict[str, Any] = {"about to be": {"run": _RUNNING | {"cancelRequested": True}}}
UNDER_WAY: dict[str, Any] = {
    "a comparison": {
        "error": "Conflict",
        "message": "a run of another kind is under way",
        "code": "run_under_way",
        "requestId": "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b",
        "run": _COMPARISON,
    }
}
ONE: dict[str, Any] = {"under way": {"run": _RUNNING}, "completed": {"run": _COMPLETED}}
PAGES: dict[str, Any] = {
    "the last page": {"runs": [_COMPLETED], "nextCursor": None},
    "a page before it": {"runs": [_RUNNING], "nextCursor": "b3BhcXVlLCBlbmNyeXB0ZWQgYW5kIHNpZ25lZA"},
}
RECORDS: dict[str, Any] = {
    "two records": {
        "records": [
            {"id": "7351254589461", "verdict": "created", "code": None, "customerId": _CUSTOMER},
            {"id": "7351254589462", "verdict": "conflict", "code": "shared_phone", "customerId": None},
        ],
        "nextCursor": None,
    }
}
