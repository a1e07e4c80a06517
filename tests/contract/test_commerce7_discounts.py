"""Discounts at Commerce7: a tag that is assigned once however often it is asked for, and one promotion that is never
anybody else's."""

from dataclasses import replace
from typing import Any

import pytest

from customerhub.domain.offer import PlacedOffer
from customerhub.domain.remote import OutgoingCustomer
from customerhub.errors import NotReadyYet, PartnerRefused
from tests.support.commerce7_bench import Commerce7Bench, Hindrance
from tests.support.partner_bench import offer

ANN = OutgoingCustomer("ann@example.com", "Ann", "Otter", "+14155550123")
BRONZE = offer("Bronze", 10, "5f0c9a31-0000-4000-8000-000000000001")
BRONZE_TAG = "Club: Bronze [5f0c9a31]"


def promotion(bench: Commerce7Bench) -> dict[str, Any]:
    (record,) = bench.state()["promotions"]
    found: dict[str, Any] = record
    return found


def test_an_offer_is_a_tag_and_a_promotion_for_its_bearers(commerce7: Commerce7Bench) -> None:
    placed = commerce7.connector.place_offer(offer("Bronze", 12.34), None)
    seen = promotion(commerce7)
    assert placed.ids == {"tag": seen["availableToObjectIds"][0], "promotion": seen["id"]}
    assert (seen["title"], seen["discount"], seen["status"]) == ("Club: Bronze", 1234, "Enabled")
    assert (seen["availableTo"], seen["appliesTo"], seen["endDate"]) == ("Tag", "Store", None)
    assert commerce7.stage_tags() == [BRONZE_TAG]
    assert commerce7.refusals() == {}, "nothing was sent that Commerce7 does not know"


def test_where_tags_are_called_groups_the_promotion_is_for_the_group(commerce7: Commerce7Bench) -> None:
    """The documents say `Group`, what was seen live says `Tag`."""
    commerce7.settings(promotionAudience="Group")
    connector = commerce7.connector
    placed = connector.place_offer(BRONZE, None)
    assert promotion(commerce7)["availableTo"] == "Group"
    assert connector.place_offer(replace(BRONZE, discount_basis_points=2000), placed).ids == placed.ids
    connector.add_customer_to_discount(connector.upsert_customer(ANN), placed)
    assert commerce7.checkout_percent(ANN.email) == 20
    assert commerce7.refusals() == {"422": 1}


def test_a_percentage_that_is_refused_names_it_and_leaves_nothing_enabled(commerce7: Commerce7Bench) -> None:
    with pytest.raises(PartnerRefused) as refused:
        commerce7.connector.place_offer(offer("Bronze", 101), None)
    assert refused.value.fields == ("discountPercent",)
    assert commerce7.offers() == []
    placed = commerce7.connector.place_offer(BRONZE, None)
    with pytest.raises(PartnerRefused):
        commerce7.connector.place_offer(offer("Bronze", 101), placed)
    assert [(seen.percent, seen.is_active) for seen in commerce7.offers()] == [(10, True)]


def test_a_new_name_renames_both_and_loses_nobody(commerce7: Commerce7Bench) -> None:
    connector = commerce7.connector
    placed = connector.place_offer(BRONZE, None)
    connector.add_customer_to_discount(connector.upsert_customer(ANN), placed)
    renamed = connector.place_offer(replace(BRONZE, name="Copper"), placed)
    assert renamed.ids == placed.ids
    assert commerce7.stage_tags() == ["Club: Copper [5f0c9a31]"]
    assert promotion(commerce7)["title"] == "Club: Copper"
    assert commerce7.checkout_percent(ANN.email) == 10


def test_an_offer_that_was_forgotten_is_found_by_another_name_too(commerce7: Commerce7Bench) -> None:
    """The answer was lost before anybody knew the ids, and then the stage was renamed."""
    first = commerce7.connector.place_offer(BRONZE, None)
    found = commerce7.fresh().place_offer(replace(BRONZE, name="Copper"), None)
    assert found.ids == first.ids
    assert promotion(commerce7)["title"] == "Club: Copper"


def test_a_tag_of_the_shops_own_is_never_adopted(commerce7: Commerce7Bench) -> None:
    commerce7.add_customer(email="staff@example.com", tags=["Club: Bronze"])
    placed = commerce7.connector.place_offer(BRONZE, None)
    assert sorted(commerce7.stage_tags()) == ["Club: Bronze", BRONZE_TAG]
    assert commerce7.checkout_percent("staff@example.com") == 0
    assert placed.tag not in [tag["id"] for tag in commerce7.state()["customers"][0]["tags"]]


def test_two_stages_of_one_name_are_two_discounts(commerce7: Commerce7Bench) -> None:
    old = commerce7.connector.place_offer(BRONZE, None)
    commerce7.connector.withdraw_offer(old)
    new = commerce7.connector.place_offer(offer("Bronze", 20, "77777777-0000-4000-8000-000000000001"), None)
    assert new.tag != old.tag
    assert sorted((seen.percent, seen.is_active) for seen in commerce7.offers()) == [(10, False), (20, True)]


@pytest.mark.parametrize(
    "edit",
    [
        {"status": "Disabled"},
        {"discount": 5000},
        {"title": "Sale"},
        {"availableTo": "Everyone", "availableToObjectIds": []},
        {"endDate": "2026-12-24T00:00:00.000Z"},
        {"usageLimitType": "Per Customer", "usageLimit": 1},
    ],
)
def test_what_staff_changed_of_a_promotion_is_put_right(commerce7: Commerce7Bench, edit: dict[str, Any]) -> None:
    placed = commerce7.connector.place_offer(BRONZE, None)
    before = promotion(commerce7)
    commerce7.ask("PUT", f"promotion/{placed.ids['promotion']}", edit)
    assert commerce7.connector.place_offer(BRONZE, placed) == placed
    after = promotion(commerce7)
    kept = {"updatedAt", "usageLimit"}
    assert {name: after[name] for name in after.keys() - kept} == {name: before[name] for name in before.keys() - kept}


def test_a_promotion_that_staff_deleted_is_made_anew(commerce7: Commerce7Bench) -> None:
    connector = commerce7.connector
    placed = connector.place_offer(BRONZE, None)
    connector.add_customer_to_discount(connector.upsert_customer(ANN), placed)
    commerce7.ask("DELETE", f"promotion/{placed.ids['promotion']}")
    connector.withdraw_offer(placed)
    again = connector.place_offer(BRONZE, placed)
    assert again.tag == placed.tag
    assert again.ids["promotion"] != placed.ids["promotion"]
    assert commerce7.checkout_percent(ANN.email) == 10


def test_a_tag_that_staff_deleted_is_said_so_and_the_promotion_moves_to_the_new_one(commerce7: Commerce7Bench) -> None:
    connector = commerce7.connector
    placed = connector.place_offer(BRONZE, None)
    ann = connector.upsert_customer(ANN)
    commerce7.ask("DELETE", f"tag/customer/{placed.tag}")
    with pytest.raises(PartnerRefused) as refused:
        connector.add_customer_to_discount(ann, placed)
    assert refused.value.reason == "discount_missing"
    again = connector.place_offer(BRONZE, placed)
    assert again.tag != placed.tag
    assert again.ids["promotion"] == placed.ids["promotion"], "there is never a second one"
    connector.add_customer_to_discount(ann, again)
    assert commerce7.checkout_percent(ANN.email) == 10
    connector.remove_customer_from_discount(ann, placed)


def test_of_two_promotions_for_one_tag_one_is_left(commerce7: Commerce7Bench) -> None:
    """An answer was so long on its way that the promotion was made twice."""
    placed = commerce7.connector.place_offer(BRONZE, None)
    record = promotion(commerce7)
    commerce7.clock.sleep(60)
    sent = (
        "title",
        "type",
        "discountType",
        "discount",
        "appliesTo",
        "availableTo",
        "availableToObjectIds",
        "startDate",
    )
    commerce7.ask("POST", "promotion", {name: record[name] for name in sent} | {"status": "Enabled"})
    assert commerce7.fresh().place_offer(BRONZE, None) == placed
    by_id = {each["id"]: each["status"] for each in commerce7.state()["promotions"]}
    assert by_id.pop(placed.ids["promotion"]) == "Enabled"
    assert list(by_id.values()) == ["Disabled"]


def test_withdrawing_what_was_forgotten_in_part_disables_all_there_is(commerce7: Commerce7Bench) -> None:
    placed = commerce7.connector.place_offer(BRONZE, None)
    commerce7.connector.withdraw_offer(PlacedOffer(BRONZE, {"tag": placed.tag}))
    assert [seen.is_active for seen in commerce7.offers()] == [False]


def test_a_tag_that_is_borne_twice_is_borne_once_when_that_is_seen(commerce7: Commerce7Bench) -> None:
    connector = commerce7.connector
    placed = connector.place_offer(BRONZE, None)
    ann = connector.upsert_customer(ANN)
    for _ in range(3):
        commerce7.ask("POST", "tag-x-object/customer", {"objectId": ann.id, "tagId": placed.tag})
    read = connector.get_customer(ann.id)
    assert read
    assert (read.tags or ()).count(placed.tag) == 3
    connector.add_customer_to_discount(read, placed)
    assert sorted(commerce7.customers()[0].tags) == [BRONZE_TAG, "customer-hub"]
    connector.remove_customer_from_discount(read, placed)
    assert commerce7.customers()[0].tags == ("customer-hub",)


def test_a_grant_looks_again_before_it_assigns(commerce7: Commerce7Bench) -> None:
    """What was read is older than what another has done since: assigning twice would count twice."""
    connector = commerce7.connector
    placed = connector.place_offer(BRONZE, None)
    ann = connector.upsert_customer(ANN)
    for _ in range(2):
        connector.add_customer_to_discount(ann, placed)
    assert commerce7.customers()[0].tags.count(BRONZE_TAG) == 1


def test_a_customer_who_was_deleted_meanwhile_is_tried_again(commerce7: Commerce7Bench) -> None:
    connector = commerce7.connector
    placed = connector.place_offer(BRONZE, None)
    ann = connector.upsert_customer(ANN)
    commerce7.delete_customer(ann.id)
    with pytest.raises(NotReadyYet):
        connector.add_customer_to_discount(ann, placed)
    connector.remove_customer_from_discount(replace(ann, tags=(placed.tag,)), placed)
    again = connector.upsert_customer(ANN)
    late = Hindrance(meanwhile=("POST", "/v1/tag-x-object/customer", lambda: commerce7.delete_customer(again.id)))
    with pytest.raises(NotReadyYet):
        commerce7.fresh(late).add_customer_to_discount(again, placed)
