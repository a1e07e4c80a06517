"""The doubles of the shops in a running hub: connected to the first demo tenant, and switched at the front door."""

import httpx
import pytest

from infra.local.hub import Hub
from infra.local.partners.demo import partner_facts
from tests.e2e.operator_command import operate


def test_the_first_demo_tenant_is_connected_to_every_double(stack: Hub) -> None:
    connected = operate(stack, "integrations", "list", "--tenant", "demo-winery")["integrations"]

    shown = {one["id"]: (one["platform"], one["account"], one["endpoint"]) for one in connected}
    facts = partner_facts(stack.partners)
    assert shown == {
        "shopify": ("shopify", facts["shopify"]["shopDomain"], facts["shopify"]["url"]),
        "commerce7": ("commerce7", facts["commerce7"]["tenant"], facts["commerce7"]["url"]),
    }
    assert not [
        fact for fact in (facts["shopify"]["accessToken"], facts["commerce7"]["appSecret"]) if fact in str(connected)
    ]


def test_what_is_published_opens_both(stack: Hub) -> None:
    facts = partner_facts(stack.partners)
    commerce7, shopify = facts["commerce7"], facts["shopify"]
    listed = httpx.get(
        f"{commerce7['url']}/v1/customer",
        auth=(commerce7["appId"], commerce7["appSecret"]),
        headers={"tenant": commerce7["tenant"]},
    )
    asked = httpx.post(
        f"{shopify['url']}/admin/api/2026-10/graphql.json",
        headers={"X-Shopify-Access-Token": shopify["accessToken"]},
        json={"query": "{ shop { myshopifyDomain } }"},
    )

    assert listed.status_code == 200
    assert asked.json()["data"] == {"shop": {"myshopifyDomain": shopify["shopDomain"]}}


@pytest.mark.parametrize("name", ["shopify", "commerce7"])
def test_a_double_is_stopped_and_started_at_the_front_door(stack: Hub, name: str) -> None:
    switch = f"{stack.base_url}/local/partners/{name}"
    url = httpx.get(switch).json()["url"]
    email = f"before-the-outage-{name}@example.com"
    httpx.post(f"{url}/_control/customers", json={"email": email}).raise_for_status()
    try:
        assert httpx.put(switch, json={"running": False}, timeout=60).json()["running"] is False
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"{url}/_control/state")
    finally:
        started = httpx.put(switch, json={"running": True}, timeout=60).json()

    assert started == {"name": name, "running": True, "url": url}
    assert email in httpx.get(f"{url}/_control/state").text
