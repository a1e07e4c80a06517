"""What the care of integrations needs of every platform: subscriptions come, go, and are refused one by one."""

from collections.abc import Iterator

import pytest

from customerhub.errors import CredentialsRefused, PartnerRefused
from infra.local.partners.processes import Partner
from tests.support.commerce7_bench import Commerce7Bench
from tests.support.partner_bench import PartnerBench
from tests.support.shopify_bench import ShopifyBench

HOOKS, ELSEWHERE = "https://hub.example.com/hooks", "https://elsewhere.example.com/hooks"


@pytest.fixture(params=["shopify", "commerce7"])
def bench(
    request: pytest.FixtureRequest, shopify_partner: Partner, commerce7_partner: Partner
) -> Iterator[PartnerBench]:
    """Each platform in turn."""
    bench = ShopifyBench(shopify_partner) if request.param == "shopify" else Commerce7Bench(commerce7_partner)
    yield bench
    bench.close()


def urls(bench: PartnerBench) -> set[str]:
    """Where the double reports to, without what is secret of it."""
    return {HOOKS if url.startswith(HOOKS) else ELSEWHERE for _, url in bench.subscriptions()}


def test_what_is_unregistered_is_reported_no_more_and_nothing_else_is_touched(bench: PartnerBench) -> None:
    wanted = len(bench.connector.register_webhooks(HOOKS))
    bench.connector.register_webhooks(ELSEWHERE)
    for _ in range(2):
        bench.connector.unregister_webhooks(HOOKS)
        assert urls(bench) == {ELSEWHERE}
        assert len(bench.subscriptions()) == wanted
    assert {one.url for one in bench.connector.list_webhooks()} == {ELSEWHERE}


def test_an_address_that_begins_alike_is_another_one(bench: PartnerBench) -> None:
    bench.connector.register_webhooks(HOOKS)
    bench.connector.unregister_webhooks(HOOKS.removesuffix("s"))
    assert urls(bench) == {HOOKS}


def test_credentials_that_are_refused_are_said_to_be(bench: PartnerBench) -> None:
    bench.fail({"mode": "revoked"})
    for ask in (bench.connector.list_webhooks, lambda: bench.connector.register_webhooks(HOOKS)):
        with pytest.raises(CredentialsRefused):
            ask()
    with pytest.raises(CredentialsRefused):
        bench.connector.unregister_webhooks(HOOKS)


def test_one_that_is_refused_keeps_none_of_the_others_from_being_made(bench: PartnerBench) -> None:
    """The platform says which one it was."""
    bench.fail({"mode": "status", "status": 422, "operation": bench.writes.create_webhook, "count": 1})
    with pytest.raises(PartnerRefused) as refusal:
        bench.connector.register_webhooks(HOOKS)
    assert refusal.value.reason == "webhook_refused"
    (missing,) = refusal.value.fields
    made = len(bench.subscriptions())
    whole = {one.topic for one in bench.connector.register_webhooks(HOOKS)}
    assert (missing in whole, len(whole)) == (True, made + 1)
