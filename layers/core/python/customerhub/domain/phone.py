"""Phone numbers: reading, and the key that tells whether two spellings are one number.

By `phonenumbers` 9.0; its behaviour was measured in 2026 on the cases of tests/unit/test_phone.py.
"""

import re
from dataclasses import dataclass
from enum import StrEnum

import phonenumbers
from phonenumbers import NumberParseException, PhoneNumber, PhoneNumberFormat, PhoneNumberType, ValidationResult

from customerhub.errors import InvalidInput

MAX_CHARACTERS = 64
ORGANISATION_NUMBER_TYPES = frozenset(
    {PhoneNumberType.TOLL_FREE, PhoneNumberType.PREMIUM_RATE, PhoneNumberType.SHARED_COST, PhoneNumberType.UAN}
)
COUNTING_NUMBERS = frozenset({"1234567890", "0123456789", "12345678", "123456789"})
MEXICO, ARGENTINA, BRAZIL = 52, 54, 55


class PhoneQuality(StrEnum):
    """What a number is worth."""

    VALID = "valid"
    """Assigned by its numbering plan."""
    POSSIBLE = "possible"
    """Of the right length, though its plan does not assign it: accepted."""
    ORGANISATION = "organisation"
    """Toll-free and the like: a customer may give it, but it tells nobody apart."""
    JUNK = "junk"
    """Filled in to get past a form: ignored."""


@dataclass(frozen=True)
class Phone:
    """A number that a call could reach.

    `e164` is never rewritten. `key` is what identity compares: it holds the extension, since a switchboard's number
    is not a person's, and folds the spellings of one line that carriers use side by side.
    """

    e164: str
    key: str
    extension: str | None
    quality: PhoneQuality


def parse_phone(text: str, *, region: str, default_area_code: str | None = None) -> Phone:
    """Read a number as a person in `region` would dial or spell it.

    Raises InvalidInput with field `phone`: code `local_number` for a number without area code where the tenant has no
    `default_area_code`, else `invalid_phone`; the message holds no digit.
    """
    number = _possible_number(text, region, default_area_code)
    e164 = phonenumbers.format_number(number, PhoneNumberFormat.E164)
    extension = number.extension or None
    folded = _fold_variants(number)
    return Phone(
        e164=e164,
        key=f"{folded};ext={extension}" if extension else folded,
        extension=extension,
        quality=_quality(number, is_variant=folded != e164),
    )


def country_of(e164: str) -> str | None:
    """The country (ISO 3166 alpha-2) of a number in E.164, the largest of those that share its code where its plan does
    not assign it; None where it has none."""
    try:
        number = phonenumbers.parse(e164)
    except NumberParseException:
        return None
    region = phonenumbers.region_code_for_number(number) or phonenumbers.region_code_for_country_code(
        number.country_code or 0
    )
    return region if region and region.isalpha() and region != phonenumbers.UNKNOWN_REGION else None


def _possible_number(text: str, region: str, default_area_code: str | None) -> PhoneNumber:
    number = _parse(text, region)
    outcome = phonenumbers.is_possible_number_with_reason(number)
    if outcome == ValidationResult.IS_POSSIBLE_LOCAL_ONLY:
        number = _with_area_code(number, text, region, default_area_code)
        outcome = phonenumbers.is_possible_number_with_reason(number)
    if outcome != ValidationResult.IS_POSSIBLE and not _is_old_mexican_mobile(number):
        raise _refusal(_REASONS.get(outcome, "not a possible number"))
    return number


def _parse(text: str, region: str) -> PhoneNumber:
    if len(text) > MAX_CHARACTERS:
        raise _refusal(f"longer than {MAX_CHARACTERS} characters")
    try:
        return phonenumbers.parse(text, region)
    except NumberParseException as error:
        raise _refusal(_PARSE_REASONS.get(error.error_type, "not a phone number")) from error


def _with_area_code(number: PhoneNumber, text: str, region: str, area_code: str | None) -> PhoneNumber:
    if not area_code:
        raise InvalidInput(
            "a local number without area code: give the area code, or set the tenant's default_area_code",
            code="local_number",
            field="phone",
        )
    if text.strip().startswith("+"):
        raise _refusal("too short for its country")
    local = f"{area_code}{number.national_number}"
    return _parse(f"{local} ext. {number.extension}" if number.extension else local, region)


def _fold_variants(number: PhoneNumber) -> str:
    """E.164 with what carriers add or leave out on one and the same line folded away.

    Mexico: the mobile 1 after +52, abolished in 2019. Argentina: the mobile 9 after +54, which national dialling
    leaves out. Brazil: the ninth digit, added to mobile lines (first digit 6 to 9) from 2012 to 2016; WhatsApp still
    sends eight.
    """
    country, national = number.country_code, phonenumbers.national_significant_number(number)
    if _is_old_mexican_mobile(number) or (country == ARGENTINA and re.fullmatch(r"9\d{10}", national)):
        national = national[1:]
    elif country == BRAZIL and re.fullmatch(r"\d\d[6-9]\d{7}", national):
        national = f"{national[:2]}9{national[2:]}"
    return f"+{country}{national}"


def _is_old_mexican_mobile(number: PhoneNumber) -> bool:
    national = phonenumbers.national_significant_number(number)
    return number.country_code == MEXICO and bool(re.fullmatch(r"1\d{10}", national))


def _quality(number: PhoneNumber, *, is_variant: bool) -> PhoneQuality:
    if _is_junk(number):
        return PhoneQuality.JUNK
    if phonenumbers.number_type(number) in ORGANISATION_NUMBER_TYPES:
        return PhoneQuality.ORGANISATION
    if is_variant or phonenumbers.is_valid_number(number):
        return PhoneQuality.VALID
    return PhoneQuality.POSSIBLE


def _is_junk(number: PhoneNumber) -> bool:
    national = phonenumbers.national_significant_number(number)
    return len(set(national)) == 1 or national in COUNTING_NUMBERS


_REASONS = {
    ValidationResult.TOO_SHORT: "too short for its country",
    ValidationResult.TOO_LONG: "too long for its country",
    ValidationResult.INVALID_LENGTH: "of a length that its country does not use",
    ValidationResult.INVALID_COUNTRY_CODE: "of no known country code",
}
_PARSE_REASONS = {
    NumberParseException.INVALID_COUNTRY_CODE: "of no known country code",
    NumberParseException.TOO_SHORT_AFTER_IDD: "too short after its international prefix",
    NumberParseException.TOO_SHORT_NSN: "too short",
    NumberParseException.TOO_LONG: "too long: one number at a time",
}


def _refusal(reason: str) -> InvalidInput:
    return InvalidInput(f"not a phone number that can be called: {reason}", code="invalid_phone", field="phone")
