"""The demo merchant's shops keep themselves in sync with the hub, as it runs."""

import secrets
import time
from collections.abc import Callable, Iterator
from typing import Any

import pytest

from customerhub.aws.clock import SystemClock
from customerhub.connectors.base import partner_http_client
from customerhub.connectors.registry import connector_for
from customerhub.deployment import CHECK_INTEGRATIONS, INTEGRATION_CARE
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.store.care import DynamoCareStore
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.table import Database
from infra.local.hub import Hub
from infra.local.partners.catalogue import PartnerName
from infra.local.partners.processes import Partner
from tests.support.api import Api
from tests.support.partner_bench import MemoryPacer, loopback

PATIENCE_S = 90.0
SHOP = IntegrationId("shopify")


def eventually(look: Callable[[], Any], patience_s: float = PATIENCE_S) -> float:
    """How many seconds it took until `look` found something; fails the test where it never does."""
    started = time.perf_counter()
    while not look():
        assert time.perf_counter() - started < patience_s, "it never came"
        time.sleep(0.1)
    return time.perf_counter() - started


@pytest.fixture
def shop(stack: Hub) -> Iterator[Partner]:
    """The double of Shopify, which is well again afterwards."""
    double = next(one for one in stack.partners if one.name is PartnerName.SHOPIFY)
    yield double
    double.control("DELETE", "faults").raise_for_status()
    double.control("PUT", "webhooks", {"enabled": True}).raise_for_status()


def sign_up(shop: Partner) -> str:
    """Somebody new in the shop; the e-mail."""
    email = f"{secrets.token_hex(6)}@example.com"
    shop.control("POST", "customers", {"firstName": "Vera", "email": email}).raise_for_status()
    return email


def is_known(winery: Api, email: str) -> bool:
    """Whether the hub has that customer."""
    answer = call(winery, "GET", f"/api/customers?q={email}")
    # Whoever looks too often is told to wait.
    return answer.status_code == 200 and [one["email"] for one in answer.json()["customers"]] == [email]


def comes(winery: Api, email: str) -> float:
    """After how many seconds the hub has that customer."""
    return eventually(lambda: is_known(winery, email))


def call(caller: Api, method: str, path: str, body: Any = None) -> Any:
    """One call of the API."""
    headers = {"Authorization": f"Bearer {caller.credential}"}
    return caller.client.request(method, path, json=body, headers=headers)


def shown(winery: Api) -> dict[str, Any]:
    """The shop as the API shows it."""
    found: dict[str, Any] = call(winery, "GET", f"/api/integrations/{SHOP}").json()["integration"]
    return found


def test_a_customer_created_in_the_shop_shows_by_webhook(stack: Hub, shop: Partner, winery: Api) -> None:
    eventually(lambda: shown(winery)["webhooks"]["url"] == f"{stack.base_url}/api/webhooks/shopify")
    eventually(lambda: shown(winery)["lastSyncAt"] and shown(winery)["running"] is None)
    last = shown(winery)["lastSyncAt"]
    durations_s = [comes(winery, sign_up(shop)) for _ in range(5)]
    assert (shown(winery)["lastSyncAt"], shown(winery)["running"]) == (last, None), "no pull brought them"
    print("seconds until a new customer shows, the functions being started first:", durations_s)


def test_with_webhooks_switched_off_it_shows_after_the_next_pull(shop: Partner, winery: Api) -> None:
    eventually(lambda: shown(winery)["running"] is None)
    shop.control("PUT", "webhooks", {"enabled": False}).raise_for_status()
    email = sign_up(shop)
    started = call(winery, "POST", f"/api/integrations/{SHOP}/sync", {})
    assert started.status_code == 202
    run = started.json()["run"]["id"]
    eventually(lambda: call(winery, "GET", f"/api/runs/{run}").json()["run"]["status"] == "completed")
    assert is_known(winery, email)
    assert call(winery, "GET", f"/api/runs/{run}").json()["run"]["counts"]["balanced"] is True


def test_subscriptions_that_are_gone_are_made_again_and_the_gap_is_pulled(
    stack: Hub, shop: Partner, winery: Api
) -> None:
    eventually(lambda: shown(winery)["running"] is None)
    database = Database(stack.emulator.client("dynamodb"))
    store = DynamoIntegrationStore(database, stack.tables["WORK_TABLE"])
    integration = store.get_integration(TenantId(winery.tenant_id), SHOP)
    assert integration
    clock, http = SystemClock(), partner_http_client(loopback())
    names = ("access_token", "webhook_secret")
    credentials = {name: shop.credentials[name] for name in names}
    connector = connector_for(integration, credentials, http, MemoryPacer(clock), clock)
    before, last = len(connector.list_webhooks()), shown(winery)["lastSyncAt"]
    connector.unregister_webhooks(f"{stack.base_url}/api/webhooks/shopify")
    assert connector.list_webhooks() == []
    email = sign_up(shop)
    stack.wake(INTEGRATION_CARE, CHECK_INTEGRATIONS.name)
    comes(winery, email)
    assert len(connector.list_webhooks()) == before
    eventually(lambda: shown(winery)["lastSyncAt"] > last)
    http.close()


def test_refused_credentials_raise_an_alert_that_ends_once_they_are_taken_again(
    stack: Hub, shop: Partner, winery: Api
) -> None:
    store = DynamoCareStore(Database(stack.emulator.client("dynamodb")), stack.tables["WORK_TABLE"])

    def told(*, is_open: bool) -> bool:
        alerts = store.list_alerts(TenantId(winery.tenant_id), SHOP)
        return any(one.kind == "credentials" and one.is_open == is_open and one.is_told for one in alerts)

    shop.control("PUT", "faults", [{"mode": "revoked"}]).raise_for_status()
    stack.wake(INTEGRATION_CARE, CHECK_INTEGRATIONS.name)
    eventually(lambda: "credentials" in [alert["kind"] for alert in shown(winery)["alerts"]])
    eventually(lambda: told(is_open=True))
    shop.control("DELETE", "faults").raise_for_status()
    stack.wake(INTEGRATION_CARE, CHECK_INTEGRATIONS.name)
    eventually(lambda: told(is_open=False))
    assert shown(winery)["alerts"] == []
