"""Examples of exports and erasures for the OpenAPI document; tests check them against the models."""

from typing import Any

_ID = "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11"

EXPORTS: dict[str, Any] = {
    "a customer of the chatbot": {
        "export": {
            "exportedAt": "2026-11-21T12:00:00+00:00",
            "customer": {"id": _ID, "firstName": "John", "formerIds": [], "householdId": None},
            "identifiers": [
                {
                    "kind": "email",
                    "value": "john@email.com",
                    "shown": "john@email.com",
                    "spelled": "John@email.com",
                    "grade": "asserted",
                    "source": "chatbot",
                    "since": "2026-11-21T10:00:00+00:00",
                    "owned": True,
                    "preferred": False,
                }
            ],
            "claims": [
                {
                    "kind": "email",
                    "value": "john@email.com",
                    "grade": "asserted",
                    "source": "chatbot",
                    "since": "2026-11-21T10:00:00+00:00",
                    "sharedWith": 0,
                }
            ],
            "links": [],
            "orders": [{"customerId": _ID, "id": "2026-11-20T09:00:00+00:00#1001", "total": "48.00"}],
            "enrollments": [],
            "leads": [],
            "events": [],
            "merges": [],
            "conflicts": [],
            "answers": [],
            "jobs": [],
        }
    }
}

EXPORT_LINKS: dict[str, Any] = {
    "a large export": {"url": "https://exports.s3.us-east-1.amazonaws.com/0d9b4a4f?X-Amz-Signature=…"},
}

ERASURES: dict[str, Any] = {
    "a customer of the chatbot": {
        "erasure": {
            "id": _ID,
            "customerId": _ID,
            "status": "completed",
            "requestedAt": "2026-11-21T12:00:00+00:00",
            "completedAt": "2026-11-21T12:00:01+00:00",
            "stores": [
                {"store": "profiles", "items": 1},
                {"store": "identifiers", "items": 2},
                {"store": "records", "items": 1},
                {"store": "events", "items": 3},
                {"store": "merges", "items": 0},
                {"store": "conflicts", "items": 0},
                {"store": "answers", "items": 1},
                {"store": "verifications", "items": 0},
                {"store": "jobs", "items": 0},
            ],
            "platforms": [{"integration": "shopify-1", "status": "pending"}],
        }
    }
}
