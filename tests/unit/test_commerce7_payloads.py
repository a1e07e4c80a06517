"""Commerce7's records and ours: what is read, what is written, and what is left alone."""

from datetime import UTC, datetime, timedelta, timezone
from typing import Any

import pytest

from customerhub.connectors.commerce7.payloads import (
    Commerce7AddressPayload,
    Commerce7Buyer,
    Commerce7CustomerPayload,
    Commerce7OrderPayload,
    Commerce7Payload,
    Commerce7ProductPayload,
    Commerce7PromotionPayload,
    Commerce7TagPayload,
    Commerce7VariantPayload,
    email_key,
    from_changed_customer,
    from_moment,
    from_new_customer,
    to_customer,
    to_order,
    to_product,
)
from customerhub.domain.money import Money
from customerhub.domain.remote import OutgoingCustomer
from tests.support.commerce7_samples import BRONZE_TAG, CUSTOMER_ID, customer, order, product

SAME = OutgoingCustomer("ann@example.com", "Ann", "Example", "+17075550123")


def test_a_documented_customer_is_read() -> None:
    read = to_customer(customer())
    assert read.id == CUSTOMER_ID
    assert read.emails == ("Ann@Example.com", "ann@work.example.com")
    assert read.phones == ("+17075550123", "+17075550124")
    assert (read.first_name, read.last_name) == ("Ann", "Example")
    assert read.tags == (BRONZE_TAG,)
    assert read.address == {"city": "Napa", "region": "CA", "postalCode": "94558", "country": "US"}
    assert read.created_at == datetime(2018, 5, 22, 18, 57, 1, 420_000, UTC)
    assert read.updated_at == datetime(2020, 3, 23, 22, 2, 13, 421_000, UTC)
    assert read.raw == customer()


def test_a_tag_that_was_assigned_twice_is_read_twice() -> None:
    tag = customer()["tags"][0]
    assert to_customer(customer(tags=[tag, tag])).tags == (BRONZE_TAG, BRONZE_TAG)


@pytest.mark.parametrize(("tags", "read"), [([], ()), ("", ()), (None, None)])
def test_no_tags_differ_from_tags_that_are_not_told(tags: Any, read: tuple[str, ...] | None) -> None:
    assert to_customer(customer(tags=tags)).tags == read


@pytest.mark.parametrize(
    ("status", "read"), [("Subscribed", "subscribed"), ("Unsubscribed", "unsubscribed"), (None, "not_subscribed")]
)
def test_a_consent_is_read(status: str | None, read: str) -> None:
    assert to_customer(customer(emailMarketingStatus=status)).email_consent == read


def test_a_consent_that_is_not_told_is_none() -> None:
    record = customer()
    del record["emailMarketingStatus"]
    assert to_customer(record).email_consent is None


def test_a_documented_product_is_read() -> None:
    read = to_product(product(), currency="CAD")
    assert (read.title, read.status, read.kind) == ("2014 Cabernet", "active", "Wine")
    assert read.updated_at == datetime(2019, 9, 11, 15, 48, 23, 11_000, UTC)
    told = [(variant.title, variant.sku, variant.price) for variant in read.variants]
    assert told == [("750ml", "2014-CS", Money(4500, "CAD")), ("Magnum", None, None)]


@pytest.mark.parametrize(
    ("status", "read"), [("Not Available", "not_available"), ("Hidden", "hidden"), (None, "active")]
)
def test_a_product_that_is_not_sold_says_why(status: str | None, read: str) -> None:
    assert to_product(product(adminStatus=status, variants=""), currency="USD").status == read


@pytest.mark.parametrize("empty", [[], None, ""])
def test_empty_lists_come_in_three_spellings(empty: Any) -> None:
    read = to_customer(customer(emails=empty, phones=empty))
    assert (read.emails, read.phones) == ((), ())


def test_blank_text_is_nothing() -> None:
    read = to_customer(customer(firstName="", lastName=" ", city=""))
    assert (read.first_name, read.last_name, "city" in read.address) == (None, None, False)


@pytest.mark.parametrize("broken", [{"id": None}, {"emails": "x"}, {"updatedAt": "yesterday"}, {"tags": [{}]}])
def test_what_cannot_be_read_is_an_error_without_values(broken: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match="Commerce7") as error:
        to_customer(customer(**broken))
    assert "Ann" not in str(error.value)


def test_a_documented_order_is_read() -> None:
    read = to_order(order(), currency="USD")
    assert (read.number, read.total, read.customer) == ("1248", Money(5040, "USD"), CUSTOMER_ID)
    assert read.placed_at == datetime(2018, 12, 4, 19, 10, 27, 905_000, UTC)
    assert read.updated_at == datetime(2018, 12, 4, 19, 10, 28, 144_000, UTC)
    assert (read.is_paid, read.is_cancelled, read.is_correction) == (True, False, False)
    assert (read.email, read.phone) == ("a@b.com", "+17075550199")


@pytest.mark.parametrize(
    ("told", "is_paid", "is_cancelled"),
    [("Paid", True, False), ("Authorized", False, False), ("Cancelled", False, True), (None, False, False)],
)
def test_only_what_is_paid_counts_as_paid(told: str | None, is_paid: bool, is_cancelled: bool) -> None:
    read = to_order(order(paymentStatus=told), currency="USD")
    assert (read.is_paid, read.is_cancelled) == (is_paid, is_cancelled)


@pytest.mark.parametrize(
    ("shape", "record"),
    [
        (Commerce7CustomerPayload, customer()),
        (Commerce7OrderPayload, order()),
        (Commerce7ProductPayload, product()),
        (Commerce7VariantPayload, product()["variants"][0]),
        (Commerce7Buyer, order()["customer"]),
        (Commerce7AddressPayload, order()["billTo"]),
        (Commerce7TagPayload, customer()["tags"][0]),
    ],
)
def test_every_documented_field_is_read_or_ignored_on_purpose(
    shape: type[Commerce7Payload], record: dict[str, Any]
) -> None:
    assert set(shape.model_validate(record).model_extra or ()) <= shape.ignored


@pytest.mark.parametrize("total", [5040, -5040])
def test_a_refund_is_a_correction_that_takes_away(total: int) -> None:
    read = to_order(order(purchaseType="Refund", total=total), currency="CAD")
    assert (read.is_correction, read.total) == (True, Money(-5040, "CAD"))


def test_an_exchange_corrects_by_what_it_comes_to() -> None:
    read = to_order(order(purchaseType="Exchange", total=-100), currency="USD")
    assert (read.is_correction, read.total.amount_minor) == (True, -100)


def test_a_guest_has_no_customer() -> None:
    read = to_order(order(customerId=None, customer=None, email=None, billTo=None), currency="USD")
    assert (read.customer, read.email, read.phone) == (None, None, None)


def test_an_order_goes_where_it_is_shipped_to() -> None:
    told = {"address": "1 Main St", "city": "Napa", "stateCode": "CA", "zipCode": "94558", "countryCode": "US"}
    assert to_order(order(shipTo=told), currency="USD").address == {
        "address1": "1 Main St",
        "city": "Napa",
        "region": "CA",
        "postalCode": "94558",
        "country": "US",
    }
    assert to_order(order(shipTo=None), currency="USD").address == {}


def test_an_order_was_placed_when_it_was_submitted_paid_or_at_least_created() -> None:
    paid = to_order(order(orderSubmittedDate=None), currency="USD")
    created = to_order(order(orderSubmittedDate=None, orderPaidDate=None), currency="USD")
    assert (paid.placed_at.microsecond, created.placed_at.day) == (143_000, 2)


@pytest.mark.parametrize("empty", ["", None, []])
def test_empty_ids_of_a_promotion_come_in_three_spellings(empty: Any) -> None:
    assert Commerce7PromotionPayload.model_validate({"id": "1", "availableToObjectIds": empty}).model_dump(
        include={"available_to_object_ids"}
    ) == {"available_to_object_ids": ()}


def test_ids_of_a_promotion_may_be_one_text() -> None:
    read = Commerce7PromotionPayload.model_validate({"id": "1", "availableToObjectIds": "a,b"})
    assert read.available_to_object_ids == ("a", "b")


def test_a_new_customer_is_told_with_the_phones_country() -> None:
    assert from_new_customer(SAME) == {
        "emails": [{"email": "ann@example.com"}],
        "firstName": "Ann",
        "lastName": "Example",
        "phones": [{"phone": "+17075550123"}],
        "countryCode": "US",
    }
    assert from_new_customer(OutgoingCustomer("a@b.com")) == {"emails": [{"email": "a@b.com"}]}
    assert "countryCode" not in from_new_customer(OutgoingCustomer("a@b.com", phone="+80012345678"))


@pytest.mark.parametrize(
    "person",
    [
        SAME,
        OutgoingCustomer("ann@example.com"),
        OutgoingCustomer("somebody@else.example.com", phone="+17075550124"),
        OutgoingCustomer("ann@work.example.com", "Ann"),
    ],
)
def test_what_does_not_differ_is_not_written(person: OutgoingCustomer) -> None:
    """Invariant 4: own writes cause no further writes. The shop's own primary e-mail stays."""
    assert from_changed_customer(customer(), person) == {}


def test_only_what_differs_is_written() -> None:
    assert from_changed_customer(customer(), OutgoingCustomer("x@y.com", "Anna", "Example")) == {"firstName": "Anna"}


def test_a_new_phone_comes_first_and_the_others_stay_with_their_ids() -> None:
    changes = from_changed_customer(customer(), OutgoingCustomer("ann@example.com", phone="+17075550100"))
    assert changes == {
        "phones": [
            {"phone": "+17075550100"},
            {"id": "f0000000-0000-4000-8000-000000000001", "phone": "+17075550123"},
            {"id": "f0000000-0000-4000-8000-000000000002", "phone": "+17075550124"},
        ]
    }


def test_a_customer_without_an_email_gets_ours() -> None:
    changes = from_changed_customer(customer(emails=[]), OutgoingCustomer("ann@example.com"))
    assert changes == {"emails": [{"email": "ann@example.com"}]}


@pytest.mark.parametrize("spelling", ["ANN@example.com", "ann@EXAMPLE.com", " ann@example.com "])
def test_emails_are_compared_without_case(spelling: str) -> None:
    assert email_key(spelling) == email_key("ann@example.com")


def test_what_is_no_email_is_compared_all_the_same() -> None:
    assert email_key("Not An Address") == email_key("not an address")


def test_times_are_told_in_utc_with_milliseconds() -> None:
    at = datetime(2026, 1, 2, 3, 4, 5, 678_999, timezone(timedelta(hours=-8)))
    assert from_moment(at) == "2026-01-02T11:04:05.678Z"
