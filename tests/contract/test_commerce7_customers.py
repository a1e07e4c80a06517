"""Customers and orders at Commerce7: lists that a PUT replaces, e-mails that are unique, phones that are refused, and
what of them can be asked for."""

from datetime import timedelta
from typing import Any

import pytest

from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer
from customerhub.errors import NotReadyYet, PartnerRefused
from tests.support.commerce7_bench import Commerce7Bench, Hindrance

ANN = OutgoingCustomer("ann@example.com", "Ann", "Otter", "+14155550123")
CUSTOMER = "/v1/customer"


def stored(bench: Commerce7Bench) -> dict[str, Any]:
    (record,) = bench.state()["customers"]
    found: dict[str, Any] = record
    return found


def test_further_emails_and_phones_survive_an_update_with_their_ids(commerce7: Commerce7Bench) -> None:
    """A PUT replaces lists: what is left out of one is gone."""
    there = commerce7.add_customer(
        emails=["first@example.com", "ANN@example.com"], phones=["+14155550100", "+14155550101"], firstName="Anna"
    )
    before = stored(commerce7)
    written = commerce7.connector.upsert_customer(ANN)
    after = stored(commerce7)
    assert written.id == there
    assert after["emails"] == before["emails"]
    assert [entry["phone"] for entry in after["phones"]] == ["+14155550123", "+14155550100", "+14155550101"]
    assert after["phones"][1:] == before["phones"]
    assert (after["firstName"], after["lastName"]) == ("Ann", "Otter")
    assert written.phones == ("+14155550123", "+14155550100", "+14155550101")


def test_only_what_differs_is_put(commerce7: Commerce7Bench) -> None:
    commerce7.add_customer(email=ANN.email, firstName="Ann", lastName="Other", phone=ANN.phone)
    network = Hindrance()
    commerce7.fresh(network).upsert_customer(ANN)
    puts = [body for method, _, body in network.sent if method == "PUT"]
    assert puts == [{"lastName": "Otter"}]


def test_nothing_that_commerce7_does_not_know_is_ever_sent(commerce7: Commerce7Bench) -> None:
    """Schemas are strict: one property too many, or one that is read-only, and the whole request is refused."""
    connector = commerce7.connector
    there = commerce7.add_customer(email="bo@example.com", phone="+14155550100")
    connector.upsert_customer(ANN)
    connector.update_customer(ExternalId(there), OutgoingCustomer("bo@example.com", "Bo", "Li", "+14155550199"))
    assert commerce7.refusals() == {}


def test_whoever_is_created_gets_no_mail_and_a_country(commerce7: Commerce7Bench) -> None:
    commerce7.connector.upsert_customer(ANN)
    assert commerce7.state()["emailsSent"] == 0
    assert stored(commerce7)["countryCode"] == "US"


def test_one_who_was_created_at_the_same_moment_is_taken(commerce7: Commerce7Bench) -> None:
    """Invariant 2: one customer there, whoever was first."""
    network = Hindrance(meanwhile=("POST", CUSTOMER, lambda: commerce7.add_customer(email="Ann@Example.com")))
    written = commerce7.fresh(network).upsert_customer(ANN)
    seen = stored(commerce7)
    assert written.id == seen["id"]
    assert (seen["firstName"], seen["emails"][0]["email"]) == ("Ann", "Ann@Example.com")
    assert [tag["title"] for tag in seen["tags"]] == ["customer-hub"]


def test_who_was_just_searched_for_is_created_at_once(commerce7: Commerce7Bench) -> None:
    network = Hindrance()
    connector = commerce7.fresh(network)
    assert connector.find_customer_by_email(ANN.email) is None
    connector.upsert_customer(ANN)
    assert [(method, path) for method, path, _ in network.sent[:2]] == [("GET", CUSTOMER), ("POST", CUSTOMER)]


def test_who_has_come_since_they_were_searched_for_is_taken(commerce7: Commerce7Bench) -> None:
    connector = commerce7.connector
    assert connector.find_customer_by_email(ANN.email) is None
    there = commerce7.add_customer(email=ANN.email)
    assert connector.upsert_customer(ANN).id == there == stored(commerce7)["id"]


def test_one_who_was_deleted_at_the_same_moment_is_created_anew(commerce7: Commerce7Bench) -> None:
    there = commerce7.add_customer(email=ANN.email)
    network = Hindrance(meanwhile=("PUT", f"{CUSTOMER}/{there}", lambda: commerce7.delete_customer(there)))
    written = commerce7.fresh(network).upsert_customer(ANN)
    assert written.id == stored(commerce7)["id"] != there


def test_one_who_was_deleted_before_the_tag_is_tried_again(commerce7: Commerce7Bench) -> None:
    there = commerce7.add_customer(email=ANN.email)
    network = Hindrance(meanwhile=("POST", "/v1/tag-x-object/customer", lambda: commerce7.delete_customer(there)))
    connector = commerce7.fresh(network)
    with pytest.raises(NotReadyYet):
        connector.upsert_customer(ANN)
    assert connector.upsert_customer(ANN).id == stored(commerce7)["id"]


@pytest.mark.parametrize("phone", ["+1415", "+99912345678", "not a phone"])
def test_a_phone_that_is_refused_keeps_nobody_from_being_written(commerce7: Commerce7Bench, phone: str) -> None:
    created = commerce7.connector.upsert_customer(OutgoingCustomer(ANN.email, "Ann", None, phone))
    assert (created.refused, created.phones) == ({"phone": "invalid"}, ())
    updated = commerce7.connector.update_customer(created.id, OutgoingCustomer(ANN.email, "Ann", "Otter", phone))
    assert updated
    assert (updated.refused, updated.last_name) == ({"phone": "invalid"}, "Otter")
    seen = stored(commerce7)
    assert (seen["firstName"], seen["lastName"], seen["phones"]) == ("Ann", "Otter", [])
    only_the_phone = commerce7.connector.update_customer(created.id, OutgoingCustomer(ANN.email, phone=phone))
    assert only_the_phone
    assert only_the_phone.refused == {"phone": "invalid"}


def test_any_other_field_that_is_refused_parks_the_work(commerce7: Commerce7Bench) -> None:
    with pytest.raises(PartnerRefused) as created:
        commerce7.connector.upsert_customer(OutgoingCustomer(ANN.email, "A" * 300))
    assert created.value.fields == ("firstName",)
    there = commerce7.add_customer(email=ANN.email)
    with pytest.raises(PartnerRefused) as changed:
        commerce7.connector.update_customer(ExternalId(there), OutgoingCustomer(ANN.email, None, "B" * 300))
    assert changed.value.fields == ("lastName",)


def test_a_hub_tag_that_staff_deleted_is_made_anew(commerce7: Commerce7Bench) -> None:
    connector = commerce7.connector
    connector.upsert_customer(ANN)
    (tag,) = commerce7.state()["tags"]
    commerce7.ask("DELETE", f"tag/customer/{tag['id']}")
    connector.upsert_customer(ANN)
    assert commerce7.customers()[0].tags == ("customer-hub",)
    assert [each["id"] for each in commerce7.state()["tags"]] != [tag["id"]]


def test_of_two_hub_tags_all_use_the_older_one(commerce7: Commerce7Bench) -> None:
    """Two workers may have made it at the same moment."""
    older = commerce7.ask("POST", "tag/customer", {"title": "customer-hub", "type": "Manual"})
    commerce7.clock.sleep(1)
    commerce7.ask("POST", "tag/customer", {"title": "customer-hub", "type": "Manual"})
    commerce7.ask("POST", "tag/customer", {"title": "customer-hub-like", "type": "Manual"})
    for _ in range(2):
        assert commerce7.fresh().upsert_customer(ANN).tags == (older["id"],)


@pytest.mark.parametrize("answer", ["supported", "rejected", "ignored"])
def test_those_changed_since_are_found_whatever_the_filter_does(commerce7: Commerce7Bench, answer: str) -> None:
    """Invariant 3: whether `updatedAt` filters customers is not documented."""
    commerce7.settings(customerUpdatedAtFilter=answer)
    commerce7.partner.control("POST", "seed", {"customers": 120}).raise_for_status()
    commerce7.clock.sleep(24 * 3600)
    since = commerce7.clock.now()
    changed = commerce7.customers()[57].id
    commerce7.change_customer(changed, firstName="Changed")
    added = commerce7.add_customer(email="new@example.com")
    connector = commerce7.connector
    found: list[RemoteCustomer] = []
    cursor: str | None = None
    pages = 0
    while pages == 0 or cursor:
        page = connector.customers_changed_since(since, cursor)
        found, cursor, pages = [*found, *page.items], page.cursor, pages + 1
    assert {customer.id for customer in found} == {changed, added}
    assert pages == (1 if answer == "supported" else 3)
    asked = commerce7.state()["requests"]["byOperation"]["GET /customer"]
    assert asked == pages + 1, "the filter is tried out once"


def test_a_time_between_two_milliseconds_misses_nobody(commerce7: Commerce7Bench) -> None:
    there = commerce7.add_customer(email=ANN.email)
    read = commerce7.connector.get_customer(ExternalId(there))
    assert read
    assert read.updated_at
    since = read.updated_at + timedelta(microseconds=999)
    page = commerce7.connector.customers_changed_since(since, None)
    assert [customer.id for customer in page.items] == [there]
    order = commerce7.add_order(customerId=there, totalCents=100)
    placed = commerce7.connector.orders_changed_since(None, None).items[0]
    again = commerce7.connector.orders_changed_since(placed.updated_at + timedelta(microseconds=999), None)
    assert [each.id for each in again.items] == [order]


def test_a_bulk_update_is_read_by_what_it_points_at(commerce7: Commerce7Bench) -> None:
    ids = [commerce7.add_customer(email=f"c{number}@example.com") for number in range(60)]
    tag = commerce7.partner.control("POST", "bulk-tag", {"tag": "Harvest", "customerIds": ids[5:]}).json()
    connector = commerce7.fresh()
    first = connector.changed_in_bulk(ExternalId(f"tagId={tag['id']}"), None)
    last = connector.changed_in_bulk(ExternalId(f"tagId={tag['id']}"), first.cursor)
    assert last.cursor is None
    assert {customer.id for customer in (*first.items, *last.items)} == set(ids[5:])


def test_a_refund_takes_away_and_is_no_order_of_its_own(commerce7: Commerce7Bench) -> None:
    ann = commerce7.add_customer(email="ann@example.com")
    order = commerce7.add_order(customerId=ann, totalCents=5_000)
    commerce7.partner.control("POST", "refunds", {"orderId": order, "totalCents": 2_000}).raise_for_status()
    read = commerce7.connector.orders_changed_since(None, None).items
    told = {(each.total.amount_minor, each.is_correction, each.customer) for each in read}
    assert told == {(5_000, False, ann), (-2_000, True, ann)}
