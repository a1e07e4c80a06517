"""Customers of the Shopify double: uniqueness, lists, tags, consent, addresses."""

from typing import Any

import pytest

from tests.support.shopify import CUSTOMER, SET, ShopifyCaller

CREATE = (
    "mutation($input: CustomerInput!)"
    f" {{ customerCreate(input: $input) {{ customer {{ {CUSTOMER} }} userErrors {{ field message }} }} }}"
)
UPDATE = CREATE.replace("customerCreate", "customerUpdate")
GET = f"query($id: ID!) {{ customer(id: $id) {{ {CUSTOMER} }} }}"
BY = f"query($by: CustomerIdentifierInput!) {{ customerByIdentifier(identifier: $by) {{ {CUSTOMER} }} }}"
ADD = """
mutation($id: ID!, $tags: [String!]!) { tagsAdd(id: $id, tags: $tags) { node { id } userErrors { field message } } }
"""
REMOVE = ADD.replace("tagsAdd", "tagsRemove")
DELETE = "mutation($id: ID!) { customerDelete(input: {id: $id}) { deletedCustomerId userErrors { field message } } }"


def test_a_customer_is_found_by_what_is_unique(shopify: ShopifyCaller) -> None:
    made = shopify.done(CREATE, input={"email": "Ada@Example.com", "phone": "(707) 963-1234"})["customer"]

    assert made["phone"] == "+17079631234"
    assert shopify.data(GET, id=made["id"]) == made
    for by in ({"emailAddress": "ADA@example.com"}, {"phoneNumber": "+1 707 963 1234"}, {"id": made["id"]}):
        assert shopify.data(BY, by=by) == made
    assert shopify.data(BY, by={"emailAddress": "nobody@example.com"}) is None
    assert int(made["id"].rsplit("/", 1)[1]) > 2**53


@pytest.mark.parametrize(
    ("told", "problems"),
    [
        ({"email": "ADA@example.com"}, [("email", "Email has already been taken")]),
        ({"phone": "707-963-1234"}, [("phone", "Phone has already been taken")]),
        (
            {"email": "ada@example.com", "phone": "+17079631234"},
            [("email", "Email has already been taken"), ("phone", "Phone has already been taken")],
        ),
        ({"email": "no mail"}, [("email", "Email is invalid")]),
        ({"email": "b@example.com", "phone": "12"}, [("phone", "Phone is invalid")]),
        ({}, [(None, "A name, phone number, or email address must be present")]),
        ({"firstName": "x" * 256}, [("firstName", "First name is too long (maximum is 255 characters)")]),
        ({"firstName": "B", "tags": ["t" * 256]}, [("tags", "Tags cannot be longer than 255 characters")]),
        ({"firstName": "B", "tags": [f"t{at}" for at in range(251)]}, [("tags", "Tags cannot exceed 250 tags")]),
    ],
)
def test_what_is_wrong_with_a_new_customer(
    shopify: ShopifyCaller, told: dict[str, Any], problems: list[tuple[str | None, str]]
) -> None:
    shopify.customer("ada@example.com", phone="+17079631234")

    assert shopify.problems(CREATE, input=told) == problems
    assert len(shopify.customers()) == 1


def test_an_unknown_customer_cannot_be_changed(shopify: ShopifyCaller) -> None:
    assert shopify.data(GET, id="gid://shopify/Customer/1") is None
    assert shopify.problems(UPDATE, input={"id": "gid://shopify/Customer/1"}) == [("id", "Customer does not exist")]
    assert shopify.problems(ADD, id="gid://shopify/Customer/1", tags=["a"])[0][0] == "id"
    assert shopify.problems(DELETE, id="gid://shopify/Customer/1")[0][0] == "id"


def test_set_creates_once_and_changes_then(shopify: ShopifyCaller) -> None:
    identifier = {"email": "ada@example.com"}
    first = shopify.set({"email": "ada@example.com", "firstName": "Ada"}, identifier)
    second = shopify.set({"email": "ADA@example.com", "lastName": "Hill"}, {"email": "Ada@example.com"})

    assert second["id"] == first["id"]
    assert (second["firstName"], second["lastName"]) == ("Ada", "Hill")
    assert len(shopify.customers()) == 1
    by_id = shopify.set({"firstName": "Augusta"}, {"id": first["id"]})
    assert (by_id["id"], by_id["firstName"]) == (first["id"], "Augusta")


@pytest.mark.parametrize(
    ("identifier", "told", "problem"),
    [
        ({"email": "ada@example.com"}, {"firstName": "A"}, ("email", "MISSING_FIELD_REQUIRED")),
        ({"email": "ada@example.com"}, {"email": "b@example.com"}, ("email", "INPUT_MISMATCH")),
        ({"phone": "+17079631234"}, {"phone": "+17079631235"}, ("phone", "INPUT_MISMATCH")),
        ({"id": "gid://shopify/Customer/1"}, {"firstName": "A"}, ("id", "NOT_FOUND")),
        ({"email": "a@example.com"}, {"email": "a@example.com", "phone": "+17079631234"}, ("phone", "TAKEN")),
        ({"phone": "+17075550000"}, {"phone": "+17075550000", "email": "ada@example.com"}, ("email", "TAKEN")),
        (None, {"email": "ada@example.com"}, ("email", "TAKEN")),
        (None, {"email": "x"}, ("email", "INVALID")),
    ],
)
def test_what_set_refuses(
    shopify: ShopifyCaller, identifier: Any, told: dict[str, Any], problem: tuple[str, str]
) -> None:
    shopify.customer("ada@example.com", phone="+17079631234")

    assert shopify.problems(SET, identifier=identifier, input=told) == [problem]
    assert len(shopify.customers()) == 1


def test_lists_that_are_told_are_replaced_and_others_stay(shopify: ShopifyCaller) -> None:
    identifier = {"email": "ada@example.com"}
    told: dict[str, Any] = {"email": "ada@example.com"}
    first = shopify.set({**told, "tags": ["a", "b"], "addresses": [{"city": "Napa"}, {"city": "Sonoma"}]}, identifier)
    kept = shopify.set({**told, "firstName": "Ada"}, identifier)
    cut = shopify.set({**told, "tags": ["c"], "addresses": [{"city": "Sonoma"}]}, identifier)
    gone = shopify.set({**told, "tags": [], "addresses": []}, identifier)

    assert (kept["tags"], kept["addressesV2"]) == (["a", "b"], first["addressesV2"])
    assert cut["tags"] == ["c"]
    assert cut["addressesV2"]["nodes"] == [first["addressesV2"]["nodes"][1]]
    assert (gone["tags"], gone["addressesV2"]["nodes"]) == ([], [])


def test_tags_are_added_and_removed_without_regard_to_case(shopify: ShopifyCaller) -> None:
    known = shopify.customer("ada@example.com", tags=["VIP"])["id"]
    shopify.done(ADD, id=known, tags=["vip", "Club, Bronze "])
    assert shopify.data(GET, id=known)["tags"] == ["Bronze", "Club", "VIP"]

    shopify.done(REMOVE, id=known, tags=["CLUB", "unknown"])
    assert shopify.data(GET, id=known)["tags"] == ["Bronze", "VIP"]
    tags = [f"t{at}" for at in range(249)]
    assert shopify.problems(ADD, id=known, tags=tags) == [("tags", "Tags cannot exceed 250 tags")]
    assert shopify.data(GET, id=known)["tags"] == ["Bronze", "VIP"]


def test_only_a_change_moves_the_time(shopify: ShopifyCaller) -> None:
    made = shopify.customer("ada@example.com", tags=["VIP"], firstName="Ada")
    shopify.advance(10)
    for _ in range(2):
        shopify.done(ADD, id=made["id"], tags=["vip"])
        shopify.done(UPDATE, input={"id": made["id"], "firstName": "Ada"})
    assert shopify.data(GET, id=made["id"])["updatedAt"] == made["updatedAt"]

    shopify.done(ADD, id=made["id"], tags=["new"])
    after = shopify.data(GET, id=made["id"])
    assert after["updatedAt"] > made["updatedAt"]
    assert after["createdAt"] == made["createdAt"]


def test_a_customer_with_orders_cannot_be_deleted(shopify: ShopifyCaller) -> None:
    ada, bob = shopify.customer("ada@example.com")["id"], shopify.customer("bob@example.com")["id"]
    shopify.control("POST", "orders", {"customerId": ada, "totalCents": 4500})
    assert shopify.problems(DELETE, id=ada)[0][0] == "id"
    assert shopify.done(DELETE, id=bob)["deletedCustomerId"] == bob
    assert shopify.data(GET, id=bob) is None
    assert shopify.customer("bob@example.com")["id"] != bob


def test_the_later_consent_wins(shopify: ShopifyCaller) -> None:
    update = """
    mutation($input: CustomerEmailMarketingConsentUpdateInput!) {
      customerEmailMarketingConsentUpdate(input: $input) {
        customer { defaultEmailAddress { marketingState marketingUpdatedAt } }
        userErrors { field message code }
      }
    }
    """
    known = shopify.customer("ada@example.com")["id"]

    def consent(state: str, at: str) -> dict[str, Any]:
        return {
            "customerId": known,
            "emailMarketingConsent": {"marketingState": state, "consentUpdatedAt": at},
        }

    shopify.done(update, input=consent("SUBSCRIBED", "2026-11-02T00:00:00Z"))
    older = shopify.done(update, input=consent("UNSUBSCRIBED", "2026-11-01T00:00:00Z"))["customer"]
    assert older["defaultEmailAddress"] == {
        "marketingState": "SUBSCRIBED",
        "marketingUpdatedAt": "2026-11-02T00:00:00Z",
    }
    assert shopify.problems(update, input=consent("INVALID", "2026-11-03T00:00:00Z")) == [("marketingState", "INVALID")]
    phone = """
    mutation($id: ID!) {
      customerSmsMarketingConsentUpdate(input: {customerId: $id, smsMarketingConsent: {marketingState: SUBSCRIBED}}) {
        customer { id } userErrors { field message code }
      }
    }
    """
    assert shopify.problems(phone, id=known) == [("smsMarketingConsent", "INVALID")]


def test_addresses_are_added_one_by_one(shopify: ShopifyCaller) -> None:
    add = """
    mutation($id: ID!, $address: MailingAddressInput!, $default: Boolean) {
      customerAddressCreate(customerId: $id, address: $address, setAsDefault: $default) {
        address { id city country province } userErrors { field message }
      }
    }
    """
    read = """
    query($id: ID!, $after: String) {
      customer(id: $id) {
        defaultAddress { city }
        addressesV2(first: 1, after: $after) { nodes { city } pageInfo { hasNextPage endCursor } }
      }
    }
    """
    known = shopify.customer("ada@example.com")["id"]
    address = {"city": "Napa", "countryCode": "US", "provinceCode": "CA"}
    added = shopify.done(add, id=known, address=address)["address"]
    shopify.done(add, id=known, address={"city": "Paris", "countryCode": "FR"}, default=True)

    assert (added["country"], added["province"]) == ("United States", "California")
    first = shopify.data(read, id=known)
    assert first["defaultAddress"] == {"city": "Paris"}
    assert first["addressesV2"]["pageInfo"]["hasNextPage"]
    second = shopify.data(read, id=known, after=first["addressesV2"]["pageInfo"]["endCursor"])
    cities = [page["addressesV2"]["nodes"][0]["city"] for page in (first, second)]
    assert cities == ["Napa", "Paris"]
    assert not second["addressesV2"]["pageInfo"]["hasNextPage"]
