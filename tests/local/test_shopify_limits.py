"""The allowance of the Shopify double: costs, the bucket, and what is too dear."""

import pytest

from tests.support.shopify import CUSTOMERS, ShopifyCaller

CREATE = """
mutation($email: String!) { customerCreate(input: {email: $email}) { customer { id } userErrors { field message } } }
"""
TEN = "{ customers(first: 10) { nodes { id } } }"


@pytest.mark.parametrize(
    ("document", "requested", "actual"),
    [
        (TEN, 12, 4),
        ("{ customers(first: 10) { edges { node { id email } } pageInfo { hasNextPage } } }", 12, 4),
        ("{ customers(first: 10) { nodes { defaultEmailAddress { emailAddress } } } }", 22, 6),
        ("{ customers(first: 10) { nodes { addressesV2(first: 5) { nodes { id } } } } }", 82, 8),
        ("{ customers(first: 10) { pageInfo { hasNextPage } } }", 2, 2),
        ("{ shop { id plan { shopifyPlus } } }", 2, 2),
        ("{ a: shop { id } b: shop { id } }", 2, 2),
        ("{ shop { ...more } } fragment more on Shop { plan { shopifyPlus } }", 2, 2),
        ("{ shop @skip(if: true) { id } currentAppInstallation { id } }", 1, 1),
        (
            'mutation { tagsAdd(id: "gid://shopify/Customer/1", tags: []) { node { id } userErrors { message } } }',
            10,
            10,
        ),
    ],
)
def test_what_a_query_costs(shopify: ShopifyCaller, document: str, requested: int, actual: int) -> None:
    shopify.customer("a@example.com")
    shopify.customer("b@example.com")
    cost = shopify.ask(document)["extensions"]["cost"]
    assert (cost["requestedQueryCost"], cost["actualQueryCost"]) == (requested, actual)
    assert cost["throttleStatus"]["maximumAvailable"] == 2000
    assert cost["throttleStatus"]["restoreRate"] == 100


def test_an_empty_bucket_throttles_without_effect_and_fills_again(shopify: ShopifyCaller) -> None:
    shopify.configure(bucketSize=25, restoreRate=0.001)
    shopify.done(CREATE, email="a@example.com")
    shopify.done(CREATE, email="b@example.com")
    body = shopify.ask(CREATE, email="c@example.com")

    assert "data" not in body
    assert body["errors"] == [
        {
            "message": "Throttled",
            "extensions": {"code": "THROTTLED", "documentation": "https://shopify.dev/api/usage/rate-limits"},
        }
    ]
    assert body["extensions"]["cost"] == {
        "requestedQueryCost": 10,
        "actualQueryCost": None,
        "throttleStatus": {"maximumAvailable": 25, "currentlyAvailable": 5, "restoreRate": 0.001},
    }
    state = shopify.control("GET", "state")
    assert (state["requests"]["throttled"], state["allowance"]["pointsCharged"]) == (1, 20)
    assert state["counts"]["customers"] == 2
    shopify.advance(5_000)
    shopify.done(CREATE, email="c@example.com")


def test_what_was_not_used_is_given_back(shopify: ShopifyCaller) -> None:
    shopify.configure(bucketSize=300, restoreRate=0.001)
    for _ in range(5):
        assert shopify.data(CUSTOMERS, first=250)["nodes"] == []
    assert shopify.ask("{ shop { id } }")["extensions"]["cost"]["throttleStatus"]["currentlyAvailable"] == 289


def test_a_query_can_be_too_dear(shopify: ShopifyCaller) -> None:
    body = shopify.ask("{ customers(first: 250) { nodes { addressesV2(first: 2) { nodes { id } } } } }")
    assert body["errors"][0]["extensions"]["code"] == "MAX_COST_EXCEEDED"
    assert body["errors"][0]["message"].startswith("Query cost is 1252, which exceeds the single query max cost limit")
    assert "data" not in body
    shopify.configure(maxQueryCost=2_000)
    assert "data" in shopify.ask("{ customers(first: 250) { nodes { addressesV2(first: 2) { nodes { id } } } } }")
