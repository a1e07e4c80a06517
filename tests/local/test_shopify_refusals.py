"""What the Shopify double refuses: strangers, what the schema forbids, what the app may not do, what it knows not."""

from typing import Any

import httpx
import pytest

from tests.support.shopify import CUSTOMERS, GRAPHQL, SET, ShopifyCaller

NOT_MODELLED = "NOT_MODELLED_BY_THE_DOUBLE"


def call(shopify: ShopifyCaller, method: str, path: str, **options: Any) -> httpx.Response:
    return shopify.http.request(method, path, headers={"X-Shopify-Access-Token": shopify.token}, **options)


def test_a_stranger_is_told_so(shopify: ShopifyCaller) -> None:
    for headers in ({}, {"X-Shopify-Access-Token": "shpat_wrong"}, {"X-Shopify-Access-Token": "ü".encode()}):
        response = shopify.http.post(GRAPHQL, json={"query": "{ shop { id } }"}, headers=headers)  # type: ignore[arg-type]
        assert response.status_code == 401
        message = "[API] Invalid API key or access token (unrecognized login or wrong password)"
        assert response.json() == {"errors": message}


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("POST", "/admin/api/2026-07/graphql.json"),
        ("POST", "/admin/api/unstable/graphql.json"),
        ("POST", "/admin/api/2026-10/customers.json"),
        ("GET", GRAPHQL),
        ("POST", "/"),
    ],
)
def test_other_paths_and_versions_are_not_there(shopify: ShopifyCaller, method: str, path: str) -> None:
    response = call(shopify, method, path)
    assert (response.status_code, response.json()) == (404, {"errors": "Not Found"})


@pytest.mark.parametrize("content", ["", "no JSON", "[]", "{}", '{"query": 5}', '{"query": "{x}", "variables": [1]}'])
def test_a_body_that_is_no_question(shopify: ShopifyCaller, content: str) -> None:
    response = call(shopify, "POST", GRAPHQL, content=content)
    assert response.status_code == 400
    assert response.json() == {"errors": {"query": "Required parameter missing or invalid"}}


def test_answers_name_their_version_and_their_request(shopify: ShopifyCaller) -> None:
    first, second = shopify.post("{ shop { id } }"), shopify.post("{ shop { id } }")
    assert first.headers["X-Shopify-API-Version"] == "2026-10"
    assert first.headers["X-Request-Id"] != second.headers["X-Request-Id"]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("{", "invalidDocument"),
        ("{ shop { nothing } }", "undefinedField"),
        ("{ customer { id } }", "missingRequiredArguments"),
        ("{ shop(x: 1) { id } }", "argumentNotAccepted"),
        ("query A { shop { id } } query B { shop { id } }", "invalidDocument"),
        (
            'mutation { customerCreate(input: {firstName: "A"}) { userErrors { code } } }',
            "undefinedField",
        ),
    ],
)
def test_what_the_schema_forbids_is_not_executed(shopify: ShopifyCaller, query: str, code: str) -> None:
    body = shopify.ask(query)
    assert body["errors"][0]["extensions"]["code"] == code
    assert "data" not in body
    assert shopify.customers() == []


@pytest.mark.parametrize(
    ("query", "variables"),
    [
        (SET, {"input": {"nickname": "A"}}),
        (SET, {"input": {"email": "a@example.com"}, "identifier": {"email": "a@example.com", "phone": "+17079631234"}}),
        (SET, {}),
        (CUSTOMERS, {"first": "ten"}),
        ("query($id: ID!) { customer(id: $id) { id } }", {"id": "1001"}),
    ],
)
def test_variables_are_checked(shopify: ShopifyCaller, query: str, variables: dict[str, Any]) -> None:
    assert shopify.refused(query, **variables)["extensions"]["code"] == "INVALID_VARIABLE"
    assert shopify.customers() == []


def test_ids_must_be_of_the_right_kind(shopify: ShopifyCaller) -> None:
    error = shopify.refused("query($id: ID!) { customer(id: $id) { id } }", id="gid://shopify/Order/1")
    assert error["message"] == "Invalid id: gid://shopify/Order/1"
    discount = {"context": {"customers": {"add": ["gid://shopify/Segment/1"]}}}
    update = """
    mutation($id: ID!, $discount: DiscountAutomaticBasicInput!) {
      discountAutomaticBasicUpdate(id: $id, automaticBasicDiscount: $discount) { userErrors { message } }
    }
    """
    error = shopify.refused(update, id="gid://shopify/DiscountAutomaticNode/1", discount=discount)
    assert error["message"] == "Invalid id: gid://shopify/Segment/1"


@pytest.mark.parametrize(
    ("document", "what"),
    [
        ("{ collections(first: 1) { nodes { id } } }", "QueryRoot.collections"),
        ("{ customers(first: 1) { nodes { mergeable { isMergeable } } } }", "Customer.mergeable"),
        (
            'mutation { customerCreate(input: {firstName: "A", multipassIdentifier: "x"}) { userErrors { field } } }',
            "CustomerInput.multipassIdentifier",
        ),
        ('{ webhookSubscriptions(first: 1, query: "x") { nodes { id } } }', "the argument query"),
        ('mutation { customerCreate(input: {firstName: "A"}) { customer { image { id } } } }', "Customer.image"),
        ('mutation { tagsAdd(id: "gid://shopify/Product/1", tags: []) { node { id } } }', "tags of Product"),
    ],
)
def test_what_the_double_does_not_know_is_named_and_not_done(shopify: ShopifyCaller, document: str, what: str) -> None:
    error = shopify.refused(document)
    assert error["extensions"]["code"] == NOT_MODELLED
    assert what in error["message"]
    assert shopify.customers() == []


def test_a_missing_scope_denies_access(shopify: ShopifyCaller) -> None:
    known = shopify.customer("a@example.com")["id"]
    shopify.configure(scopes=["read_customers"])
    assert shopify.emails(None) == ["a@example.com"]
    body = shopify.ask(SET, identifier=None, input={"email": "b@example.com"})
    assert body["data"] == {"customerSet": None}
    assert body["errors"][0]["path"] == ["customerSet"]
    assert body["errors"][0]["extensions"] == {
        "code": "ACCESS_DENIED",
        "documentation": "https://shopify.dev/api/usage/access-scopes",
        "requiredAccess": "`write_customers` access scope.",
    }
    tags = 'mutation($id: ID!) { tagsAdd(id: $id, tags: ["x"]) { userErrors { message } } }'
    assert shopify.refused(tags, id=known)["extensions"]["requiredAccess"] == "`write_customers` access scope."
    shopify.configure(scopes=["write_orders"])
    assert shopify.refused(CUSTOMERS, first=1)["extensions"]["code"] == "ACCESS_DENIED"
    assert shopify.data("{ orders(first: 1) { nodes { id } } }") == {"nodes": []}


def test_protected_data_is_null_with_an_error(shopify: ShopifyCaller) -> None:
    shopify.customer("a@example.com", firstName="Ada", tags=["VIP"])
    shopify.configure(protectedData=True)
    body = shopify.ask("{ customers(first: 1) { nodes { tags firstName defaultEmailAddress { emailAddress } } } }")
    assert body["data"]["customers"]["nodes"] == [{"tags": ["VIP"], "firstName": None, "defaultEmailAddress": None}]
    assert {error["path"][-1] for error in body["errors"]} == {"firstName", "defaultEmailAddress"}
    assert {error["extensions"]["code"] for error in body["errors"]} == {"ACCESS_DENIED"}
