"""Commerce7's records and ours, as documented on developer.commerce7.com in July 2026 and seen live in October.

Money is in cents, times are in UTC with milliseconds, ids are UUIDs, percentages are in hundredths of a percent. Empty
lists come as `[]`, `null` or `""`, lists of ids also as text with commas.
"""

import re
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Annotated, Any, ClassVar

from pydantic import AwareDatetime, BeforeValidator, ConfigDict, StringConstraints
from pydantic.alias_generators import to_camel

from customerhub.connectors.payload import PartnerPayload
from customerhub.domain.email import parse_email
from customerhub.domain.ids import ExternalId
from customerhub.domain.money import Money
from customerhub.domain.phone import country_of
from customerhub.domain.remote import OutgoingCustomer, RemoteCustomer, RemoteOrder, RemoteProduct, RemoteVariant
from customerhub.errors import InvalidInput

CORRECTIONS = frozenset({"Refund", "Exchange", "Pickup To Ship"})
"""Purchase types of orders that change what earlier ones came to."""
AVAILABLE = "Available"


def _blank_as_none(value: object) -> object:
    return None if isinstance(value, str) and not value.strip() else value


def _nothing_as_empty(value: object) -> object:
    return () if value is None or value == "" else value


def _split(value: object) -> object:
    return tuple(part.strip() for part in value.split(",") if part.strip()) if isinstance(value, str) else value


def _names(text: str) -> frozenset[str]:
    return frozenset(text.split())


RECORD_ID = re.compile(r"[!-~]{1,100}")
"""A UUID, by what is seen; whatever it is, it becomes a part of a path and of what the hub keeps."""
RecordId = Annotated[str, StringConstraints(pattern=f"^{RECORD_ID.pattern}$")]
Text = Annotated[str | None, BeforeValidator(_blank_as_none)]
Moment = Annotated[AwareDatetime | None, BeforeValidator(_blank_as_none)]
Ids = Annotated[tuple[RecordId, ...], BeforeValidator(_nothing_as_empty), BeforeValidator(_split)]


class Commerce7Payload(PartnerPayload):
    """Base of them all: names in camel case."""

    model_config = ConfigDict(alias_generator=to_camel, populate_by_name=False)


class Commerce7Email(Commerce7Payload):
    """An entry of `emails`."""

    ignored = frozenset({"status", "createdAt", "updatedAt"})
    id: str | None = None
    email: Text = None


class Commerce7Phone(Commerce7Payload):
    """An entry of `phones`."""

    ignored = frozenset({"createdAt", "updatedAt"})
    id: str | None = None
    phone: Text = None


Emails = Annotated[tuple[Commerce7Email, ...], BeforeValidator(_nothing_as_empty)]
Phones = Annotated[tuple[Commerce7Phone, ...], BeforeValidator(_nothing_as_empty)]


class Commerce7TagPayload(Commerce7Payload):
    """A tag: its definition, or an entry of a customer's `tags`."""

    ignored = frozenset({"objectType", "appliesToCondition", "conditions", "backPopulate", "updatedAt"})
    id: RecordId
    title: Text = None
    type: Text = None
    created_at: Moment = None


class Commerce7CustomerPayload(Commerce7Payload):
    """A customer. `tags` are there as often as they were assigned; None where an embedded customer leaves them out."""

    ignored: ClassVar[frozenset[str]] = _names(
        "acceptsMarketing appData appSync avatar birthDate clubs facebookId flags groups"
        " hasAccount honorific lastActivityDate loginActivity metaData notifications orderInformation products"
    )
    id: RecordId
    first_name: Text = None
    last_name: Text = None
    emails: Emails = ()
    phones: Phones = ()
    city: Text = None
    state_code: Text = None
    zip_code: Text = None
    country_code: Text = None
    email_marketing_status: Text = None
    tags: Annotated[
        tuple[Commerce7TagPayload, ...] | None, BeforeValidator(lambda tags: () if tags == "" else tags)
    ] = None
    created_at: Moment = None
    updated_at: Moment = None


class Commerce7Buyer(Commerce7Payload):
    """The customer within an order: some of the fields only."""

    ignored: ClassVar[frozenset[str]] = Commerce7CustomerPayload.ignored | _names(
        "id firstName lastName city stateCode zipCode countryCode emailMarketingStatus tags createdAt updatedAt"
    )
    emails: Emails = ()
    phones: Phones = ()


class Commerce7AddressPayload(Commerce7Payload):
    """An address within an order."""

    ignored = _names(
        "id customerId customerAddressId birthDate honorific firstName lastName isDefault metaData appData appSync"
        " createdAt updatedAt"
    )
    phone: Text = None
    company: Text = None
    address: Text = None
    address2: Text = None
    city: Text = None
    state_code: Text = None
    zip_code: Text = None
    country_code: Text = None


class Commerce7OrderPayload(Commerce7Payload):
    """An order. A refund is one of its own, with the purchase type `Refund`."""

    ignored: ClassVar[frozenset[str]] = _names(
        "allocationId allowPromotions appData appSync bottleDepositTotal carrierPickupLocation carryOut cartId channel"
        " club complianceStatus connectionInformation coupons customerType duties dutyTotal externalOrderNumber"
        " externalOrderVendor flags fulfillmentStatus fulfillments giftMessage isNonTaxable items linkedOrders metaData"
        " orderDeliveryMethod orderFulfilledDate orderSource pickupBy posProfileId previousOrderId previousOrderNumber"
        " productTenantId promotions quantity requestedShipDate salesAssociate selectedShippingOptions shipTotal"
        " shipping shippingInstructions shippingStatus subTotal tags taxSaleType taxTotal taxes tenders tipTotal"
        " totalAfterTip"
    )
    id: RecordId
    order_number: Text = None
    order_submitted_date: Moment = None
    order_paid_date: Moment = None
    purchase_type: Text = None
    payment_status: Text = None
    customer_id: Annotated[RecordId | None, BeforeValidator(_blank_as_none)] = None
    email: Text = None
    total: int
    bill_to: Commerce7AddressPayload | None = None
    ship_to: Commerce7AddressPayload | None = None
    customer: Commerce7Buyer | None = None
    created_at: AwareDatetime
    updated_at: AwareDatetime


class Commerce7VariantPayload(Commerce7Payload):
    """What is sold of a product, in one size."""

    ignored: ClassVar[frozenset[str]] = _names(
        "bottleDeposit comparePrice costOfGood createdAt hasInventory hasShipping inventory inventoryPolicy productId"
        " sortOrder taxType upcCode updatedAt volumeInML weight"
    )
    id: RecordId
    title: Text = None
    sku: Text = None
    price: int | None = None


class Commerce7ProductPayload(Commerce7Payload):
    """A product (developer.commerce7.com/docs/products, July 2026). `admin_status` is `Available`, `Not Available` or
    `Hidden`."""

    ignored: ClassVar[frozenset[str]] = _names(
        "appData appSync bundleItems collections content createdAt department departmentId flags image images metaData"
        " overrideOperatingRegions productTemplateId security seo slug subTitle teaser tenantIds vendor vendorId"
        " webStatus wine"
    )
    id: RecordId
    title: Text = None
    type: Text = None
    admin_status: Text = None
    variants: Annotated[tuple[Commerce7VariantPayload, ...], BeforeValidator(_nothing_as_empty)] = ()
    updated_at: AwareDatetime


class Commerce7PromotionPayload(Commerce7Payload):
    """What the hub compares of a promotion."""

    ignored: ClassVar[frozenset[str]] = _names(
        "actionMessage appliesToObjectIds cartContainsObjectIds cartContainsType cartRequirement"
        " cartRequirementCountType cartRequirementMaximum channels clubFrequencies dollarOffDiscountApplies"
        " excludeObjectIds excludes promotionSets startDate updatedAt usageCount usageLimit"
    )
    id: RecordId
    title: Text = None
    type: Text = None
    status: Text = None
    discount_type: Text = None
    discount: int | None = None
    applies_to: Text = None
    available_to: Text = None
    available_to_object_ids: Ids = ()
    usage_limit_type: Text = None
    cart_requirement_type: Text = None
    end_date: Moment = None
    created_at: Moment = None


def to_customer(record: Mapping[str, Any]) -> RemoteCustomer:
    """Read a customer. Raises ValueError."""
    payload = Commerce7CustomerPayload.model_validate(record)
    address = {
        "city": payload.city,
        "region": payload.state_code,
        "postalCode": payload.zip_code,
        "country": payload.country_code,
    }
    return RemoteCustomer(
        id=ExternalId(payload.id),
        emails=tuple(entry.email for entry in payload.emails if entry.email),
        phones=tuple(entry.phone for entry in payload.phones if entry.phone),
        first_name=payload.first_name,
        last_name=payload.last_name,
        tags=None if payload.tags is None else tuple(tag.id for tag in payload.tags),
        address={name: value for name, value in address.items() if value},
        created_at=_utc(payload.created_at),
        updated_at=_utc(payload.updated_at),
        email_consent=_consent(payload),
        raw=record,
    )


def to_product(record: Mapping[str, Any], *, currency: str) -> RemoteProduct:
    """Read a product. What the winery's staff cannot sell is sold nowhere. Raises ValueError."""
    payload = Commerce7ProductPayload.model_validate(record)
    status = payload.admin_status or AVAILABLE
    return RemoteProduct(
        id=ExternalId(payload.id),
        title=payload.title or "",
        status="active" if status == AVAILABLE else status.lower().replace(" ", "_"),
        updated_at=payload.updated_at.astimezone(UTC),
        kind=payload.type,
        variants=tuple(_to_variant(variant, currency) for variant in payload.variants),
        raw=record,
    )


def to_order(record: Mapping[str, Any], *, currency: str) -> RemoteOrder:
    """Read an order; Commerce7 names no currency. Raises ValueError."""
    payload = Commerce7OrderPayload.model_validate(record)
    buyer = payload.customer or Commerce7Buyer()
    placed_at = payload.order_submitted_date or payload.order_paid_date or payload.created_at
    emails = (payload.email, *(entry.email for entry in buyer.emails))
    phones = (*(entry.phone for entry in buyer.phones), payload.bill_to.phone if payload.bill_to else None)
    total = -abs(payload.total) if payload.purchase_type == "Refund" else payload.total
    return RemoteOrder(
        id=ExternalId(payload.id),
        number=payload.order_number or payload.id,
        total=Money(total, currency),
        placed_at=placed_at.astimezone(UTC),
        updated_at=payload.updated_at.astimezone(UTC),
        is_paid=payload.payment_status == "Paid",
        is_cancelled=payload.payment_status == "Cancelled",
        is_correction=payload.purchase_type in CORRECTIONS,
        customer=ExternalId(payload.customer_id) if payload.customer_id else None,
        email=next(filter(None, emails), None),
        phone=next(filter(None, phones), None),
        address=_to_address(payload.ship_to) if payload.ship_to else {},
        raw=record,
    )


def _to_address(told: Commerce7AddressPayload) -> dict[str, str]:
    parts = {
        "address1": told.address,
        "address2": told.address2,
        "city": told.city,
        "region": told.state_code,
        "postalCode": told.zip_code,
        "country": told.country_code,
        "company": told.company,
    }
    return {name: value for name, value in parts.items() if value}


def from_new_customer(person: OutgoingCustomer) -> dict[str, Any]:
    """What creates a customer. Only the e-mail is required; a phone comes with its country."""
    body: dict[str, Any] = {"emails": [{"email": person.email}]}
    body |= {"firstName": person.first_name} if person.first_name else {}
    body |= {"lastName": person.last_name} if person.last_name else {}
    if person.phone:
        country = country_of(person.phone)
        body |= {"phones": [{"phone": person.phone}], **({"countryCode": country} if country else {})}
    return body


def from_changed_customer(record: Mapping[str, Any], person: OutgoingCustomer) -> dict[str, Any]:
    """What of a customer, as just read, is to be replaced so that it tells what the hub tells; empty where nothing is.

    A list is replaced as a whole there: all of its entries come along, by their ids. The phone that the hub tells comes
    first where it is not among them. The e-mails stay as they are: the first one is the shop's to choose.
    """
    payload = Commerce7CustomerPayload.model_validate(record)
    body: dict[str, Any] = {}
    if person.first_name and person.first_name != payload.first_name:
        body["firstName"] = person.first_name
    if person.last_name and person.last_name != payload.last_name:
        body["lastName"] = person.last_name
    if person.phone and _digits(person.phone) not in {_digits(entry.phone) for entry in payload.phones if entry.phone}:
        body["phones"] = [{"phone": person.phone}, *_kept(payload.phones)]
    if not any(entry.email for entry in payload.emails):
        body["emails"] = [{"email": person.email}]
    return body


def email_key(text: str) -> str:
    """What tells whether two addresses are one."""
    try:
        return parse_email(text).key
    except InvalidInput:
        return text.strip().lower()


def from_moment(at: datetime) -> str:
    """As Commerce7 spells a time."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")


def _to_variant(payload: Commerce7VariantPayload, currency: str) -> RemoteVariant:
    return RemoteVariant(
        ExternalId(payload.id),
        payload.title or "",
        payload.sku,
        None if payload.price is None else Money(payload.price, currency),
    )


def _consent(payload: Commerce7CustomerPayload) -> str | None:
    """A status that is null was never decided upon; one that is missing is not told."""
    if "email_marketing_status" not in payload.model_fields_set:
        return None
    return (payload.email_marketing_status or "not_subscribed").lower()


def _kept(entries: Sequence[Commerce7Phone]) -> list[dict[str, str]]:
    return [{**({"id": entry.id} if entry.id else {}), "phone": entry.phone} for entry in entries if entry.phone]


def _digits(phone: str) -> str:
    return "".join(character for character in phone if character.isdigit())


def _utc(at: datetime | None) -> datetime | None:
    return at.astimezone(UTC) if at else None
