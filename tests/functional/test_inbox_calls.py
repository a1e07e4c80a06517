"""What a webhook costs before it is answered: in a process that knows the shop, one write and one message."""

import base64
import hashlib
import hmac
import json
import secrets
from typing import Any

import pytest
from botocore.httpsession import URLLib3Session

from customerhub.aws.clock import SystemClock
from customerhub.bootstrap import build_credential_app, build_inbox_parts, build_secrets
from customerhub.deployment import DELIVERIES_QUEUE_VARIABLE
from customerhub.domain.ids import IntegrationId
from customerhub.domain.integration import Integration, Platform
from customerhub.entrypoints.webhooks import build_webhooks
from customerhub.services.register_tenant import register_tenant
from customerhub.settings import Settings
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.table import Database
from infra.local.tables import DynamoDBTables
from tests.support.till import fresh_tenant

SECRET = "signing-secret"
BODY = json.dumps({"id": 1, "admin_graphql_api_id": "gid://shopify/Customer/1", "email": "ann@example.com"}).encode()


@pytest.fixture
def calls(monkeypatch: pytest.MonkeyPatch) -> list[str]:
    """Every request to AWS of this process, by whichever client, as it goes out; retries count again."""
    seen: list[str] = []
    send = URLLib3Session.send

    def counted(self: URLLib3Session, request: Any) -> Any:
        target = request.headers["X-Amz-Target"]
        seen.append((target.decode() if isinstance(target, bytes) else target).rpartition(".")[2])
        return send(self, request)

    monkeypatch.setattr(URLLib3Session, "send", counted)
    return seen


@pytest.fixture
def shop(dynamodb_tables: DynamoDBTables, monkeypatch: pytest.MonkeyPatch) -> tuple[Integration, Settings]:
    """A shop that is connected, its credentials in Secrets Manager, and a queue."""
    for name, value in dynamodb_tables.environment().items():
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    sqs = dynamodb_tables.emulator.client("sqs", dynamodb_tables.account)
    url = str(sqs.create_queue(QueueName=f"deliveries-{secrets.token_hex(4)}")["QueueUrl"])
    settings = Settings({**dynamodb_tables.names, DELIVERIES_QUEUE_VARIABLE: url})
    tenant, clock, database = fresh_tenant(), SystemClock(), Database(dynamodb_tables.client())
    register_tenant(tenant, None, store=build_credential_app(settings, dynamodb_tables.client()).credentials)
    build_secrets(settings, database, clock).put(tenant.id, IntegrationId("shopify"), _credentials())
    account = f"{tenant.id}.myshopify.com"
    integration = Integration(tenant.id, IntegrationId("shopify"), Platform.SHOPIFY, account, clock.now())
    return DynamoIntegrationStore(database, settings.work_table).connect_integration(integration, None, []), settings


def test_a_webhook_is_answered_after_two_calls_to_aws(shop: tuple[Integration, Settings], calls: list[str]) -> None:
    integration, settings = shop
    handle = build_webhooks(build_inbox_parts(settings))
    calls.clear()
    assert handle(_request(integration, "first"), None)["statusCode"] == 200
    print("the first one of a process:", calls)
    calls.clear()
    assert handle(_request(integration, "second"), None)["statusCode"] == 200
    assert calls == ["PutItem", "SendMessageBatch"]
    calls.clear()
    assert handle(_request(integration, "second"), None)["statusCode"] == 200
    assert calls == ["PutItem"], "the same event once more"


def test_a_forgery_costs_nothing(shop: tuple[Integration, Settings], calls: list[str]) -> None:
    """But for one look whether the secret was replaced, now and then."""
    integration, settings = shop
    handle = build_webhooks(build_inbox_parts(settings))
    calls.clear()
    handle(_request(integration, "first"), None)
    forged = _request(integration, "forged")
    forged["headers"]["X-Shopify-Hmac-Sha256"] = base64.b64encode(b"0" * 32).decode()
    assert handle(forged, None)["statusCode"] == 401
    calls.clear()
    assert handle(forged, None)["statusCode"] == 401
    assert calls == []


def _credentials() -> dict[str, str]:
    return {"access_token": "shpat_test", "webhook_secret": SECRET}


def _request(integration: Integration, event: str) -> dict[str, Any]:
    signature = base64.b64encode(hmac.digest(SECRET.encode(), BODY, hashlib.sha256)).decode()
    headers = {
        "X-Shopify-Hmac-Sha256": signature,
        "X-Shopify-Topic": "customers/update",
        "X-Shopify-Shop-Domain": integration.account,
        "X-Shopify-Event-Id": event,
        "X-Shopify-Triggered-At": "2026-11-25T09:00:00.123456Z",
    }
    return {
        "routeKey": "POST /api/webhooks/shopify",
        "rawPath": "/api/webhooks/shopify",
        "requestContext": {"requestId": "request"},
        "headers": headers,
        "body": BODY.decode(),
    }
