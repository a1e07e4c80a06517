"""Examples of integrations for the OpenAPI document; tests check them against the models."""

from typing import Any

REQUESTS: dict[str, Any] = {
    "a Shopify shop": {
        "platform": "shopify",
        "account": "my-winery.myshopify.com",
        "credentials": {"accessToken": "shpat_…", "webhookSecret": "…"},
    },
    "a second one, whose webhooks come by EventBridge": {
        "platform": "shopify",
        "id": "shopify-wholesale",
        "account": "my-winery-wholesale.myshopify.com",
        "credentials": {"clientId": "…", "clientSecret": "…"},
        "intake": "eventbridge",
        "eventSource": "arn:aws:events:us-east-1::event-source/aws.partner/shopify.com/1234567/customer-hub",
    },
    "a Commerce7 tenant": {
        "platform": "commerce7",
        "account": "my-winery",
        "credentials": {"appId": "customer-hub", "appSecret": "…"},
    },
}
RUN: dict[str, Any] = {
    "id": "01KAYR6Z5M8Q4D1T7V9X3B2C5E",
    "kind": "pull",
    "status": "completed",
    "startedAt": "2026-11-25T09:00:03+00:00",
    "finishedAt": "2026-11-25T09:00:41+00:00",
    "counts": {
        "records": 260,
        "created": 4,
        "updated": 17,
        "unchanged": 236,
        "skipped": 2,
        "conflict": 1,
        "failed": 0,
        "balanced": True,
    },
}
INTEGRATION: dict[str, Any] = {
    "id": "shopify",
    "platform": "shopify",
    "account": "my-winery.myshopify.com",
    "active": True,
    "intake": "https",
    "eventSource": None,
    "connectedAt": "2026-11-21T10:00:00+00:00",
    "lastSyncAt": "2026-11-25T09:00:41+00:00",
    "failures": 0,
    "failureReason": None,
    "running": None,
    "lastRun": RUN,
    "drift": {
        "runId": "01KAYR6Z5M8Q4D1T7V9X3B2C5F",
        "comparedAt": "2026-11-25T03:00:12+00:00",
        "compared": 18204,
        "onlyInShop": 1,
        "onlyInHub": 0,
        "different": 3,
        "score": 0.0002,
    },
    "webhooks": {
        "url": "https://hub.example/api/webhooks/shopify",
        "checkedAt": "2026-11-25T09:00:05+00:00",
        "topics": ["app/uninstalled", "customers/create", "customers/update", "orders/create"],
        "missing": [],
        "lastDeliveryAt": "2026-11-25T09:41:17+00:00",
        "waiting": 0,
        "oldestWaitingAt": None,
        "parked": 1,
    },
    "alerts": [
        {
            "kind": "parked",
            "detail": "a person must look at what is parked: 0 jobs, 1 webhooks",
            "raisedAt": "2026-11-25T09:00:05+00:00",
        }
    ],
}
ONE: dict[str, Any] = {"a shop": {"integration": INTEGRATION}}
ALL: dict[str, Any] = {"one shop": {"integrations": [INTEGRATION]}}
DISCONNECTED: dict[str, Any] = {
    "the shop let us": {
        "integration": INTEGRATION | {"active": False, "alerts": []},
        "stopped": {
            "run": None,
            "webhooks": True,
            "webhooksReason": None,
            "jobs": "those that wait are skipped, and owed again once it is connected",
            "deliveries": "those that wait are skipped",
            "pulls": "there are none any more",
        },
        "kept": ["its credentials", "the customers that came from it, with their ids there"],
    }
}
REFUSALS: dict[str, Any] = {
    "somebody else's": {
        "error": "Conflict",
        "message": "this account is another merchant's integration: disconnect that one first",
        "code": "account_connected",
        "requestId": "f3c1a2b4-5d6e-4f70-8a9b-0c1d2e3f4a5b",
        "field": "account",
    }
}
