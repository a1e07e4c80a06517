"""Customers of a shop: one e-mail and one phone each, both unique in the shop, and tags.

Lists are never sent: `tags` and `addresses` of a customerSet replace what is there (schema of 2026-10). Tags are added
and removed one by one.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any

from pydantic import ValidationError

from customerhub.connectors.payload import places_of
from customerhub.connectors.shopify.client import Mutated, Result, ShopifyClient, UserError
from customerhub.connectors.shopify.documents import (
    CUSTOMER_BY_EMAIL,
    CUSTOMER_BY_ID,
    CUSTOMER_SET,
    TAGS_ADD,
    TAGS_REMOVE,
)
from customerhub.connectors.shopify.ids import from_external_id, is_number, to_external_id
from customerhub.connectors.shopify.payloads import ShopifyAddress, ShopifyAddressBody, ShopifyCustomerPayload
from customerhub.domain.ids import ExternalId
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer
from customerhub.errors import PartnerRefused, PartnerUnavailable, UnreadableRecord

HUB_TAG = "customer-hub"
"""Borne by every customer whom the hub knows."""
_WITHHELD = {
    "defaultEmailAddress": "emails",
    "defaultPhoneNumber": "phones",
    "defaultAddress": "address",
    "firstName": "first_name",
    "lastName": "last_name",
    "tags": "tags",
}
_OUR_FIELDS = {"firstName": "first_name", "lastName": "last_name", "phone": "phone", "email": "email"}
_NEVER = {"NEVER_SUBSCRIBED": "not_subscribed"}
"""What the newer of two lists of states calls otherwise (2026-07 on)."""
_OPTIONAL = ("phone", "email")
"""What a customer is synced without, where the shop does not take it. (An e-mail is only ever filled in there.)"""


def get_customer(client: ShopifyClient, customer: ExternalId) -> RemoteCustomer | None:
    """By id, which sees what was written a moment ago."""
    if not is_number(customer):
        return None
    result = client.run(CUSTOMER_BY_ID, {"id": from_external_id("Customer", customer)})
    return _found(result, "customer")


def find_customer_by_email(client: ShopifyClient, email: str) -> RemoteCustomer | None:
    """By exact e-mail; the e-mail of an answer is compared all the same."""
    result = client.run(CUSTOMER_BY_EMAIL, {"identifier": {"emailAddress": email}})
    found = _found(result, "customerByIdentifier")
    if found is None or "emails" in found.withheld:
        return found
    return found if email.casefold() in {known.casefold() for known in found.emails} else None


def upsert_customer(client: ShopifyClient, person: OutgoingCustomer) -> RemoteCustomer:
    """The one with that e-mail brought up to date, or a new one. customerSet by e-mail finds or creates in one step, so
    that repeating it after a time-out makes no second customer."""
    found = find_customer_by_email(client, person.email)
    if found is not None:
        written = _write_differences(client, found, person)
    else:
        fields = {"email": person.email, **_fields(person)}
        written = _set_customer(client, {"email": person.email}, fields)
    return add_tag(client, written, HUB_TAG)


def update_customer(client: ShopifyClient, customer: ExternalId, person: OutgoingCustomer) -> RemoteCustomer | None:
    """What differs, and the hub's tag. Its e-mail stays the shop's; one is filled in where there is none at all."""
    found = get_customer(client, customer)
    if found is None:
        return None
    written = _write_differences(client, found, person)
    return add_tag(client, written, HUB_TAG)


def add_tag(client: ShopifyClient, customer: RemoteCustomer, tag: str) -> RemoteCustomer:
    """The customer as it is with the tag; asks nothing where `customer` has it. Upper and lower case are alike to
    Shopify."""
    if customer.tags is not None and has_tag(customer, tag):
        return customer
    return _change_tags(client, customer, tag, adds=True)


def remove_tag(client: ShopifyClient, customer: RemoteCustomer, tag: str) -> RemoteCustomer:
    """The customer as it is without the tag; asks nothing where `customer` has it not."""
    if customer.tags is not None and not has_tag(customer, tag):
        return customer
    return _change_tags(client, customer, tag, adds=False)


def has_tag(customer: RemoteCustomer, tag: str) -> bool:
    """Whether it bears the tag, in any spelling."""
    return tag.casefold() in {known.casefold() for known in customer.tags or ()}


def to_customer(node: Mapping[str, Any], withheld: Iterable[str] = ()) -> RemoteCustomer:
    """A `Customer` in our words. Raises UnreadableRecord."""
    try:
        told = ShopifyCustomerPayload.model_validate(node)
    except ValidationError as error:
        raise UnreadableRecord(f"Shopify answered a customer that cannot be read: {places_of(error)}") from error
    email = told.default_email_address.email_address if told.default_email_address else None
    phone = told.default_phone_number.phone_number if told.default_phone_number else None
    sms = told.default_phone_number.sms_marketing_consent if told.default_phone_number else None
    return RemoteCustomer(
        id=to_external_id(told.id),
        emails=(email,) if email else (),
        phones=(phone,) if phone else (),
        first_name=told.first_name,
        last_name=told.last_name,
        tags=told.tags,
        address=to_address(told.default_address),
        created_at=told.created_at,
        updated_at=told.updated_at,
        state=in_lower_case(told.state),
        email_consent=in_lower_case(told.default_email_address.marketing_state if told.default_email_address else None),
        sms_consent=_NEVER.get(sms.state, sms.state.lower()) if sms and sms.state else None,
        withheld=frozenset(_WITHHELD.get(name, name) for name in withheld),
        raw=node,
    )


def in_lower_case(told: str | None) -> str | None:
    """A state as webhooks spell it, and as the hub does; nodes have it in upper case."""
    return told.lower() if told else None


def to_address(told: ShopifyAddress | ShopifyAddressBody | None) -> dict[str, str]:
    """What is told of an address."""
    if told is None:
        return {}
    parts = {
        "address1": told.address1,
        "address2": told.address2,
        "city": told.city,
        "province": told.province_code,
        "zip": told.zip,
        "country": told.country_code,
        "company": told.company,
    }
    return {name: value for name, value in parts.items() if value}


def _found(result: Result, root: str) -> RemoteCustomer | None:
    node = result.data.get(root)
    return to_customer(node, result.withheld_under(root)) if isinstance(node, dict) else None


def _fields(person: OutgoingCustomer) -> dict[str, str]:
    """What is told of a person, as CustomerSetInput spells it."""
    told = {"firstName": person.first_name, "lastName": person.last_name, "phone": person.phone}
    return {name: value for name, value in told.items() if value is not None}


def _write_differences(client: ShopifyClient, found: RemoteCustomer, person: OutgoingCustomer) -> RemoteCustomer:
    differing = _differences(found, person)
    if not differing:
        return found
    return _set_customer(client, {"id": from_external_id("Customer", found.id)}, differing, found)


def _differences(found: RemoteCustomer, person: OutgoingCustomer) -> dict[str, str]:
    """Without what we may not see: it cannot be compared, and writing it each time would be an echo."""
    known = {
        "firstName": (found.first_name, "first_name"),
        "lastName": (found.last_name, "last_name"),
        "phone": (next(iter(found.phones), None), "phones"),
    }
    differing = {
        name: value
        for name, value in _fields(person).items()
        if known[name][1] not in found.withheld and not _is_same(name, known[name][0], value)
    }
    if not found.emails and "emails" not in found.withheld:
        differing["email"] = person.email
    return differing


def _is_same(name: str, known: str | None, told: str) -> bool:
    if known is None:
        return not told
    if name == "phone":
        return "".join(filter(str.isdigit, known)) == "".join(filter(str.isdigit, told))
    return known == told


def _set_customer(
    client: ShopifyClient, identifier: Mapping[str, str], fields: dict[str, str], found: RemoteCustomer | None = None
) -> RemoteCustomer:
    """Write `fields`; without a phone (or an e-mail that is filled in) that the shop does not take. `found` is the
    customer as read, None for a new one."""
    refused: dict[str, str] = {}
    while True:
        written = client.mutate(CUSTOMER_SET, {"identifier": identifier, "input": fields})
        if not written.errors:
            return replace(_customer_of(written), refused=refused)
        dropped = {
            error.field: _reason(error) for error in written.errors if error.field in _droppable(identifier, fields)
        }
        if not dropped:
            raise _refusal(written.errors)
        refused |= dropped
        fields = {name: value for name, value in fields.items() if name not in dropped}
        if not fields and found is not None:
            return replace(found, refused=refused)


def _droppable(identifier: Mapping[str, str], fields: Mapping[str, str]) -> set[str]:
    return {name for name in _OPTIONAL if name in fields and name not in identifier}


def _customer_of(written: Mutated) -> RemoteCustomer:
    node = written.payload.get("customer")
    if not isinstance(node, dict):
        raise PartnerUnavailable("Shopify answered a mutation without the customer")
    return to_customer(node, written.withheld_in("customer"))


def _reason(error: UserError) -> str:
    """`taken` or `invalid`, or what else the code says."""
    if error.code == "TAKEN" or "taken" in error.message.casefold():
        return "taken"
    return error.code.casefold() if error.code else "invalid"


def _refusal(errors: Sequence[UserError]) -> PartnerRefused | PartnerUnavailable:
    """A customer who is gone, or whose e-mail somebody else has just been given, is another one at the next attempt."""
    if any(error.code == "NOT_FOUND" or (error.field == "email" and _reason(error) == "taken") for error in errors):
        return PartnerUnavailable("the shop's customer has changed since it was read")
    fields = tuple(dict.fromkeys(_OUR_FIELDS.get(error.field, error.field) for error in errors if error.field))
    shown = ", ".join(f"{_OUR_FIELDS.get(error.field, error.field)} ({_reason(error)})" for error in errors)
    return PartnerRefused(f"Shopify refuses the customer: {shown}", reason="customer_refused", fields=fields)


def _change_tags(client: ShopifyClient, customer: RemoteCustomer, tag: str, *, adds: bool) -> RemoteCustomer:
    variables = {"id": from_external_id("Customer", customer.id), "tags": [tag]}
    written = client.mutate(TAGS_ADD if adds else TAGS_REMOVE, variables)
    if any("exist" in error.message.casefold() or error.field == "id" for error in written.errors):
        raise PartnerUnavailable("the shop's customer has gone since it was read")
    if written.errors:
        raise PartnerRefused("Shopify refuses the customer's tag", reason="tag_refused", fields=("tags",))
    node = written.payload.get("node")
    if not isinstance(node, dict):
        return replace(customer, tags=_expected_tags(customer, tag, adds=adds))
    return replace(to_customer(node, written.withheld_in("node")), refused=customer.refused)


def _expected_tags(customer: RemoteCustomer, tag: str, *, adds: bool) -> tuple[str, ...]:
    others = tuple(known for known in customer.tags or () if known.casefold() != tag.casefold())
    return (*others, tag) if adds else others
