"""Examples of verifications for the OpenAPI document; tests check them against the models."""

from typing import Any

from customerhub.entrypoints.http_api import examples

START_REQUESTS: dict[str, Any] = {
    "by text message": {"phone": "(555) 123-4567"},
    "by e-mail": {"email": "john@email.com"},
}

START_RESPONSES: dict[str, Any] = {
    "on its way": {
        "verificationId": f"{'3f9c2a71' * 8}-{'5d0e8b46' * 4}",
        "expiresAt": "2026-11-21T10:15:00+00:00",
        "channel": "sms",
        "sentTo": "***67",
    },
}

ANSWER_REQUESTS: dict[str, Any] = {
    "the code": {"code": "493027"},
    "and merge": {"code": "493027", "mergeIfFound": True},
}

_CUSTOMER: dict[str, Any] = examples.CUSTOMER_MANAGEMENT_RESPONSES["found and updated"]["customer"]
_CONFLICT: dict[str, Any] = examples.CONFLICTS["several accounts"]

ANSWER_RESPONSES: dict[str, Any] = {
    "found": {"verified": True, "customer": _CUSTOMER},
    "to be decided": {"verified": True, "conflicts": _CONFLICT["conflicts"], "message": _CONFLICT["message"]},
}
