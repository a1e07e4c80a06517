"""Segments and discounts of the Shopify double, up to what the checkout gives."""

from typing import Any

import pytest

from tests.support.shopify import Json, ShopifyCaller

SEGMENT = """
mutation($name: String!, $query: String!) {
  segmentCreate(name: $name, query: $query) { segment { id name query } userErrors { field message } }
}
"""
_NODE = """
automaticDiscountNode {
  id
  automaticDiscount {
    ... on DiscountAutomaticBasic {
      title status startsAt endsAt tags summary
      customerGets { value { ... on DiscountPercentage { percentage } } }
      context {
        __typename
        ... on DiscountCustomers { customers { id } }
        ... on DiscountCustomerSegments { segments { id name } }
      }
    }
  }
}
userErrors { field message code extraInfo }
"""
CREATE = f"""
mutation($discount: DiscountAutomaticBasicInput!) {{
  discountAutomaticBasicCreate(automaticBasicDiscount: $discount) {{ {_NODE} }}
}}
"""
UPDATE = f"""
mutation($id: ID!, $discount: DiscountAutomaticBasicInput!) {{
  discountAutomaticBasicUpdate(id: $id, automaticBasicDiscount: $discount) {{ {_NODE} }}
}}
"""
END = f"mutation($id: ID!) {{ discountAutomaticDeactivate(id: $id) {{ {_NODE} }} }}"
START = END.replace("Deactivate", "Activate")
DELETE = """
mutation($id: ID!) {
  discountAutomaticDelete(id: $id) { deletedAutomaticDiscountId userErrors { field message code } }
}
"""
LIST = """
query($query: String) {
  discountNodes(first: 50, query: $query) {
    nodes { id discount { ... on DiscountAutomaticBasic { title } ... on DiscountCodeBasic { title } } }
  }
}
"""


def bronze(**fields: Any) -> Json:
    return {
        "title": "Bronze",
        "startsAt": "2026-01-01T00:00:00Z",
        "customerGets": {"value": {"percentage": 0.15}, "items": {"all": True}},
        **fields,
    }


def segment(shopify: ShopifyCaller, tag: str) -> str:
    made = shopify.done(SEGMENT, name=f"Tagged {tag}", query=f"customer_tags CONTAINS '{tag}'")
    return str(made["segment"]["id"])


def create(shopify: ShopifyCaller, **fields: Any) -> str:
    return str(shopify.done(CREATE, discount=bronze(**fields))["automaticDiscountNode"]["id"])


def percent(shopify: ShopifyCaller, email: str) -> float:
    return float(shopify.control("GET", f"checkout?email={email}")["discountPercent"])


def titles(shopify: ShopifyCaller, query: str | None) -> list[str]:
    return [node["discount"]["title"] for node in shopify.data(LIST, query=query)["nodes"]]


def test_a_tag_grants_the_discount_of_its_segment(shopify: ShopifyCaller) -> None:
    known = segment(shopify, "club-bronze")
    made = shopify.done(CREATE, discount=bronze(context={"customerSegments": {"add": [known]}}, tags=["hub"]))
    told = made["automaticDiscountNode"]["automaticDiscount"]
    assert (told["status"], told["summary"], told["tags"]) == ("ACTIVE", "15% off entire order", ["hub"])
    assert told["context"] == {
        "__typename": "DiscountCustomerSegments",
        "segments": [{"id": known, "name": "Tagged club-bronze"}],
    }
    assert told["customerGets"]["value"] == {"percentage": 0.15}

    ada = shopify.customer("ada@example.com")["id"]
    assert percent(shopify, "ada@example.com") == 0
    shopify.control("PATCH", f"customers/{ada}", {"tags": ["Club-Bronze"]})
    assert percent(shopify, "ADA@example.com") == 15
    assert shopify.control("GET", "checkout?email=ada@example.com")["discounts"] == ["Bronze"]
    assert percent(shopify, "bob@example.com") == 0
    shopify.control("PATCH", f"customers/{ada}", {"tags": []})
    assert percent(shopify, "ada@example.com") == 0


def test_segments_learn_late(shopify: ShopifyCaller) -> None:
    shopify.configure(segmentLagSeconds=120)
    create(shopify, context={"customerSegments": {"add": [segment(shopify, "gold")]}})
    shopify.customer("ada@example.com", tags=["gold"])
    assert shopify.emails("tag:gold") == ["ada@example.com"]
    assert percent(shopify, "ada@example.com") == 0
    shopify.advance(120)
    assert percent(shopify, "ada@example.com") == 15


def test_a_discount_may_be_for_single_customers(shopify: ShopifyCaller) -> None:
    ada, bob = shopify.customer("ada@example.com")["id"], shopify.customer("bob@example.com")["id"]
    known = create(shopify, context={"customers": {"add": [ada]}})
    change = {"context": {"customers": {"add": [bob], "remove": [ada]}}}
    context = shopify.done(UPDATE, id=known, discount=change)["automaticDiscountNode"]["automaticDiscount"]["context"]
    assert context == {"__typename": "DiscountCustomers", "customers": [{"id": bob}]}
    assert (percent(shopify, "ada@example.com"), percent(shopify, "bob@example.com")) == (0, 15)


def test_a_discount_starts_ends_and_goes(shopify: ShopifyCaller) -> None:
    known = create(shopify, startsAt="2099-01-01T00:00:00Z")
    assert percent(shopify, "ada@example.com") == 0
    for document, status, given in ((START, "ACTIVE", 15), (END, "EXPIRED", 0), (START, "ACTIVE", 15)):
        node = shopify.done(document, id=known)["automaticDiscountNode"]
        assert node["automaticDiscount"]["status"] == status
        assert percent(shopify, "ada@example.com") == given
        shopify.advance(1)
    ends = shopify.done(UPDATE, id=known, discount={"endsAt": "2099-02-01T00:00:00Z"})["automaticDiscountNode"]
    assert ends["automaticDiscount"]["endsAt"] == "2099-02-01T00:00:00Z"
    assert shopify.done(DELETE, id=known)["deletedAutomaticDiscountId"] == known
    assert shopify.problems(DELETE, id=known) == [("id", "INVALID")]
    assert titles(shopify, None) == []


@pytest.mark.parametrize(
    ("fields", "problem"),
    [
        ({"title": ""}, ("title", "BLANK")),
        ({"title": "  "}, ("title", "BLANK")),
        ({"startsAt": None}, ("startsAt", "BLANK")),
        ({"customerGets": None}, ("customerGets", "BLANK")),
        ({"customerGets": {"value": {"percentage": 15.0}}}, ("percentage", "VALUE_OUTSIDE_RANGE")),
        ({"customerGets": {"value": {"percentage": 0.0}}}, ("percentage", "VALUE_OUTSIDE_RANGE")),
        ({"customerGets": {"value": {}}}, ("value", "TOO_MANY_ARGUMENTS")),
        ({"customerGets": {"value": {"discountAmount": {"amount": "0"}}}}, ("discountAmount", "GREATER_THAN")),
        ({"endsAt": "2025-01-01T00:00:00Z"}, ("endsAt", "END_DATE_BEFORE_START_DATE")),
        ({"context": {"customers": {"add": ["gid://shopify/Customer/1"]}}}, ("add", "INVALID")),
        ({"title": "TAKEN"}, ("title", "TAKEN")),
    ],
)
def test_what_a_discount_cannot_be(shopify: ShopifyCaller, fields: Json, problem: tuple[str, str]) -> None:
    create(shopify, title="Taken")
    assert shopify.problems(CREATE, discount=bronze(**fields)) == [problem]
    assert titles(shopify, None) == ["Taken"]


def test_twenty_five_may_be_active_at_a_time(shopify: ShopifyCaller) -> None:
    known = [create(shopify, title=f"Offer {at}") for at in range(25)]
    one_more = bronze(title="One more")
    assert shopify.problems(CREATE, discount=one_more) == [("startsAt", "ACTIVE_PERIOD_OVERLAP")]
    create(shopify, title="Later", startsAt="2099-01-01T00:00:00Z")
    shopify.done(END, id=known[0])
    shopify.done(CREATE, discount=one_more)
    assert shopify.problems(START, id=known[0]) == [("startsAt", "ACTIVE_PERIOD_OVERLAP")]


def test_the_title_of_one_that_has_ended_can_be_taken(shopify: ShopifyCaller) -> None:
    shopify.done(END, id=create(shopify))
    shopify.advance(1)
    assert create(shopify)


def test_discounts_are_found(shopify: ShopifyCaller) -> None:
    gold = segment(shopify, "gold")
    create(shopify, title="Gold", tags=["hub-1"], context={"customerSegments": {"add": [gold]}})
    create(shopify, title="Later", startsAt="2099-01-01T00:00:00Z")
    code = """
    mutation($discount: DiscountCodeBasicInput!) {
      discountCodeBasicCreate(basicCodeDiscount: $discount) {
        codeDiscountNode { id codeDiscount { ... on DiscountCodeBasic { codes(first: 1) { nodes { code } } } } }
        userErrors { field message code }
      }
    }
    """
    made = shopify.done(code, discount=bronze(title="By code", code="VIP15"))["codeDiscountNode"]
    assert made["codeDiscount"]["codes"]["nodes"] == [{"code": "VIP15"}]
    assert shopify.problems(code, discount=bronze(title="Other", code="vip15")) == [("code", "TAKEN")]
    assert percent(shopify, "ada@example.com") == 0

    number = gold.rsplit("/", 1)[1]
    for query, found in (
        ("title:'Gold'", ["Gold"]),
        ("tag:'hub-1' method:automatic", ["Gold"]),
        ("method:code", ["By code"]),
        ("status:scheduled", ["Later"]),
        ("status:active,scheduled", ["Gold", "Later", "By code"]),
        (f"segment_ids:{number}", ["Gold"]),
        ("context:segment", ["Gold"]),
        (None, ["Gold", "Later", "By code"]),
    ):
        assert titles(shopify, query) == found
    automatic = "{ automaticDiscountNodes(first: 5) { nodes { id } } }"
    assert len(shopify.data(automatic)["nodes"]) == 2


def test_a_discount_has_three_ids(shopify: ShopifyCaller) -> None:
    known = create(shopify)
    number = known.rsplit("/", 1)[1]
    by_node = "query($id: ID!) { discountNode(id: $id) { id discount { __typename } } }"
    node = shopify.data(by_node, id=f"gid://shopify/DiscountNode/{number}")
    assert node["discount"]["__typename"] == "DiscountAutomaticBasic"
    assert shopify.data("query($id: ID!) { automaticDiscountNode(id: $id) { id } }", id=known) == {"id": known}
    missing = shopify.data(
        "query($id: ID!) { codeDiscountNode(id: $id) { id } }", id=f"gid://shopify/DiscountCodeNode/{number}"
    )
    assert missing is None


@pytest.mark.parametrize(
    ("query", "members"),
    [
        ("customer_tags CONTAINS 'a'", ["x", "xy"]),
        ("customer_tags NOT CONTAINS 'a'", ["none", "y"]),
        ("customer_tags CONTAINS 'a' AND customer_tags CONTAINS 'b'", ["xy"]),
        ("customer_tags CONTAINS 'a' OR customer_tags CONTAINS 'b'", ["x", "xy", "y"]),
        ("(customer_tags CONTAINS 'a' OR customer_tags CONTAINS 'b') AND number_of_orders >= 1", ["y"]),
        ("amount_spent > 40", ["y"]),
        ("email_subscription_status = 'SUBSCRIBED'", []),
        ("customer_phone IS NOT NULL", ["none"]),
        ("customer_tags CONTAINS 'it''s'", []),
    ],
)
def test_who_is_in_a_segment(shopify: ShopifyCaller, query: str, members: list[str]) -> None:
    for name, tags in (("x", ["A"]), ("xy", ["a", "b"]), ("y", ["b"])):
        shopify.customer(f"{name}@example.com", tags=tags)
    shopify.customer("none@example.com", phone="+17079631234")
    shopify.control("POST", "orders", {"email": "y@example.com", "totalCents": 4500})
    known = shopify.done(SEGMENT, name="S", query=query)["segment"]["id"]
    listed = """
    query($id: ID!) {
      customerSegmentMembers(segmentId: $id, first: 10) {
        totalCount edges { node { defaultEmailAddress { emailAddress } } }
      }
    }
    """
    page = shopify.data(listed, id=known)
    found = [edge["node"]["defaultEmailAddress"]["emailAddress"].split("@")[0] for edge in page["edges"]]
    assert (sorted(found), page["totalCount"]) == (members, len(members))
    membership = """
    query($customer: ID!, $segments: [ID!]!) {
      customerSegmentMembership(customerId: $customer, segmentIds: $segments) { memberships { isMember } }
    }
    """
    for customer in shopify.customers():
        told = shopify.data(membership, customer=customer["id"], segments=[known])["memberships"]
        assert told == [{"isMember": customer["email"].split("@")[0] in members}]


def test_segments_have_names_of_their_own_and_definitions_that_can_be_read(shopify: ShopifyCaller) -> None:
    segment(shopify, "gold")
    query = "customer_tags CONTAINS 'x'"
    assert shopify.problems(SEGMENT, name="tagged GOLD", query=query) == [("name", "Name has already been taken")]
    assert shopify.problems(SEGMENT, name=" ", query=query)[0][0] == "name"
    for broken in (
        "customer_tags",
        "customer_tags CONTAINS gold",
        "favourite_colour = 'red'",
        query + " AND",
        "(" + query,
        "",
    ):
        assert shopify.problems(SEGMENT, name="Broken", query=broken)[0][0] == "query"
    found = "query($query: String) { segments(first: 5, query: $query) { nodes { name } } }"
    assert shopify.data(found, query="name:'Tagged gold'")["nodes"] == [{"name": "Tagged gold"}]
    assert shopify.data(found, query="name:'Broken'")["nodes"] == []
