"""Examples for the OpenAPI document; tests check them against the models."""

from typing import Any

_CUSTOMER: dict[str, Any] = {
    "id": "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11",
    "name": "John Smith",
    "firstName": "John",
    "lastName": "Smith",
    "phone": "+15551234567",
    "email": "john@email.com",
    "authUserId": "auth-7",
    "allergies": ["nuts"],
    "preferences": {"wine": "red"},
    "address": {"line1": "1 Main Street", "city": "Napa", "postalCode": "94558"},
    "accountSources": ["chatbot", "webapp"],
    "householdId": None,
    "status": "ACTIVE",
    "createdVia": "chatbot",
    "lastUpdatedVia": "webapp",
    "createdAt": "2026-11-21T10:00:00+00:00",
    "updatedAt": "2026-11-21T10:05:00+00:00",
    "_internalId": "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11",
}

CUSTOMER_MANAGEMENT_REQUESTS: dict[str, Any] = {
    "chatbot": {
        "phone": "(555) 123-4567",
        "firstName": "John",
        "lastName": "Smith",
        "allergies": ["nuts"],
        "source": "chatbot",
    },
    "web app": {
        "phone": "+15551234567",
        "email": "john@email.com",
        "authUserId": "auth-7",
        "source": "webapp",
    },
    "lookup": {"email": "JOHN@email.com"},
    "merge": {
        "phone": "+15551234567",
        "email": "john@email.com",
        "mergeIfFound": True,
        "source": "chatbot",
    },
}

CUSTOMER_MANAGEMENT_RESPONSES: dict[str, Any] = {
    "found and updated": {
        "customer": _CUSTOMER | {"isNewAccount": False},
        "orderHistory": [],
        "summary": "Welcome back John! Account updated with web app access.",
    },
}

CUSTOMERS: dict[str, Any] = {"customer": _CUSTOMER}

READ_CUSTOMER: dict[str, Any] = {
    "customer": _CUSTOMER
    | {
        "records": [
            {
                "integration": "shopify",
                "externalId": "7712345678901",
                "status": "ACTIVE",
                "state": "enabled",
                "emailConsent": "subscribed",
                "smsConsent": None,
                "tags": ["vip"],
                "updatedAt": "2026-11-21T10:04:00+00:00",
                "deletedAt": None,
            }
        ]
    }
}

CUSTOMER_PATCHES: dict[str, Any] = {
    "correct a name and a street": {"lastName": "Smith", "address": {"line1": "1 Main Street", "line2": None}},
    "a new e-mail to write to": {"email": "john.smith@email.com", "source": "console"},
    "forget": {"allergies": [], "preferences": None},
    "identifiers": {
        "addIdentifiers": [{"kind": "phone", "value": "(555) 123-4567"}],
        "removeIdentifiers": [{"kind": "email", "value": "john@email.com"}],
    },
}

CUSTOMER_PAGES: dict[str, Any] = {
    "the last page": {"customers": [_CUSTOMER], "nextCursor": None},
    "a page before it": {"customers": [_CUSTOMER], "nextCursor": "b3BhcXVlLCBlbmNyeXB0ZWQgYW5kIHNpZ25lZA"},
}

TIMELINES: dict[str, Any] = {
    "a phone added by the chatbot": {
        "events": [
            {
                "id": "01KAJ3W5ZC2V8Q4M7N9R6T1XBD",
                "type": "CustomerUpdated",
                "at": "2026-11-21T10:05:00+00:00",
                "customerId": "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11",
                "by": {"kind": "key", "id": "k7f2a9"},
                "source": "chatbot",
                "requestId": "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b",
                "before": {"allergies": []},
                "after": {"allergies": ["nuts"]},
            }
        ],
        "nextCursor": None,
    },
}

CONFLICTS: dict[str, Any] = {
    "several accounts": {
        "error": "Account conflict",
        "conflicts": {
            "found": True,
            "id": "0d9b4a4f3b7c1e6a5d2f8c9b7a6e5d4c",
            "kind": "several_accounts",
            "accounts": [
                {"id": "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11", "email": "john@email.com", "source": "webapp"},
                {"id": "b7f0c1d2-6a55-4a0f-8a35-52d0e2b7c9f0", "phone": "+15551234567", "source": "chatbot"},
            ],
            "suggestedActions": [
                "Link accounts automatically",
                "Contact customer support",
                "Use primary email account",
            ],
        },
        "message": "Multiple accounts found. Please choose how to proceed.",
        "code": "account_conflict",
        "requestId": "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b",
    },
    "as a user sees it": {
        "error": "Account conflict",
        "conflicts": {
            "found": True,
            "kind": "unproven",
            "accounts": [{"id": "account-1", "phone": "***67"}],
            "suggestedActions": ["Verify phone", "Contact customer support"],
        },
        "message": "An account with these details exists. Please verify that they are yours.",
        "code": "account_conflict",
        "requestId": "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b",
    },
}
