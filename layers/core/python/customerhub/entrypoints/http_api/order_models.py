"""Orders as JSON."""

from datetime import UTC, datetime
from decimal import Decimal
from typing import Annotated

from pydantic import AwareDatetime, Field, StringConstraints

from customerhub.domain.contact import Statement
from customerhub.domain.ids import ExternalId
from customerhub.domain.money import major, money_of
from customerhub.domain.order import Order, StatedOrder
from customerhub.entrypoints.http_api.customer_models import CustomerBody, Name, Text
from customerhub.entrypoints.http_api.enrollment_models import EnrollmentBody, Id
from customerhub.entrypoints.http_api.models import Body, RequestBody
from customerhub.entrypoints.http_api.stage_models import Currency
from customerhub.errors import InvalidInput

OrderId = Annotated[str, StringConstraints(min_length=1, max_length=100, pattern=r"^[!-~]+$")]
OrderSource = Annotated[str, StringConstraints(pattern=r"^[A-Za-z0-9][A-Za-z0-9_.-]{0,39}$")]
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)


class TotalRequest(RequestBody):
    """What was to be paid, in the currency's major unit."""

    amount: Annotated[Decimal, Field(max_digits=17, decimal_places=4, examples=["129.00"])]
    currency: Currency


class OrderRequest(RequestBody):
    """An order that a customer has placed, or that has changed since it was told.

    `externalId` with `integration`, or with `source`, tells it from all others.
    """

    external_id: OrderId = Field(description="The shop's or backend's own id of the order.")
    integration: OrderSource | None = Field(None, description="The connected shop that it was placed in.")
    source: OrderSource | None = Field(None, description="Where else it was placed; `api` by default.")
    number: Annotated[str, StringConstraints(max_length=60)] | None = Field(None, description="As the buyer knows it.")
    customer_id: Id | None = Field(None, description="A known customer; then nothing else says who it is.")
    email: Text | None = None
    phone: Text | None = None
    first_name: Name | None = None
    last_name: Name | None = None
    total: TotalRequest
    placed_at: AwareDatetime
    updated_at: AwareDatetime | None = Field(
        None, description="When it changed last; what is older than what is known says nothing."
    )
    paid: bool
    cancelled: bool = False
    refunded: bool = False
    test: bool = False

    @property
    def names_a_person(self) -> bool:
        """Whether anything but an id says who bought."""
        return any(value is not None for value in (self.email, self.phone, self.first_name, self.last_name))

    @property
    def origin(self) -> str:
        """Whose `externalId` it is."""
        return (self.integration or self.source or "api").lower()

    def to_statement(self) -> Statement:
        """What it says of the buyer."""
        return Statement(
            source=self.origin if self.origin[0].isalpha() else None,
            email=(self.email or "").strip() or None,
            phone=(self.phone or "").strip() or None,
            first_name=self.first_name,
            last_name=self.last_name,
        )

    def to_order(self) -> StatedOrder:
        """What it says of the order. Raises InvalidInput."""
        if self.integration and self.source:
            raise InvalidInput("an order is of an integration or of another source, not both", field="source")
        return StatedOrder(
            self.origin,
            ExternalId(self.external_id),
            money_of(self.total.amount, self.total.currency, field="total"),
            _time(self.placed_at, "placedAt"),
            _time(self.updated_at, "updatedAt") if self.updated_at else None,
            (self.number or "").strip() or None,
            is_paid=self.paid,
            is_cancelled=self.cancelled,
            is_refunded=self.refunded,
            is_test=self.test,
        )


class TotalBody(Body):
    """What was to be paid."""

    amount: str = Field(examples=["129.00"])
    currency: str


class OrderBody(Body):
    """An order."""

    external_id: str
    source: str
    number: str | None
    customer_id: str = Field(description="Who bought, by now.")
    total: TotalBody
    placed_at: str
    updated_at: str | None
    paid: bool
    cancelled: bool
    refunded: bool
    test: bool


class OrderResponse(Body):
    """The order as it is kept, and the buyer."""

    order: OrderBody
    customer: CustomerBody
    enrollment: EnrollmentBody | None = Field(description="The membership that the order led to; null where to none.")


def order_body(order: Order, customer: str) -> OrderBody:
    """The body of an order."""
    stated = order.stated
    total = TotalBody(amount=major(stated.total.amount_minor, stated.total.currency), currency=stated.total.currency)
    return OrderBody(
        external_id=stated.external_id,
        source=stated.source,
        number=stated.number,
        customer_id=customer,
        total=total,
        placed_at=stated.placed_at.isoformat(),
        updated_at=stated.updated_at.isoformat() if stated.updated_at else None,
        paid=stated.is_paid,
        cancelled=stated.is_cancelled,
        refunded=stated.is_refunded,
        test=stated.is_test,
    )


def _time(at: datetime, field: str) -> datetime:
    """In UTC. Raises InvalidInput for a moment before there were shops."""
    try:
        utc = at.astimezone(UTC)
    except OverflowError as error:
        raise InvalidInput("should be a moment that there is", field=field) from error
    if utc < EARLIEST:
        raise InvalidInput("should be no earlier than 1970", field=field)
    return utc
