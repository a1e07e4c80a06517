"""Examples of enrollments for the OpenAPI document; tests check them against the models."""

from typing import Any

from customerhub.entrypoints.http_api.examples import CONFLICTS, CUSTOMERS
from customerhub.entrypoints.http_api.stage_examples import STAGE

_CUSTOMER = CUSTOMERS["customer"]
_REQUEST = "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b"

ENROLLMENT: dict[str, Any] = {
    "id": f"{_CUSTOMER['id']}.01KAJ3W5ZC2V8Q4M7N9R6T1XBD",
    "customerId": _CUSTOMER["id"],
    "stageId": STAGE["id"],
    "stage": {"id": STAGE["id"], "name": STAGE["name"], "discountPercent": STAGE["discountPercent"]},
    "status": "active",
    "startedAt": "2026-11-21T10:00:00+00:00",
    "expiresAt": "2027-11-21T10:00:00+00:00",
    "endedAt": None,
    "reason": None,
    "movedTo": None,
    "how": "staff",
    "syncedToCrm": False,
    "crmSyncAt": None,
    "integrations": [{"integration": "commerce7", "state": "pending", "syncedAt": None, "reason": None}],
}
_SYNCED = ENROLLMENT | {
    "syncedToCrm": True,
    "crmSyncAt": "2026-11-21T10:00:02+00:00",
    "integrations": [
        {"integration": "commerce7", "state": "synced", "syncedAt": "2026-11-21T10:00:02+00:00", "reason": None}
    ],
}

ENROLLMENT_REQUESTS: dict[str, Any] = {
    "a person": {
        "email": "john@email.com",
        "firstName": "John",
        "lastName": "Smith",
        "phone": "(555) 123-4567",
        "stageId": STAGE["id"],
    },
    "a known customer": {"customerId": _CUSTOMER["id"], "stageId": STAGE["id"], "move": True},
}
ENROLLED: dict[str, Any] = {
    "enrolled": {
        "customer": _CUSTOMER | {"isNewAccount": True},
        "enrollment": ENROLLMENT,
        "message": "Customer enrolled successfully. CRM sync in progress.",
    },
}
ALREADY: dict[str, Any] = {
    "a member already": {
        "customer": _CUSTOMER | {"isNewAccount": False},
        "enrollment": _SYNCED,
        "message": "Customer is a member of this stage already.",
    },
}
REFUSALS: dict[str, Any] = {
    "several accounts": CONFLICTS["several accounts"],
    "a member of another stage": {
        "error": "Conflict",
        "message": f"the customer is a member of another stage by enrollment {ENROLLMENT['id']}: move that one, or say "
        "`move`",
        "code": "already_enrolled",
        "requestId": _REQUEST,
        "field": "stageId",
    },
}
PAGES: dict[str, Any] = {"the last page": {"enrollments": [_SYNCED], "nextCursor": None}}
ONE: dict[str, Any] = {"in every shop": {"enrollment": _SYNCED}}
MOVES: dict[str, Any] = {"to a better stage": {"stageId": "b7f0c1d2-6a55-4a0f-8a35-52d0e2b7c9f0"}}
MOVED: dict[str, Any] = {"moved": {"enrollment": ENROLLMENT, "previous": None}}
CANCELS: dict[str, Any] = {"with a reason": {"reason": "moved abroad"}, "without": {}}
ENDED: dict[str, Any] = {
    "it had expired": {
        "error": "Conflict",
        "message": "this enrollment has ended: it is expired",
        "code": "not_active",
        "requestId": _REQUEST,
    },
}
BULK_REQUESTS: dict[str, Any] = {
    "two customers": {
        "customerIds": [_CUSTOMER["id"], "b7f0c1d2-6a55-4a0f-8a35-52d0e2b7c9f0"],
        "stageId": STAGE["id"],
    }
}
BULK: dict[str, Any] = {
    "one is refused": {
        "total": 2,
        "enrolled": 1,
        "unchanged": 0,
        "refused": 1,
        "failed": 0,
        "results": [
            {
                "customerId": _CUSTOMER["id"],
                "outcome": "enrolled",
                "enrollmentId": ENROLLMENT["id"],
                "code": None,
                "message": None,
            },
            {
                "customerId": "b7f0c1d2-6a55-4a0f-8a35-52d0e2b7c9f0",
                "outcome": "refused",
                "enrollmentId": None,
                "code": "email_required",
                "message": "a member needs an e-mail: shops know people by it",
            },
        ],
    },
}
