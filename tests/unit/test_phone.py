"""Phone numbers: what is accepted, what is one number, and what identifies nobody."""

from contextlib import suppress

import phonenumbers
import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.phone import PhoneQuality, country_of, parse_phone
from customerhub.errors import InvalidInput


@pytest.mark.parametrize(
    ("text", "region", "e164"),
    [
        ("(707) 963-1234", "US", "+17079631234"),
        ("1-707-963-1234", "US", "+17079631234"),
        ("+1 707.963.1234", "GB", "+17079631234"),
        ("tel:+1-707-963-1234", "US", "+17079631234"),
        ("011 44 20 7946 0958", "US", "+442079460958"),
        ("020 7946 0958", "GB", "+442079460958"),
        ("+44 (0)20 7946 0958", "US", "+442079460958"),
        ("09876543210", "IN", "+919876543210"),
        ("+39 06 6982", "US", "+39066982"),
        ("\uff11\uff17\uff10\uff17\uff19\uff16\uff13\uff11\uff12\uff13\uff14", "US", "+17079631234"),  # full width
        ("+15551234567", "US", "+15551234567"),
    ],
)
def test_every_spelling_is_one_number(text: str, region: str, e164: str) -> None:
    phone = parse_phone(text, region=region)
    assert (phone.e164, phone.key) == (e164, e164)


@pytest.mark.parametrize(
    ("e164", "country"),
    [
        ("+17075550123", "US"),
        ("+16135551212", "CA"),
        ("+15551234567", "US"),  # no plan assigns it
        ("+442079460958", "GB"),
        ("+80012345678", None),  # toll-free of no country
        ("+99912345678", None),
        ("not a number", None),
    ],
)
def test_a_number_tells_its_country(e164: str, country: str | None) -> None:
    assert country_of(e164) == country


def test_a_possible_number_that_no_plan_assigns_is_accepted() -> None:
    assert parse_phone("+15551234567", region="US").quality is PhoneQuality.POSSIBLE


@pytest.mark.parametrize("text", ["", "n/a", "12", "911", "0017079631234", "707.963.1234 / 707.963.5555", "9" * 65])
def test_what_cannot_be_called_is_refused_by_field_and_reason(text: str) -> None:
    with pytest.raises(InvalidInput, match=r"not a phone number|longer than") as refusal:
        parse_phone(text, region="US")
    assert (refusal.value.field, refusal.value.code) == ("phone", "invalid_phone")


def test_a_local_number_needs_the_tenants_area_code() -> None:
    with pytest.raises(InvalidInput) as refusal:
        parse_phone("555-1234", region="US")
    assert refusal.value.code == "local_number"
    assert parse_phone("555-1234", region="US", default_area_code="707").e164 == "+17075551234"
    assert parse_phone("555-1234 x9", region="US", default_area_code="707").key == "+17075551234;ext=9"


def test_an_area_code_completes_no_international_number() -> None:
    with pytest.raises(InvalidInput, match="too short"):
        parse_phone("+1 555-1234", region="US", default_area_code="707")


def test_a_switchboards_extensions_are_different_people() -> None:
    one, other = (parse_phone(f"707-963-1234 x{extension}", region="US") for extension in (45, 46))
    assert one.e164 == other.e164
    assert one.key != other.key
    assert one.extension == "45"


@pytest.mark.parametrize(
    ("spellings", "key"),
    [
        (("+52 1 55 1234 5678", "+52 55 1234 5678"), "+525512345678"),
        (("+54 9 11 2345 6789", "+54 11 2345 6789"), "+541123456789"),
        (("+55 11 8123 4567", "+55 11 98123 4567"), "+5511981234567"),
    ],
)
def test_carriers_variants_are_one_key_and_never_rewrite_the_number(spellings: tuple[str, str], key: str) -> None:
    phones = [parse_phone(text, region="US") for text in spellings]
    assert {phone.key for phone in phones} == {key}
    assert [phone.e164 for phone in phones] == [text.replace(" ", "") for text in spellings]
    assert {phone.quality for phone in phones} == {PhoneQuality.VALID}


def test_a_brazilian_landline_gains_no_digit() -> None:
    assert parse_phone("+55 11 3123 4567", region="BR").key == "+551131234567"


@pytest.mark.parametrize("text", ["0000000000", "5555555555", "+1 111 111 1111", "1234567890"])
def test_junk_is_known_as_such(text: str) -> None:
    assert parse_phone(text, region="US").quality is PhoneQuality.JUNK


@pytest.mark.parametrize("text", ["1-800-FLOWERS", "+44 800 123 4567", "+44 845 123 4567"])
def test_an_organisations_number_tells_nobody_apart(text: str) -> None:
    assert parse_phone(text, region="US").quality is PhoneQuality.ORGANISATION


@given(st.sampled_from(sorted(phonenumbers.SUPPORTED_REGIONS)))
def test_every_regions_example_survives_its_own_spellings(region: str) -> None:
    example = phonenumbers.example_number_for_type(region, phonenumbers.PhoneNumberType.MOBILE)
    if example is None:
        return
    formats = phonenumbers.PhoneNumberFormat
    kinds = (formats.E164, formats.INTERNATIONAL, formats.NATIONAL, formats.RFC3966)
    keys = {parse_phone(phonenumbers.format_number(example, kind), region=region).key for kind in kinds}
    assert len(keys) == 1


@given(st.text(max_size=40))
def test_any_text_is_read_or_refused_and_its_key_reads_as_itself(text: str) -> None:
    with suppress(InvalidInput):
        phone = parse_phone(text, region="US", default_area_code="707")
        assert parse_phone(phone.key, region="GB").key == phone.key


@given(st.text(alphabet="+0123456789-() ", min_size=4, max_size=40))
def test_a_refusal_repeats_nothing_of_the_number(text: str) -> None:
    """Invariant 8."""
    try:
        parse_phone(text, region="US")
    except InvalidInput as error:
        refusal = error
    else:
        return
    assert not any(digit in refusal.message for digit in "0123456789")
