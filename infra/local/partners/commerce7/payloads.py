"""Bodies that Commerce7 takes. Anything else in them is refused: `invalid additional property`.

Read from developer.commerce7.com/docs (customers, customer-addresses, tags, webhooks; as of July 2026); promotions and
coupons, whose documents are stale, from requests that worked in October 2026.
"""

from datetime import date, datetime
from typing import Annotated, Any, Literal

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

from infra.local.partners.clock import iso_ms

Name = Annotated[str, StringConstraints(max_length=255)]
Title = Annotated[str, StringConstraints(min_length=1, max_length=255)]
RecordId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")]
Email = Annotated[str, StringConstraints(pattern=r"^[^@\s]+@[^@\s]+\.[^@\s]+$", max_length=255)]
CountryCode = Annotated[str, StringConstraints(pattern=r"^[A-Z]{2}$")]


def _day(written: Any) -> Any:
    if isinstance(written, str):
        date.fromisoformat(written)
    return written


def _minute(written: Any) -> Any:
    """Dates of promotions are cut to the minute."""
    if not isinstance(written, str):
        return written
    at = datetime.fromisoformat(written)
    if at.tzinfo is None:
        raise ValueError("must be a UTC time")
    return iso_ms(at.replace(second=0, microsecond=0))


Day = Annotated[str, BeforeValidator(_day), StringConstraints(pattern=r"^\d{4}-\d\d-\d\d$")]
Minute = Annotated[str, BeforeValidator(_minute)]


class Payload(BaseModel):
    """A body in camelCase; `"5"` is no number."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid", strict=True)

    def given(self) -> dict[str, Any]:
        """What came, under Commerce7's names: null is there, what was left out is not."""
        return self.model_dump(by_alias=True, exclude_unset=True)


class EmailEntry(Payload):
    """One of a customer's e-mails; `id` keeps one that is there."""

    id: RecordId | None = None
    email: Email


class PhoneEntry(Payload):
    """One of a customer's phones; `id` keeps one that is there."""

    id: RecordId | None = None
    phone: Title


class TagEntry(Payload):
    """A tag that the customer shall bear."""

    id: RecordId


class CustomerChange(Payload):
    """`PUT /customer/{id}`: top-level fields that are left out stay; lists and objects are replaced whole."""

    honorific: Literal["Mr", "Ms", "Dr"] | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    birth_date: Day | None = None
    city: Name | None = None
    state_code: Name | None = None
    zip_code: Name | None = None
    country_code: CountryCode | None = None
    email_marketing_status: Literal["Subscribed", "Unsubscribed"] | None = None
    emails: Annotated[list[EmailEntry], Field(min_length=1)] | None = None
    phones: list[PhoneEntry] | None = None
    tags: list[TagEntry] | None = None
    meta_data: dict[str, Any] | None = None
    app_data: dict[str, Any] | None = None
    is_send_transaction_email: bool = True


class NewCustomer(CustomerChange):
    """`POST /customer`: an e-mail is all that it needs."""

    emails: Annotated[list[EmailEntry], Field(min_length=1)]


class AddressChange(Payload):
    """`PUT /customer/{customerId}/address/{id}`."""

    birth_date: Day | None = None
    honorific: Literal["Mr", "Ms", "Dr"] | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    company: Name | None = None
    phone: Title | None = None
    address: Name | None = None
    address2: Annotated[Name | None, Field(alias="address2")] = None
    city: Name | None = None
    state_code: Name | None = None
    zip_code: Name | None = None
    country_code: CountryCode | None = None
    is_default: bool = False
    meta_data: dict[str, Any] | None = None
    app_data: dict[str, Any] | None = None


class NewAddress(AddressChange):
    """`POST /customer/{customerId}/address`."""

    address: Name
    city: Name
    country_code: CountryCode


class TagChange(Payload):
    """`PUT /tag/customer/{id}`."""

    title: Title | None = None
    type: Literal["Manual", "manual", "Dynamic", "dynamic"] | None = None


class NewTag(Payload):
    """`POST /tag/customer`."""

    title: Title
    type: Literal["Manual", "manual", "Dynamic", "dynamic"]


class TagAssignment(Payload):
    """`POST /tag-x-object/customer`."""

    object_id: RecordId
    tag_id: RecordId


class PromotionSetEntry(Payload):
    """A promotion set by its id."""

    id: RecordId


class PromotionChange(Payload):
    """`PUT /promotion/{id}`: every field may be left out."""

    title: Title | None = None
    action_message: Name | None = None
    type: Literal["Product", "Shipping"] | None = None
    discount_type: Literal["Percentage Off", "Dollar Off"] | None = None
    discount: Annotated[int, Field(ge=0)] | None = None
    dollar_off_discount_applies: Literal["Once Per Order", "Once Per Item"] | None = None
    applies_to: Literal["Store", "Product", "Collection", "Department"] | None = None
    applies_to_object_ids: list[RecordId] | None = None
    excludes: Name | None = None
    exclude_object_ids: list[RecordId] | None = None
    cart_requirement_type: Literal["None", "Minimum Purchase Amount", "Minimum Quantity"] | None = None
    cart_requirement: Annotated[int, Field(ge=0)] | None = None
    cart_requirement_count_type: Name | None = None
    cart_contains_type: Name | None = None
    usage_limit_type: Literal["Unlimited", "Per Store", "Per Customer"] | None = None
    usage_limit: Annotated[int, Field(ge=1)] | None = None
    status: Literal["Enabled", "Disabled"] | None = None
    available_to: Literal["Everyone", "Club", "Customer", "Tag", "Group"] | None = None
    available_to_object_ids: list[RecordId] | None = None
    club_frequencies: list[Name] | None = None
    channels: list[Name] | None = None
    promotion_sets: list[PromotionSetEntry] | None = None
    start_date: Minute | None = None
    end_date: Minute | None = None


class NewPromotion(PromotionChange):
    """`POST /promotion`: what worked for coupons without being complained of, and is not null."""

    title: Title
    type: Literal["Product", "Shipping"]
    discount_type: Literal["Percentage Off", "Dollar Off"]
    discount: Annotated[int, Field(ge=0)]
    applies_to: Literal["Store", "Product", "Collection", "Department"]
    status: Literal["Enabled", "Disabled"]
    available_to: Literal["Everyone", "Club", "Customer", "Tag", "Group"]
    start_date: Minute


class CouponChange(PromotionChange):
    """`PUT /coupon/{id}`."""

    code: Title | None = None


class NewCoupon(NewPromotion):
    """`POST /coupon`: a promotion behind a code."""

    code: Title


OBJECTS = (
    "Allocation",
    "Cart",
    "Club",
    "Club Package",
    "Club Membership",
    "Collection",
    "Customer",
    "Customer Address",
    "Customer Credit Card",
    "Coupon",
    "Group",
    "Product",
    "Promotion",
    "Order",
    "Reservation",
    "Tag",
    "Transaction Email",
)
ACTIONS = ("Create", "Update", "Bulk Update", "Delete", "Send")


def _one_of(allowed: tuple[str, ...]) -> BeforeValidator:
    def check(written: Any) -> Any:
        if isinstance(written, str) and written not in allowed:
            raise ValueError(f"must be one of {', '.join(allowed)}")
        return written

    return BeforeValidator(check)


class WebHookChange(Payload):
    """`PUT /web-hook/{id}`."""

    object: Annotated[str, _one_of(OBJECTS)] | None = None
    action: Annotated[str, _one_of(ACTIONS)] | None = None
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+", max_length=2000)] | None = None


class NewWebHook(WebHookChange):
    """`POST /web-hook`: one object and action each. How Basic credentials would be named here is not known: the
    merchant types them in (`PUT /_control/settings`)."""

    object: Annotated[str, _one_of(OBJECTS)]
    action: Annotated[str, _one_of(ACTIONS)]
    url: Annotated[str, StringConstraints(pattern=r"^https?://[^\s/]+", max_length=2000)]
