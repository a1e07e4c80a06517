"""Examples of duties for the OpenAPI document; tests check them against the models."""

from typing import Any

_CUSTOMER = "6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11"
_ID = "0f6b8c1d2e3f4a5b6c7d8e9fa0b1c2d3"

_REQUEST: dict[str, Any] = {
    "id": _ID,
    "kind": "data_request",
    "status": "open",
    "integration": "shopify",
    "externalId": "191167",
    "receivedAt": "2026-11-21T12:00:00+00:00",
    "dueAt": "2026-12-21T12:00:00+00:00",
    "customers": [{"customerId": _CUSTOMER, "export": f"/api/customers/{_CUSTOMER}/export"}],
    "receipt": None,
}
_HANDED_OVER: dict[str, Any] = {
    "outcome": "handed_over",
    "at": "2026-11-24T09:00:00+00:00",
    "by": "staff:maria",
    "erasures": [],
    "counts": None,
}
_FORGOTTEN: dict[str, Any] = {
    "outcome": "shop_forgotten",
    "at": "2026-11-21T12:01:00+00:00",
    "by": None,
    "erasures": [],
    "counts": {
        "customersErased": 812,
        "customersDetached": 96,
        "links": 908,
        "orders": 2204,
        "products": 61,
        "deliveries": 350,
    },
}

PAGES: dict[str, Any] = {
    "what is open": {"duties": [_REQUEST | {"customers": []}], "nextCursor": None},
}
ONE: dict[str, Any] = {
    "a person wants to see what is kept": {"duty": _REQUEST},
    "a shop was forgotten": {
        "duty": _REQUEST
        | {"kind": "shop_redact", "status": "done", "externalId": None, "customers": [], "receipt": _FORGOTTEN}
    },
}
FULFILLED: dict[str, Any] = {
    "handed over": {"duty": _REQUEST | {"status": "done", "receipt": _HANDED_OVER}},
}
