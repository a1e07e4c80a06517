"""Phones as Commerce7 keeps them: in E.164. A national spelling needs the customer's `countryCode`."""

import phonenumbers


def to_e164(written: str, country: str | None) -> str:
    """The number in E.164. Raises ValueError with the reason."""
    if not written.startswith("+") and country is None:
        raise ValueError("must be in E.164 or come with a countryCode")
    try:
        number = phonenumbers.parse(written, country)
    except phonenumbers.NumberParseException as error:
        raise ValueError("invalid phone number") from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("invalid phone number")
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)
