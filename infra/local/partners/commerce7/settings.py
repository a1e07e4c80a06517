"""What nobody knows for sure about Commerce7, as switches: `PUT /_control/settings`."""

from enum import StrEnum

from pydantic import Field

from infra.local.partners.records import ControlInput, Text


class UpdatedAtFilter(StrEnum):
    """What `GET /customer?updatedAt=…` does: it is documented for other lists only."""

    SUPPORTED = "supported"
    REJECTED = "rejected"
    IGNORED = "ignored"


class PromotionAudience(StrEnum):
    """How a promotion for the bearers of tags is written: `Group` in the older documents."""

    TAG = "Tag"
    GROUP = "Group"


class BasicCredential(ControlInput):
    """What the merchant has typed in for webhooks to come with."""

    username: Text
    password: Text


class Settings(ControlInput):
    """The switches, as they are on the first day. `tags_touch_customer`: whether giving or taking a tag moves the
    customer's `updatedAt` and is reported as an update."""

    customer_updated_at_filter: UpdatedAtFilter = UpdatedAtFilter.SUPPORTED
    promotion_audience: PromotionAudience = PromotionAudience.TAG
    retry_after_header: bool = False
    requests_per_minute: int = Field(100, ge=1, le=100_000)
    tags_touch_customer: bool = False
    webhook_basic: BasicCredential | None = None
