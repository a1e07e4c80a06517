"""Examples of imports for the OpenAPI document; tests check them against the models."""

from typing import Any

_CUSTOMER = "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11"
_NONE = {"rows": 0, "created": 0, "updated": 0, "unchanged": 0, "skipped": 0, "conflict": 0, "failed": 0}
_ANNOUNCED: dict[str, Any] = {
    "id": "01KQ9X3V7B2M8N4P6R0S1T5W9Y",
    "status": "awaiting_upload",
    "cancelRequested": False,
    "reason": None,
    "fileName": "members.csv",
    "source": "import",
    "stageId": None,
    "moveMembers": False,
    "createdBy": {"kind": "staff", "id": "s-12"},
    "createdAt": "2026-11-21T10:00:00Z",
    "updatedAt": "2026-11-21T10:00:00Z",
    "startedAt": None,
    "finishedAt": None,
    "reading": None,
    "progress": {"bytesDone": 0, "bytesTotal": None, "rowsDone": 0, "percent": None, "rowsPerSecond": None},
    "counts": _NONE | {"balanced": True},
    "hasErrorFile": False,
}
_READ = _ANNOUNCED | {
    "status": "previewed",
    "reading": {"encoding": "utf-8", "delimiter": ",", "hasHeader": True, "columns": 3, "isErrorFile": False},
    "progress": {"bytesDone": 0, "bytesTotal": 61240, "rowsDone": 0, "percent": 0.0, "rowsPerSecond": None},
}
_RUNNING = _READ | {
    "status": "running",
    "startedAt": "2026-11-21T10:02:00Z",
    "updatedAt": "2026-11-21T10:02:04Z",
    "progress": {"bytesDone": 31020, "bytesTotal": 61240, "rowsDone": 600, "percent": 50.7, "rowsPerSecond": 150.0},
    "counts": _NONE | {"rows": 600, "created": 590, "failed": 10, "balanced": True},
}
_COMPLETED = _RUNNING | {
    "status": "completed",
    "updatedAt": "2026-11-21T10:02:08Z",
    "finishedAt": "2026-11-21T10:02:08Z",
    "progress": {"bytesDone": 61240, "bytesTotal": 61240, "rowsDone": 1200, "percent": 100.0, "rowsPerSecond": 150.0},
    "counts": _NONE | {"rows": 1200, "created": 1180, "conflict": 1, "failed": 19, "balanced": True},
    "hasErrorFile": True,
}
_CREATED = {"row": 2, "verdict": "created", "code": None, "field": None, "customerId": _CUSTOMER}
_FAILED = {"row": 3, "verdict": "failed", "code": "invalid_email", "field": "email", "customerId": None}

NEW: dict[str, Any] = {
    "a file": {"fileName": "members.csv", "sizeBytes": 61240},
    "members": {"fileName": "bronze.csv", "stageId": "b7f0c1d2-6a55-4a0f-8a35-52d0e2b7c9f0"},
}
ANNOUNCED: dict[str, Any] = {
    "announced": {
        "import": _ANNOUNCED,
        "upload": {
            "method": "PUT",
            "url": "https://bucket.s3.amazonaws.com/winery/01KQ9X3V7B2M8N4P6R0S1T5W9Y/upload?X-Amz-Signature=…",
            "headers": {"Content-Type": "text/csv"},
            "maxBytes": 61240,
            "expiresAt": "2026-11-21T10:15:00Z",
        },
    }
}
READINGS: dict[str, Any] = {
    "as it was guessed": {},
    "with a mapping": {"mapping": {"E-mail Address": "email", "Mobile": "phone", "Club": "stage"}},
    "a semicolon file without headings": {"delimiter": ";", "hasHeader": False, "mapping": {"Column 1": "email"}},
}
PREVIEWS: dict[str, Any] = {
    "two rows": {
        "import": _READ,
        "columns": [
            {"name": "E-mail Address", "field": "email", "confidence": 1.0, "samples": ["ann@example.com", "bob"]},
            {"name": "First", "field": "firstName", "confidence": 1.0, "samples": ["Ann", "Bob"]},
            {"name": "Remarks", "field": "ignored", "confidence": 1.0, "samples": []},
        ],
        "sample": [
            _CREATED | {"customerId": None, "values": {"email": "ann@example.com", "firstName": "Ann"}},
            _FAILED | {"values": {"email": "bob", "firstName": "Bob"}},
        ],
        "rows": [_CREATED | {"customerId": None}, _FAILED],
        "counts": _NONE | {"rows": 2, "created": 1, "failed": 1, "balanced": True},
    }
}
STARTED: dict[str, Any] = {"started": {"import": _RUNNING}}
CANCELLED: dict[str, Any] = {"about to be": {"import": _RUNNING | {"cancelRequested": True}}}
ONE: dict[str, Any] = {"under way": {"import": _RUNNING}, "completed": {"import": _COMPLETED}}
PAGES: dict[str, Any] = {
    "the last page": {"imports": [_COMPLETED], "nextCursor": None},
    "a page before it": {"imports": [_RUNNING], "nextCursor": "b3BhcXVlLCBlbmNyeXB0ZWQgYW5kIHNpZ25lZA"},
}
ROWS: dict[str, Any] = {"two rows": {"rows": [_CREATED, _FAILED], "nextCursor": None}}
ERRORS: dict[str, Any] = {
    "a file": {
        "url": "https://bucket.s3.amazonaws.com/winery/01KQ9X3V7B2M8N4P6R0S1T5W9Y/errors?X-Amz-Signature=…",
        "rows": 20,
        "expiresAt": "2026-11-21T10:17:08Z",
    }
}
