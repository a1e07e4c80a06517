"""Customers and conflicts as JSON."""

import json
from typing import Annotated

from pydantic import AfterValidator, AliasChoices, Field, JsonValue, StringConstraints
from pydantic_core import PydanticCustomError

from customerhub.domain.caller import Caller, UserCaller
from customerhub.domain.contact import Preferences, Statement
from customerhub.domain.customer import Customer
from customerhub.domain.link import Link
from customerhub.domain.snapshot import Snapshot
from customerhub.entrypoints.http_api.models import Body, RequestBody

MAX_ENTRIES = 50


def _finite(value: dict[str, JsonValue]) -> dict[str, JsonValue]:
    """JSON has no NaN and no infinity, but its parsers read them; NaN equals nothing, so that each call would write."""
    try:
        json.dumps(value, allow_nan=False)
    except ValueError as error:
        raise PydanticCustomError("not_finite", "Numbers should be finite") from error
    return value


Text = Annotated[str, StringConstraints(max_length=254)]
Name = Annotated[str, StringConstraints(max_length=100)]
Line = Annotated[str, StringConstraints(max_length=200)]
Source = Annotated[str, StringConstraints(pattern=r"^([A-Za-z][A-Za-z0-9_.-]{0,39})?$")]
UserId = Annotated[str, StringConstraints(max_length=255, pattern=r"^[^\x00-\x1f\x7f]*$")]
Words = Annotated[list[Line], Field(max_length=MAX_ENTRIES)]
Map = Annotated[dict[Line, JsonValue], Field(max_length=MAX_ENTRIES), AfterValidator(_finite)]


class Address(RequestBody):
    """A postal address; what is given replaces the same part of what is known."""

    line1: Line | None = Field(None, validation_alias=AliasChoices("line1", "street", "address1"))
    line2: Line | None = Field(None, validation_alias=AliasChoices("line2", "street2", "address2"))
    city: Line | None = None
    region: Line | None = Field(None, validation_alias=AliasChoices("region", "state", "province"))
    postal_code: Line | None = Field(None, validation_alias=AliasChoices("postalCode", "zip", "postcode"))
    country: Line | None = None


class CustomerManagementRequest(RequestBody):
    """Who the person is, in any words; at least one of `phone`, `email` and `authUserId`.

    Null means the same as absent, and so does blank text. A user's token stands for its own `authUserId`.
    """

    phone: Text | None = Field(None, description="In any spelling; a local one needs the tenant's area code.")
    email: Text | None = Field(None, description="In any case.")
    first_name: Name | None = None
    last_name: Name | None = None
    auth_user_id: UserId | None = Field(None, description="The identity provider's id of the person.")
    source: Source | None = Field(
        None, description="Where the person comes from: `chatbot`, `webapp`, …; a look-up may leave it out."
    )
    merge_if_found: bool | None = Field(
        None, description="Merge the accounts found instead of answering 409. For trusted callers with customers:merge."
    )
    same_person: bool | None = Field(
        None, description="After a 409 for a shared phone: whether the person says to be the account's owner."
    )
    allergies: Words | Line | None = Field(None, description="Added to those known.")
    preferences: Map | Words | None = Field(None, description="A map is merged key by key, a list is added to.")
    address: Address | Line | None = None

    def to_statement(self, default_source: str | None) -> Statement:
        """The words as the domain takes them."""
        return Statement(
            source=(self.source or "").lower() or default_source,
            email=_stated(self.email),
            phone=_stated(self.phone),
            auth_user_id=_stated(self.auth_user_id),
            first_name=self.first_name,
            last_name=self.last_name,
            allergies=_words(self.allergies),
            preferences=_preferences(self.preferences),
            address=_address(self.address),
            merge_if_found=bool(self.merge_if_found),
            same_person=self.same_person,
        )


class CustomerBody(Body):
    """A customer."""

    id: str
    name: str | None
    first_name: str | None
    last_name: str | None
    phone: str | None = Field(description="E.164.")
    email: str | None
    auth_user_id: str | None
    allergies: list[str]
    preferences: dict[str, JsonValue] | list[str]
    address: dict[str, str]
    account_sources: list[str] = Field(description="Every way in which the person came, the first one first.")
    household_id: str | None = Field(description="Of people who share a phone; null for most.")
    status: str = Field(
        description="`INACTIVE` once every shop has deleted the person's record and nothing else keeps the person: no "
        "membership, no other source than those shops. Else `ACTIVE`."
    )
    created_via: str
    last_updated_via: str
    created_at: str
    updated_at: str
    internal_id: str = Field(alias="_internalId")


class ShopRecordBody(Body):
    """The person's record in one shop or CRM, as last seen there; null for what was never told."""

    integration: str
    external_id: str = Field(description="The platform's own id.")
    status: str = Field(description="`ACTIVE`, or `DELETED` once the shop has deleted it.")
    state: str | None = Field(description="The state of the account there: `enabled`, `disabled`, `invited`, …")
    email_consent: str | None = Field(description="`subscribed`, `unsubscribed`, `not_subscribed`, `pending`, …")
    sms_consent: str | None
    tags: list[str] | None = Field(description="Null for a user's own token: these are the merchant's words.")
    updated_at: str | None = Field(description="When it had changed last there.")
    deleted_at: str | None


class ReadCustomerBody(CustomerBody):
    """A customer with the records in shops and CRMs."""

    records: list[ShopRecordBody]


class ManagedCustomerBody(CustomerBody):
    """A customer as a find-or-create call answers it."""

    is_new_account: bool


class CustomerManagementResponse(Body):
    """The one customer. `orderHistory` is empty until a shop is connected."""

    customer: ManagedCustomerBody
    order_history: list[JsonValue]
    summary: str


class ConflictAccount(Body):
    """One of the accounts found. For a user's own token, an identifier that leads to one, masked and numbered."""

    id: str
    name: str | None = None
    email: str | None = None
    phone: str | None = None
    source: str | None = None


class Conflicts(Body):
    """What was found and what can be done."""

    found: bool
    id: str | None = None
    kind: str
    accounts: list[ConflictAccount]
    suggested_actions: list[str]


class ConflictResponse(Body):
    """The identifiers belong to several accounts, or to somebody else's; nothing was changed."""

    error: str
    conflicts: Conflicts
    message: str
    code: str
    request_id: str


def customer_fields(customer: Customer) -> dict[str, object]:
    """The fields of a customer's body."""
    preferences = customer.preferences
    return {
        "id": customer.id,
        "internal_id": customer.id,
        "name": customer.name,
        "first_name": customer.first_name,
        "last_name": customer.last_name,
        "phone": customer.phone,
        "email": customer.email,
        "auth_user_id": customer.auth_user_id,
        "allergies": list(customer.allergies),
        "preferences": list(preferences) if isinstance(preferences, tuple) else dict(preferences),
        "address": dict(customer.address),
        "account_sources": list(customer.account_sources),
        "household_id": customer.household_id,
        "status": "ACTIVE" if customer.is_active else "INACTIVE",
        "created_via": customer.created_via,
        "last_updated_via": customer.last_updated_via,
        "created_at": customer.created_at.isoformat(),
        "updated_at": customer.updated_at.isoformat(),
    }


def _stated(text: str | None) -> str | None:
    return (text or "").strip() or None


def _words(value: list[str] | str | None) -> tuple[str, ...]:
    return (value,) if isinstance(value, str) else tuple(value or ())


def _preferences(value: dict[str, JsonValue] | list[str] | None) -> Preferences:
    return value if isinstance(value, dict) else tuple(value or ())


def _address(value: Address | str | None) -> dict[str, str]:
    lines = Address.model_validate({"line1": value}) if isinstance(value, str) else value or Address()
    stated = {name: _stated(line) for name, line in lines.model_dump(by_alias=True).items()}
    return {name: line for name, line in stated.items() if line}


def record_fields(link: Link, caller: Caller) -> dict[str, object]:
    """The fields of a record's body."""
    seen = link.seen or Snapshot()
    shows_tags = seen.tags is not None and not isinstance(caller, UserCaller)
    return {
        "integration": link.integration,
        "external_id": link.external_id,
        "status": "DELETED" if link.deleted_at else "ACTIVE",
        "state": seen.state,
        "email_consent": seen.email_consent,
        "sms_consent": seen.sms_consent,
        "tags": list(seen.tags or ()) if shows_tags else None,
        "updated_at": link.remote_updated_at.isoformat() if link.remote_updated_at else None,
        "deleted_at": link.deleted_at.isoformat() if link.deleted_at else None,
    }
