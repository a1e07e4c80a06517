"""Examples of conflicts for the OpenAPI document; tests check them against the models."""

from typing import Any

_JOHN = "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11"
_MARY = "b7f0c1d2-6a55-4a0f-8a35-52d0e2b7c9f0"
_HOUSEHOLD = "5c0d9e1f-7b3a-4f86-a2d4-0e9b8c7d6f5a"
_FOUND = {
    "what": "found",
    "at": "2026-11-21T10:00:00+00:00",
    "by": {"kind": "key", "id": "k7f2a9"},
    "requestId": "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b",
    "decision": None,
}
_CUSTOMER = {
    "id": _JOHN,
    "name": "John Smith",
    "email": "john@email.com",
    "phone": "+15551234567",
    "accountSources": ["chatbot"],
    "householdId": None,
}
_OPEN: dict[str, Any] = {
    "id": "0d9b4a4f3b7c1e6a5d2f8c9b7a6e5d4c",
    "kind": "shared_phone",
    "status": "open",
    "foundAt": _FOUND["at"],
    "by": _FOUND["by"],
    "source": "chatbot",
    "requestId": _FOUND["requestId"],
    "identifiers": [{"kind": "email", "value": "mary@email.com"}, {"kind": "phone", "value": "+15551234567"}],
    "customers": [_CUSTOMER],
    "statement": {
        "firstName": "Mary",
        "lastName": "Smith",
        "email": "mary@email.com",
        "phone": "(555) 123-4567",
        "authUserId": None,
    },
    "resolution": None,
    "history": [_FOUND],
}
_RESOLVED_BY = {"by": {"kind": "staff", "id": "s-12"}, "at": "2026-11-21T11:00:00+00:00"}
_RESOLVED: dict[str, Any] = _OPEN | {
    "status": "resolved",
    "customers": [
        _CUSTOMER | {"householdId": _HOUSEHOLD},
        _CUSTOMER | {"id": _MARY, "name": "Mary Smith", "email": "mary@email.com", "householdId": _HOUSEHOLD},
    ],
    "resolution": _RESOLVED_BY | {"decision": "household", "note": "Married.", "identifier": None, "to": None},
    "history": [_FOUND, _FOUND | _RESOLVED_BY | {"what": "resolved", "decision": "household"}],
}

PAGES: dict[str, Any] = {
    "the last page": {"conflicts": [_OPEN], "nextCursor": None},
    "a page before it": {"conflicts": [_OPEN], "nextCursor": "b3BhcXVlLCBlbmNyeXB0ZWQgYW5kIHNpZ25lZA"},
}
ONE: dict[str, Any] = {"open": {"conflict": _OPEN}, "resolved": {"conflict": _RESOLVED}}
RESOLVED: dict[str, Any] = {"a household": {"conflict": _RESOLVED}}
REQUESTS: dict[str, Any] = {
    "one person": {"decision": "merge"},
    "two people": {"decision": "keep_separate", "note": "Father and son."},
    "a household": {"decision": "household", "note": "Married."},
    "a recycled number": {
        "decision": "release",
        "to": _MARY,
        "identifier": {"kind": "phone", "value": "+15551234567"},
    },
}
