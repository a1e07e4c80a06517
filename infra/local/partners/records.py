"""What the control surface takes: the same words for every partner. Unknown fields are refused by name."""

from datetime import datetime
from typing import Annotated, Any

from pydantic import AwareDatetime, BaseModel, ConfigDict, Field, StringConstraints
from pydantic.alias_generators import to_camel

Text = Annotated[str, StringConstraints(min_length=1, max_length=255)]
Rate = Annotated[float, Field(ge=0, le=1)]
"""A probability; `true` is always, `false` never."""


class ControlInput(BaseModel):
    """A body of the control surface, in camelCase."""

    model_config = ConfigDict(alias_generator=to_camel, extra="forbid")

    def given(self) -> dict[str, Any]:
        """What the body named, by the names of Python: an explicit null is there, what was left out is not."""
        return {name: getattr(self, name) for name in self.model_fields_set}


class CustomerFields(ControlInput):
    """A customer as the shop's staff types them in. `email` and `phone` are the primary ones; `emails` and `phones`
    replace the whole lists where a partner keeps several. `tags` are their texts and replace those that were there."""

    email: Text | None = None
    emails: list[Text] | None = None
    first_name: str | None = None
    last_name: str | None = None
    phone: Text | None = None
    phones: list[Text] | None = None
    tags: list[Text] | None = None


class OrderFields(ControlInput):
    """An order: by a customer's id or by an e-mail, which may be a guest's; `total_cents` is all that the buyer paid.
    `placed_at` is now where it is left out."""

    customer_id: Text | None = None
    email: Text | None = None
    total_cents: int = Field(ge=0, lt=2**31)
    placed_at: Annotated[datetime, AwareDatetime] | None = None
    is_paid: bool = True
    is_cancelled: bool = False


class VariantFields(ControlInput):
    """One of a product's variants."""

    title: Text = "Default"
    sku: Text | None = None
    price_cents: int = Field(0, ge=0, lt=2**31)


class ProductFields(ControlInput):
    """A product as staff types it in. `status` is the partner's own word; `variants` replace those that were there."""

    title: Text | None = None
    status: Text | None = None
    vendor: Text | None = None
    kind: Text | None = None
    variants: list[VariantFields] | None = Field(None, min_length=1, max_length=2048)


class SeedFields(ControlInput):
    """How many to add."""

    customers: int = Field(0, ge=0, le=1_000_000)
    orders: int = Field(0, ge=0, le=1_000_000)


class WebhookFields(ControlInput):
    """The network between the partner and whoever it reports to. What is left out stays as it is."""

    enabled: bool | None = None
    drop: Rate | None = None
    duplicate: Rate | None = None
    reorder: Rate | None = None
    seed: int | None = None


class ClockFields(ControlInput):
    """Moves the partner's time on, or has it run faster."""

    advance_seconds: float | None = Field(None, ge=0, le=10**9)
    speed: float | None = Field(None, gt=0, le=10**5)
