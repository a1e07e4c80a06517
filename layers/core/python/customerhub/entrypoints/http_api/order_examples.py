"""Examples of orders for the OpenAPI document; tests check them against the models."""

from typing import Any

from customerhub.entrypoints.http_api.enrollment_examples import ENROLLMENT
from customerhub.entrypoints.http_api.examples import CONFLICTS, CUSTOMERS

_ORDER: dict[str, Any] = {
    "externalId": "5120",
    "source": "till",
    "number": "#5120",
    "customerId": CUSTOMERS["customer"]["id"],
    "total": {"amount": "129.00", "currency": "USD"},
    "placedAt": "2026-11-21T09:58:00+00:00",
    "updatedAt": None,
    "paid": True,
    "cancelled": False,
    "refunded": False,
    "test": False,
}
ORDER_REQUESTS: dict[str, Any] = {
    "of a person": {
        "externalId": "5120",
        "source": "till",
        "number": "#5120",
        "email": "john@email.com",
        "total": {"amount": "129.00", "currency": "USD"},
        "placedAt": "2026-11-21T09:58:00Z",
        "paid": True,
    },
    "cancelled since": {
        "externalId": "5120",
        "source": "till",
        "customerId": CUSTOMERS["customer"]["id"],
        "total": {"amount": 129, "currency": "USD"},
        "placedAt": "2026-11-21T09:58:00Z",
        "updatedAt": "2026-11-22T08:00:00Z",
        "paid": True,
        "cancelled": True,
    },
}
RECORDED: dict[str, Any] = {
    "it enrolled the buyer": {
        "order": _ORDER,
        "customer": CUSTOMERS["customer"],
        "enrollment": ENROLLMENT | {"how": "order"},
    },
}
KNOWN: dict[str, Any] = {
    "told again": {"order": _ORDER, "customer": CUSTOMERS["customer"], "enrollment": None},
}
REFUSALS: dict[str, Any] = {"several accounts": CONFLICTS["several accounts"]}
