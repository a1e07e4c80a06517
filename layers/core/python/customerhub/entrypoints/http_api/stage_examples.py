"""Examples of stages for the OpenAPI document; tests check them against the models."""

from typing import Any

STAGE: dict[str, Any] = {
    "id": "3a6c1b7e-2f40-4c8d-9c55-1e0f7a2b9d10",
    "name": "Bronze",
    "discountPercent": 10.0,
    "durationMonths": 12,
    "rank": 1,
    "qualification": {
        "currency": "USD",
        "minOrder": None,
        "minSpend": "500.00",
        "minOrders": None,
        "withinMonths": 12,
    },
    "archived": False,
    "createdAt": "2026-11-21T10:00:00+00:00",
    "updatedAt": "2026-11-21T10:00:00+00:00",
}

STAGE_REQUESTS: dict[str, Any] = {
    "staff decide who enters": {"name": "Bronze", "discountPercent": 10, "durationMonths": 12},
    "earned by orders": {
        "name": "Silver",
        "discountPercent": 12.5,
        "qualification": {"currency": "USD", "minSpend": "500.00", "withinMonths": 12},
    },
}
STAGE_PATCHES: dict[str, Any] = {
    "another discount": {"discountPercent": 15},
    "without an end": {"durationMonths": None, "qualification": None},
}
STAGES: dict[str, Any] = {"a stage": {"stage": STAGE}}
STAGE_LISTS: dict[str, Any] = {"one stage": {"stages": [STAGE]}}
REFUSALS: dict[str, Any] = {
    "the name is taken": {
        "error": "Conflict",
        "message": "another stage bears this name",
        "code": "name_taken",
        "requestId": "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b",
        "field": "name",
    },
    "it has members": {
        "error": "Conflict",
        "message": "this stage has members: move or cancel them first",
        "code": "stage_in_use",
        "requestId": "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b",
    },
}
