"""Examples of jobs and health figures for the OpenAPI document; tests check them against the models."""

from typing import Any

_ID = "0d9b4a4f3b7c1e6a5d2f8c9b7a6e5d4c"
_PARKED: dict[str, Any] = {
    "id": _ID,
    "kind": "sync_customer",
    "status": "parked",
    "reason": "partner_refused",
    "integration": "commerce7",
    "customerId": "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11",
    "enrollmentId": None,
    "stageId": None,
    "dueAt": "2026-11-25T10:00:00+00:00",
    "createdAt": "2026-11-25T10:00:00+00:00",
    "updatedAt": "2026-11-25T10:00:02+00:00",
    "owedSince": "2026-11-25T10:00:00+00:00",
    "isRunning": False,
    "attempts": 1,
    "failures": [
        {
            "at": "2026-11-25T10:00:02+00:00",
            "code": "partner_refused",
            "message": "Commerce7 does not take the field phone",
        }
    ],
    "overrides": {},
}
_WAITING: dict[str, Any] = _PARKED | {
    "status": "waiting",
    "reason": None,
    "attempts": 0,
    "failures": [],
    "overrides": {"phone": None},
}
_FIGURES: dict[str, Any] = {
    "customers": {"synced": 1240, "pending": 2, "parked": 1},
    "jobs": {"waiting": 3, "done": 1246, "skipped": 0, "parked": 1, "discarded": 0},
    "attempts": 1302,
    "failedAttempts": 55,
    "lastSuccessAt": "2026-11-25T10:00:01+00:00",
    "queue": {"length": 3, "oldestDueAt": "2026-11-25T09:59:30+00:00", "oldestAgeS": 32.0},
    "responseTimes": {"answers": 5012, "p50Ms": 93.3, "p95Ms": 415.0},
}
_INTEGRATION = {"integration": "commerce7", "platform": "commerce7", "active": True}

PAGES: dict[str, Any] = {
    "the last page": {"jobs": [_PARKED], "nextCursor": None},
    "a page before it": {"jobs": [_PARKED], "nextCursor": "b3BhcXVlLCBlbmNyeXB0ZWQgYW5kIHNpZ25lZA"},
}
ONE: dict[str, Any] = {"parked": {"job": _PARKED}}
EDITED: dict[str, Any] = {"without the phone": {"job": _PARKED | {"overrides": {"phone": None}}}}
RETRIED: dict[str, Any] = {"waiting again": {"job": _WAITING}}
DISCARDED: dict[str, Any] = {"put away": {"job": _PARKED | {"status": "discarded"}}}
PATCHES: dict[str, Any] = {
    "another e-mail": {"overrides": {"email": "ann.archer@example.com"}},
    "without the phone": {"overrides": {"phone": None}},
    "the customer's own values": {"overrides": None},
    "tonight": {"dueAt": "2026-11-25T22:00:00Z"},
}
MANY_REQUESTS: dict[str, Any] = {
    "some": {"ids": [_ID]},
    "all that the platform refused": {"all": True, "filter": {"integration": "commerce7", "reason": "partner_refused"}},
}
MANY: dict[str, Any] = {
    "all of them": {"matched": 12, "changed": 12, "unchanged": 0, "refused": 0, "missing": 0, "nextCursor": None},
    "some of them": {
        "matched": 300,
        "changed": 299,
        "unchanged": 1,
        "refused": 0,
        "missing": 0,
        "nextCursor": "b3BhcXVlLCBlbmNyeXB0ZWQgYW5kIHNpZ25lZA",
    },
}
HEALTH: dict[str, Any] = {
    "one integration": {
        "at": "2026-11-25T10:00:02+00:00",
        "total": _FIGURES,
        "integrations": [_FIGURES | _INTEGRATION],
    }
}
