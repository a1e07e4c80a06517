"""What can be done to customers, by the API and by the shop's staff."""

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from typing import Any

import phonenumbers

from infra.local.partners.shopify import payloads
from infra.local.partners.shopify.addresses import read_addresses
from infra.local.partners.shopify.consent import email_consent, sms_consent
from infra.local.partners.shopify.records import Customer
from infra.local.partners.shopify.refusals import Problem, Refused, refuse_if
from infra.local.partners.shopify.shop import Shop
from infra.local.partners.shopify.tags import joined, read_tags, tag_problems

EMAIL = re.compile(r"[^@\s<>()\[\],;:\"\\]+@[^@\s<>()\[\],;:\"\\.]+(?:\.[^@\s<>()\[\],;:\"\\.]+)+")
HOME_REGION = "US"
LONGEST_NAME = 255
LONGEST_NOTE = 5000
PLAIN_FIELDS = {
    "firstName": "first_name",
    "lastName": "last_name",
    "note": "note",
    "locale": "locale",
    "taxExempt": "tax_exempt",
}


def create_customer(shop: Shop, told: Mapping[str, Any]) -> Customer:
    """Add a customer from an input of the API. Raises `Refused`."""
    now = shop.now()
    customer = _changed(shop, Customer(shop.new_number(), now, now), told)
    customer = _with_consents(customer, told, now)
    if not (customer.email or customer.phone or customer.first_name or customer.last_name):
        raise Refused(Problem(None, "A name, phone number, or email address must be present", "BLANK"))
    shop.customers.put(customer)
    shop.tell("CUSTOMERS_CREATE", payloads.customer(customer))
    _tell_tags(shop, None, customer)
    return customer


def change_customer(shop: Shop, known: Customer, told: Mapping[str, Any]) -> Customer:
    """Change what `told` names; lists are replaced. Raises `Refused`."""
    return save_customer(shop, known, _changed(shop, known, told))


def save_customer(shop: Shop, known: Customer, changed: Customer) -> Customer:
    """Write a change and report it; nothing happens where nothing differs."""
    if changed == known:
        return known
    changed = replace(changed, updated_at=shop.now())
    shop.customers.put(changed)
    shop.tell("CUSTOMERS_UPDATE", payloads.customer(changed))
    _tell_tags(shop, known, changed)
    _tell_consents(shop, known, changed)
    return changed


def set_account(shop: Shop, known: Customer, state: str) -> Customer:
    """Give the customer's account that state, and report it."""
    changed = save_customer(shop, known, replace(known, state=state))
    if changed.state != known.state and "ENABLED" in (changed.state, known.state):
        topic = "CUSTOMERS_ENABLE" if changed.state == "ENABLED" else "CUSTOMERS_DISABLE"
        shop.tell(topic, payloads.customer(changed))
    return changed


def delete_customer(shop: Shop, customer: Customer) -> None:
    """Delete a customer who has never ordered. Raises `Refused`."""
    if shop.orders_of(customer):
        raise Refused(Problem(("id",), "Customer can't be deleted because they have associated orders"))
    remove_customer(shop, customer)


def remove_customer(shop: Shop, customer: Customer) -> None:
    """Delete a customer, whatever else there is."""
    shop.customers.remove(customer.number)
    shop.tell("CUSTOMERS_DELETE", payloads.deleted_customer(customer.number))


def read_phone(text: str) -> str | None:
    """A phone in E.164, None where it is none. Numbers without a country are American ones."""
    try:
        number = phonenumbers.parse(text, HOME_REGION)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_possible_number(number):
        return None
    return phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164)


def _changed(shop: Shop, known: Customer, told: Mapping[str, Any]) -> Customer:
    given: dict[str, Any] = {name: _emptied(told[field]) for field, name in PLAIN_FIELDS.items() if field in told}
    given = {name: value for name, value in given.items() if value is not None or name not in {"locale", "tax_exempt"}}
    problems = [*_email(shop, known, told, given), *_phone(shop, known, told, given), *_lengths(told)]
    if told.get("tags") is not None:
        given["tags"] = joined((), read_tags(told["tags"]))
        problems += tag_problems(given["tags"], ("tags",))
    if told.get("taxExemptions") is not None:
        given["tax_exemptions"] = tuple(told["taxExemptions"])
    refuse_if(problems)
    if told.get("addresses") is not None:
        given["addresses"] = read_addresses(shop, told["addresses"], known.addresses)
    return replace(known, **given)


def _emptied(value: Any) -> Any:
    return None if value == "" else value


def _email(shop: Shop, known: Customer, told: Mapping[str, Any], given: dict[str, Any]) -> list[Problem]:
    if "email" not in told:
        return []
    email = (told["email"] or "").strip() or None
    given["email"] = email
    if email is None:
        return []
    if not EMAIL.fullmatch(email) or len(email) > LONGEST_NAME:
        return [Problem(("email",), "Email is invalid")]
    owner = shop.customers.live.first("email", email.casefold())
    if owner is not None and owner.number != known.number:
        return [Problem(("email",), "Email has already been taken", "TAKEN")]
    return []


def _phone(shop: Shop, known: Customer, told: Mapping[str, Any], given: dict[str, Any]) -> list[Problem]:
    if "phone" not in told:
        return []
    if not told["phone"]:
        given["phone"] = None
        return []
    phone = given["phone"] = read_phone(told["phone"])
    if phone is None:
        return [Problem(("phone",), "Phone is invalid")]
    owner = shop.customers.live.first("phone", phone)
    if owner is not None and owner.number != known.number:
        return [Problem(("phone",), "Phone has already been taken", "TAKEN")]
    return []


def _lengths(told: Mapping[str, Any]) -> list[Problem]:
    limits = {"firstName": LONGEST_NAME, "lastName": LONGEST_NAME, "note": LONGEST_NOTE}
    words = {"firstName": "First name", "lastName": "Last name", "note": "Note"}
    return [
        Problem((field,), f"{words[field]} is too long (maximum is {limit} characters)", "TOO_LONG")
        for field, limit in limits.items()
        if len(told.get(field) or "") > limit
    ]


def _with_consents(customer: Customer, told: Mapping[str, Any], now: datetime) -> Customer:
    if told.get("emailMarketingConsent") is not None:
        customer = email_consent(customer, told["emailMarketingConsent"], now)
    if told.get("smsMarketingConsent") is not None:
        customer = sms_consent(customer, told["smsMarketingConsent"], now)
    return customer


def _tell_tags(shop: Shop, known: Customer | None, customer: Customer) -> None:
    before = {tag.casefold() for tag in known.tags} if known else set()
    after = {tag.casefold() for tag in customer.tags}
    added = [tag for tag in customer.tags if tag.casefold() not in before]
    removed = [tag for tag in known.tags if tag.casefold() not in after] if known else []
    for topic, tags in (("CUSTOMER_TAGS_ADDED", added), ("CUSTOMER_TAGS_REMOVED", removed)):
        if tags:
            shop.tell(topic, payloads.customer_tags(customer.number, tags, shop.now()))


def _tell_consents(shop: Shop, known: Customer, customer: Customer) -> None:
    if customer.email and customer.email_consent != known.email_consent:
        shop.tell("CUSTOMERS_EMAIL_MARKETING_CONSENT_UPDATE", payloads.email_consent(customer))
    if customer.phone and customer.sms_consent != known.sms_consent:
        shop.tell("CUSTOMERS_MARKETING_CONSENT_UPDATE", payloads.sms_consent(customer))
