"""The Commerce7 double held to what is known of customers, tags, promotions and what a buyer is given for them."""

import uuid
from typing import Any

import pytest

from tests.support.commerce7 import PROMOTION, Commerce7Caller


def test_a_customer_has_every_documented_field(commerce7: Commerce7Caller) -> None:
    sent = {
        "firstName": "Andrew",
        "lastName": "Hill",
        "birthDate": "1973-11-15",
        "city": "Vancouver",
        "stateCode": "BC",
        "zipCode": "V6A1C2",
        "countryCode": "CA",
        "emailMarketingStatus": "Subscribed",
        "phones": [{"phone": "+16046135343"}],
        "emails": [{"email": "andrew@example.com"}],
    }
    response = commerce7.call("POST", "/customer", sent)
    customer = response.json()

    assert response.status_code == 201
    plain = [name for name in sent if name not in ("phones", "emails")]
    assert {name: customer[name] for name in plain} == {name: sent[name] for name in plain}
    assert {name: customer["emails"][0][name] for name in ("email", "status")} == {
        "email": "andrew@example.com",
        "status": "Ok",
    }
    assert customer["phones"][0]["phone"] == "+16046135343"
    assert all(uuid.UUID(entry["id"]) for entry in (customer, *customer["emails"], *customer["phones"]))
    assert (customer["tags"], customer["groups"], customer["clubs"], customer["orderInformation"]["orderCount"]) == (
        [],
        [],
        [],
        0,
    )
    assert {"email", "phone"} & set(customer) == set()
    assert customer["createdAt"].endswith("Z")
    assert len(customer["createdAt"]) == len("2020-03-23T22:02:13.421Z")


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({}, "emails"),
        ({"emails": []}, "emails"),
        ({"emails": None}, "emails"),
        ({"emails": [{"email": "nobody"}]}, "emails[0].email"),
        ({"emails": [{}]}, "emails[0].email"),
        ({"email": "a@example.com", "emails": [{"email": "a@example.com"}]}, "email"),
        ({"emails": [{"email": "a@example.com", "status": "Ok"}]}, "emails[0].status"),
        ({"emails": [{"email": "a@example.com"}], "birthDate": "1 May"}, "birthDate"),
        ({"emails": [{"email": "a@example.com"}], "honorific": "Sir"}, "honorific"),
        ({"emails": [{"email": "a@example.com"}], "phones": [{"phone": "7075550134"}]}, "phones[0].phone"),
        ({"emails": [{"email": "a@example.com"}], "phones": [{"phone": "+1"}]}, "phones[0].phone"),
        ({"emails": [{"email": "a@example.com"}], "tags": [{"id": str(uuid.uuid4())}]}, "tags[0].id"),
        ({"emails": [{"email": "a@example.com"}], "acceptsMarketing": True}, "acceptsMarketing"),
    ],
)
def test_what_a_customer_may_not_be(commerce7: Commerce7Caller, content: Any, field: str) -> None:
    response = commerce7.call("POST", "/customer", content)

    assert response.status_code == 422
    assert field in [problem["field"] for problem in response.json()["errors"]]
    assert commerce7.state()["counts"]["customers"] == 0


def test_a_national_phone_needs_its_country(commerce7: Commerce7Caller) -> None:
    customer = commerce7.customer("ada@example.com", phones=[{"phone": "(707) 555-0134"}], countryCode="US")

    assert customer["phones"][0]["phone"] == "+17075550134"


def test_every_email_is_one_customers(commerce7: Commerce7Caller) -> None:
    ada = commerce7.customer("ada@example.com")
    ben = commerce7.customer("ben@example.com")

    for response in (
        commerce7.call("POST", "/customer", {"emails": [{"email": "Ada@Example.com"}]}),
        commerce7.call("PUT", f"/customer/{ben['id']}", {"emails": [{"email": "ada@example.com"}]}),
    ):
        assert response.status_code == 422
        assert response.json()["message"] == "Database unique constraint error"
        assert [problem["field"] for problem in response.json()["errors"]] == ["emails"]
    assert commerce7.ok("GET", f"/customer/{ben['id']}") == ben

    commerce7.ok("PUT", f"/customer/{ada['id']}", {"emails": [{"email": "new@example.com"}]})
    commerce7.customer("ada@example.com")


def test_a_put_is_partial_at_the_top_and_whole_below(commerce7: Commerce7Caller) -> None:
    customer = commerce7.customer(
        "ada@example.com",
        firstName="Ada",
        city="Napa",
        phones=[{"phone": "+17075550134"}, {"phone": "+17075550135"}],
        metaData={"gender": "Female", "shoe": "38"},
    )
    kept = customer["phones"][1]
    changes = {"city": None, "phones": [kept], "metaData": {"shoe": "39"}}
    after = commerce7.ok("PUT", f"/customer/{customer['id']}", changes)

    assert (after["firstName"], after["city"]) == ("Ada", None)
    assert after["phones"] == [kept]
    assert after["metaData"] == {"shoe": "39"}
    assert after["emails"] == customer["emails"]
    assert after["updatedAt"] > customer["updatedAt"]
    assert after["createdAt"] == customer["createdAt"]


def test_emails_are_replaced_whole_and_keep_the_ids_that_are_sent(commerce7: Commerce7Caller) -> None:
    customer = commerce7.ok("POST", "/customer", {"emails": [{"email": "a@example.com"}, {"email": "b@example.com"}]})
    first, second = customer["emails"]
    sent = [{"id": first["id"], "email": "new@example.com"}, {"id": second["id"], "email": second["email"]}]
    after = commerce7.ok("PUT", f"/customer/{customer['id']}", {"emails": sent})
    assert [(entry["id"], entry["email"]) for entry in after["emails"]] == [
        (first["id"], "new@example.com"),
        (second["id"], "b@example.com"),
    ]

    alone = commerce7.ok("PUT", f"/customer/{customer['id']}", {"emails": [{"email": "c@example.com"}]})
    assert [entry["email"] for entry in alone["emails"]] == ["c@example.com"]
    assert alone["emails"][0]["id"] not in (first["id"], second["id"])

    foreign = commerce7.call("PUT", f"/customer/{customer['id']}", {"emails": sent})
    assert (foreign.status_code, foreign.json()["errors"][0]["field"]) == (422, "emails[0].id")


@pytest.mark.parametrize("emails", [[], None])
def test_the_last_email_cannot_be_taken_away(commerce7: Commerce7Caller, emails: Any) -> None:
    customer = commerce7.customer("ada@example.com")
    response = commerce7.call("PUT", f"/customer/{customer['id']}", {"emails": emails})

    assert response.status_code == 422
    assert commerce7.ok("GET", f"/customer/{customer['id']}")["emails"] == customer["emails"]


def test_a_refused_put_changes_nothing(commerce7: Commerce7Caller) -> None:
    customer = commerce7.customer("ada@example.com", firstName="Ada")
    changes = {"firstName": "Eva", "phones": [{"phone": "5"}]}
    assert commerce7.call("PUT", f"/customer/{customer['id']}", changes).status_code == 422

    assert commerce7.ok("GET", f"/customer/{customer['id']}") == customer


def test_app_data_is_kept_under_the_apps_own_id(commerce7: Commerce7Caller) -> None:
    customer = commerce7.customer("ada@example.com", appData={"person": "1"})

    assert customer["appData"] == {"customer-hub": {"person": "1"}}


def test_a_mail_to_the_customer_can_be_suppressed(commerce7: Commerce7Caller) -> None:
    commerce7.customer("a@example.com")
    commerce7.customer("b@example.com", isSendTransactionEmail=False)
    commerce7.ok("POST", "/customer?isSendTransactionEmail=false", {"emails": [{"email": "c@example.com"}]})

    assert commerce7.state()["emailsSent"] == 1


def test_deleting_a_customer_is_a_204_without_body(commerce7: Commerce7Caller) -> None:
    customer = commerce7.customer("ada@example.com")
    response = commerce7.call("DELETE", f"/customer/{customer['id']}")

    assert (response.status_code, response.content) == (204, b"")
    assert commerce7.call("DELETE", f"/customer/{customer['id']}").status_code == 404
    assert commerce7.call("PUT", f"/customer/{customer['id']}", {"firstName": "Ada"}).status_code == 404


def test_giving_a_tag_as_it_was_recorded(commerce7: Commerce7Caller) -> None:
    tag, customer = commerce7.tag("VIP"), commerce7.customer("ada@example.com")
    response = commerce7.give(tag, customer)

    assert response.status_code == 201
    given = response.json()
    assert set(given) == {"objectId", "tagId", "id", "tagType", "createdAt", "updatedAt"}
    assert (given["objectId"], given["tagId"], given["tagType"]) == (customer["id"], tag["id"], "Manual")
    (shown,) = commerce7.ok("GET", f"/customer/{customer['id']}")["tags"]
    assert {name: shown[name] for name in ("id", "title", "objectType", "type")} == {
        "id": tag["id"],
        "title": "VIP",
        "objectType": "Customer",
        "type": "Manual",
    }


def test_giving_a_tag_twice_gives_it_twice_and_taking_it_takes_both(commerce7: Commerce7Caller) -> None:
    tag, customer = commerce7.tag("VIP"), commerce7.customer("ada@example.com")
    commerce7.give(tag, customer)
    again = commerce7.give(tag, customer)
    assert again.status_code == 201
    shown = commerce7.ok("GET", f"/customer/{customer['id']}")
    assert [one["id"] for one in shown["tags"]] == [tag["id"]] * 2
    assert shown["groups"] == shown["tags"]

    path = f"/tag-x-object/customer/{tag['id']}/{customer['id']}"
    taken = commerce7.call("DELETE", path)
    assert (taken.status_code, taken.content) == (204, b"")
    assert commerce7.ok("GET", f"/customer/{customer['id']}")["tags"] == []
    assert commerce7.call("DELETE", path).status_code == 404


def test_tags_by_a_put_are_the_whole_list(commerce7: Commerce7Caller) -> None:
    first, second = commerce7.tag("first"), commerce7.tag("second")
    customer = commerce7.customer("ada@example.com", tags=[{"id": first["id"]}])
    after = commerce7.ok("PUT", f"/customer/{customer['id']}", {"tags": [{"id": second["id"]}]})

    assert [tag["title"] for tag in after["tags"]] == ["second"]


@pytest.mark.parametrize("touch", [True, False])
def test_whether_a_tag_touches_the_customer_is_a_switch(commerce7: Commerce7Caller, touch: bool) -> None:
    commerce7.control("PUT", "settings", {"tagsTouchCustomer": touch})
    tag, customer = commerce7.tag("VIP"), commerce7.customer("ada@example.com")
    commerce7.give(tag, customer)

    assert (commerce7.ok("GET", f"/customer/{customer['id']}")["updatedAt"] > customer["updatedAt"]) is touch


@pytest.mark.parametrize("missing", ["tag", "customer"])
def test_an_assignment_needs_both_ends(commerce7: Commerce7Caller, missing: str) -> None:
    ends = {"tag": commerce7.tag("VIP"), "customer": commerce7.customer("ada@example.com")}
    ends[missing] = {"id": str(uuid.uuid4())}

    assert commerce7.give(ends["tag"], ends["customer"]).status_code == 404
    assert commerce7.call("POST", "/tag-x-object/customer", {"objectId": "x"}).status_code == 422


def test_tags_are_made_found_renamed_and_deleted(commerce7: Commerce7Caller) -> None:
    response = commerce7.call("POST", "/tag/customer", {"title": "Club: Bronze", "type": "manual"})
    tag = response.json()
    assert response.status_code == 201
    assert {name: tag[name] for name in ("title", "objectType", "type", "appliesToCondition", "conditions")} == {
        "title": "Club: Bronze",
        "objectType": "Customer",
        "type": "Manual",
        "appliesToCondition": None,
        "conditions": [],
    }
    commerce7.tag("Club: Bronze")
    assert commerce7.ok("GET", "/tag/customer?q=bronze&type=Manual")["total"] == 2
    assert commerce7.ok("GET", "/tag/customer?q=silver") == {"tags": [], "total": 0}

    assert commerce7.ok("PUT", f"/tag/customer/{tag['id']}", {"title": "Club: Silver"})["title"] == "Club: Silver"
    customer = commerce7.customer("ada@example.com", tags=[{"id": tag["id"]}])
    assert commerce7.call("DELETE", f"/tag/customer/{tag['id']}").status_code == 204
    assert commerce7.call("GET", f"/tag/customer/{tag['id']}").status_code == 404
    assert commerce7.ok("GET", f"/customer/{customer['id']}")["tags"] == []


def test_dynamic_tags_are_not_there(commerce7: Commerce7Caller) -> None:
    assert commerce7.call("POST", "/tag/customer", {"title": "Rich", "type": "Dynamic"}).status_code == 501
    assert commerce7.call("POST", "/tag/customer", {"title": "", "type": "Manual"}).status_code == 422
    assert commerce7.call("POST", "/tag/customer", {"title": "Rich", "kind": "Manual"}).status_code == 422


def test_the_recorded_coupon(commerce7: Commerce7Caller) -> None:
    sent = {
        "code": "SQRD",
        "title": "Probe",
        "type": "Product",
        "status": "Enabled",
        "usageLimitType": "Per Store",
        "usageLimit": 1,
        "appliesTo": "Store",
        "availableTo": "Everyone",
        "discountType": "Percentage Off",
        "discount": 1500,
        "cartRequirementType": "None",
        "startDate": "2026-10-07T23:55:00.000Z",
        "endDate": "2026-11-06T23:55:00.000Z",
    }
    response = commerce7.call("POST", "/coupon", sent)
    coupon = response.json()

    assert response.status_code == 201
    added = {
        "channels": ["All"],
        "clubFrequencies": [],
        "promotionSets": [],
        "usageCount": 0,
        "availableToObjectIds": None,
        "cartRequirement": None,
    }
    assert {name: coupon[name] for name in {**sent, **added}} == {**sent, **added}
    again = commerce7.call("POST", "/coupon", sent)
    assert (again.status_code, again.json()["errors"][0]["field"]) == (422, "code")


@pytest.mark.parametrize(
    ("change", "field"),
    [
        ({"discount": 10_001}, "discount"),
        ({"discount": "10"}, "discount"),
        ({"discount": 12.5}, "discount"),
        ({"discountType": "Dollar Off"}, "dollarOffDiscountApplies"),
        ({"usageLimitType": "Per Customer"}, "usageLimit"),
        ({"availableTo": "Tag"}, "availableToObjectIds"),
        ({"availableTo": "Tag", "availableToObjectIds": [str(uuid.uuid4())]}, "availableToObjectIds"),
        ({"availableTo": "Group", "availableToObjectIds": [str(uuid.uuid4())]}, "availableTo"),
        ({"availableTo": "Friends"}, "availableTo"),
        ({"startDate": "tomorrow"}, "startDate"),
        ({"usageCount": 0}, "usageCount"),
        ({"productDiscount": 1000}, "productDiscount"),
        ({"title": None}, "title"),
    ],
)
def test_what_a_promotion_may_not_be(commerce7: Commerce7Caller, change: Any, field: str) -> None:
    promotion = commerce7.promotion()
    responses = [
        commerce7.call("POST", "/promotion", {**PROMOTION, **change}),
        commerce7.call("PUT", f"/promotion/{promotion['id']}", change),
    ]

    for response in responses:
        assert response.status_code == 422
        assert [problem["field"] for problem in response.json()["errors"]] == [field]
    assert commerce7.ok("GET", "/promotion") == {"promotions": [promotion], "total": 1}


def test_dates_of_promotions_are_cut_to_the_minute(commerce7: Commerce7Caller) -> None:
    assert commerce7.promotion(startDate="2026-10-07T23:55:31.250Z")["startDate"] == "2026-10-07T23:55:00.000Z"


def test_an_audience_of_tags_may_have_its_older_name(commerce7: Commerce7Caller) -> None:
    tag = commerce7.tag("VIP")
    commerce7.control("PUT", "settings", {"promotionAudience": "Group"})
    refused = commerce7.call(
        "POST", "/promotion", {**PROMOTION, "availableTo": "Tag", "availableToObjectIds": [tag["id"]]}
    )
    assert (refused.status_code, refused.json()["errors"][0]["field"]) == (422, "availableTo")

    promotion = commerce7.promotion(availableTo="Group", availableToObjectIds=[tag["id"]])
    assert (promotion["availableTo"], promotion["availableToObjectIds"]) == ("Group", [tag["id"]])


def test_promotions_are_found_changed_and_deleted(commerce7: Commerce7Caller) -> None:
    promotion = commerce7.promotion(title="Club: Bronze")
    assert commerce7.ok("GET", "/promotion?q=bronze")["promotions"] == [promotion]
    changed = commerce7.ok("PUT", f"/promotion/{promotion['id']}", {"discount": 1500})
    assert (changed["discount"], changed["title"]) == (1500, "Club: Bronze")
    assert commerce7.call("DELETE", f"/promotion/{promotion['id']}").status_code == 204
    assert commerce7.call("GET", f"/promotion/{promotion['id']}").status_code == 404


def checkout(commerce7: Commerce7Caller, email: str) -> tuple[float, list[str]]:
    given = commerce7.control("GET", f"checkout?email={email}")
    return given["discountPercent"], [promotion["title"] for promotion in given["promotions"]]


def test_who_bears_the_tag_is_given_the_discount_at_the_next_checkout(commerce7: Commerce7Caller) -> None:
    bronze, silver = commerce7.tag("bronze"), commerce7.tag("silver")
    ada = commerce7.customer("ada@example.com")
    commerce7.customer("ben@example.com")
    commerce7.promotion(title="Bronze", availableTo="Tag", availableToObjectIds=[bronze["id"]])
    commerce7.promotion(title="Silver", discount=1250, availableTo="Tag", availableToObjectIds=[silver["id"]])
    assert checkout(commerce7, "ada@example.com") == (0.0, [])

    commerce7.give(bronze, ada)
    assert checkout(commerce7, "ADA@example.com") == (10.0, ["Bronze"])
    assert checkout(commerce7, "ben@example.com") == (0.0, [])
    assert checkout(commerce7, "stranger@example.com") == (0.0, [])

    commerce7.give(silver, ada)
    assert checkout(commerce7, "ada@example.com") == (12.5, ["Silver", "Bronze"])

    commerce7.call("DELETE", f"/tag-x-object/customer/{silver['id']}/{ada['id']}")
    commerce7.call("DELETE", f"/tag-x-object/customer/{bronze['id']}/{ada['id']}")
    assert checkout(commerce7, "ada@example.com") == (0.0, [])


@pytest.mark.parametrize(
    "without",
    [
        {"status": "Disabled"},
        {"startDate": "2099-01-01T00:00:00.000Z"},
        {"endDate": "2021-01-01T00:00:00.000Z"},
        {"type": "Shipping"},
        {"discountType": "Dollar Off", "dollarOffDiscountApplies": "Once Per Order"},
    ],
)
def test_a_promotion_that_does_not_apply_gives_nothing(commerce7: Commerce7Caller, without: dict[str, str]) -> None:
    commerce7.customer("ada@example.com")
    commerce7.promotion(**without)

    assert checkout(commerce7, "ada@example.com") == (0.0, [])


def test_addresses_are_a_customers_own(commerce7: Commerce7Caller) -> None:
    ada, ben = commerce7.customer("ada@example.com"), commerce7.customer("ben@example.com")
    base = f"/customer/{ada['id']}/address"
    sent = {"address": "1 Main St", "city": "Napa", "countryCode": "US", "phone": "707 555 0134"}
    home = commerce7.ok("POST", base, sent)
    assert (home["isDefault"], home["phone"], home["customerId"]) == (True, "+17075550134", ada["id"])

    work = commerce7.ok("POST", base, {**sent, "address2": "Unit 9", "isDefault": True})
    assert work["address2"] == "Unit 9"
    listed = commerce7.ok("GET", base)
    assert listed["total"] == 2
    assert [one["id"] for one in listed["customerAddresses"] if one["isDefault"]] == [work["id"]]

    changed = commerce7.ok("PUT", f"{base}/{home['id']}", {"company": "Hill"})
    assert (changed["company"], changed["address"]) == ("Hill", "1 Main St")
    assert commerce7.call("GET", f"/customer/{ben['id']}/address/{home['id']}").status_code == 404
    assert len(commerce7.ok("GET", "/customer-address?cursor=start")["customerAddresses"]) == 2

    assert commerce7.call("DELETE", f"{base}/{home['id']}").status_code == 204
    commerce7.call("DELETE", f"/customer/{ada['id']}")
    assert commerce7.ok("GET", "/customer-address")["total"] == 0


@pytest.mark.parametrize(
    ("content", "field"),
    [
        ({"city": "Napa", "countryCode": "US"}, "address"),
        ({"address": "1 Main St", "city": "Napa", "countryCode": "USA"}, "countryCode"),
        ({"address": "1 Main St", "city": "Napa", "countryCode": "US", "phone": "1"}, "phone"),
        ({"address": "1 Main St", "city": "Napa", "countryCode": "US", "customerId": "x"}, "customerId"),
    ],
)
def test_what_an_address_may_not_be(commerce7: Commerce7Caller, content: Any, field: str) -> None:
    ada = commerce7.customer("ada@example.com")
    response = commerce7.call("POST", f"/customer/{ada['id']}/address", content)

    assert (response.status_code, response.json()["errors"][0]["field"]) == (422, field)


def test_products_are_read_as_the_documents_say(commerce7: Commerce7Caller) -> None:
    wine = commerce7.control("POST", "products", {"title": "Estate Red", "variants": [{"title": "750ml", "sku": "R"}]})
    commerce7.control("PUT", "clock", {"advanceSeconds": 2 * 24 * 3600})
    since = commerce7.control("GET", "clock")["now"]
    glass = commerce7.control("POST", "products", {"title": "Glass", "kind": "General Merchandise", "status": "Hidden"})
    assert commerce7.ok("GET", f"/product/{wine['id']}") == wine
    assert {one["id"] for one in commerce7.ok("GET", "/product?cursor=start")["products"]} == {wine["id"], glass["id"]}
    for filtered in (f"updatedAt=gte:{since[:10]}", f"updatedAt=gte:{since}", "adminStatus=Hidden", "q=glass"):
        assert [one["id"] for one in commerce7.ok("GET", f"/product?{filtered}")["products"]] == [glass["id"]]
    commerce7.control("PATCH", f"products/{wine['id']}", {"title": "Estate Red 2025"})
    assert len(commerce7.ok("GET", f"/product?updatedAt=gte:{since}")["products"]) == 2
    commerce7.control("DELETE", f"products/{wine['id']}")
    assert commerce7.call("GET", f"/product/{wine['id']}").status_code == 404
    assert commerce7.state()["counts"]["products"] == 1


@pytest.mark.parametrize("fields", [{}, {"title": "A", "status": "ACTIVE"}, {"title": "A", "vendor": "B"}, {"x": 1}])
def test_a_product_that_makes_no_sense_is_refused(commerce7: Commerce7Caller, fields: dict[str, Any]) -> None:
    assert commerce7.partner.control("POST", "products", fields).status_code == 422
