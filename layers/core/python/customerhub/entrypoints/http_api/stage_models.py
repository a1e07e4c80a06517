"""Stages as JSON."""

from decimal import Decimal
from typing import Annotated

from pydantic import Field, StringConstraints, field_validator
from pydantic_core import PydanticCustomError

from customerhub.domain.customer_patch import KEEP
from customerhub.domain.money import major, money_of
from customerhub.domain.stage import QualificationRule, Stage
from customerhub.domain.stage_values import StageValues
from customerhub.entrypoints.http_api.models import Body, RequestBody
from customerhub.errors import InvalidInput

MAX_PERCENT = 100
StageName = Annotated[str, StringConstraints(min_length=1, max_length=60)]
Percent = Annotated[Decimal, Field(gt=0, le=MAX_PERCENT, max_digits=5, decimal_places=2, examples=[15])]
Months = Annotated[int, Field(ge=1, le=120)]
Rank = Annotated[int, Field(ge=0, le=10_000)]
Amount = Annotated[Decimal, Field(gt=0, max_digits=17, decimal_places=4, examples=["500.00"])]
Currency = Annotated[str, StringConstraints(pattern=r"^[A-Za-z]{3}$")]


class QualificationRequest(RequestBody):
    """What a customer's paid orders must come to, to enroll the customer; every part that is given must hold.

    Orders that are cancelled, refunded or made for a test do not count, nor do those in another currency.
    """

    currency: Currency | None = Field(None, description="ISO 4217; needed with an amount.", examples=["USD"])
    min_order: Amount | None = Field(None, description="One order of at least that much.")
    min_spend: Amount | None = Field(None, description="All orders together.")
    min_orders: Annotated[int, Field(ge=1, le=10_000)] | None = None
    within_months: Months | None = Field(None, description="Looking back so many calendar months; null: for ever.")

    def to_rule(self) -> QualificationRule:
        """The rule. Raises InvalidInput where it has no part, or an amount without a currency."""
        if self.min_order is None and self.min_spend is None and self.min_orders is None:
            raise InvalidInput("needs one of minOrder, minSpend and minOrders", field="qualification")
        if self.currency is None and (self.min_order is not None or self.min_spend is not None):
            raise InvalidInput("an amount needs a currency", field="qualification.currency")
        return QualificationRule(
            self.currency.upper() if self.currency else None,
            self._minor(self.min_order, "qualification.minOrder"),
            self._minor(self.min_spend, "qualification.minSpend"),
            self.min_orders,
            self.within_months,
        )

    def _minor(self, amount: Decimal | None, field: str) -> int | None:
        return None if amount is None else money_of(amount, self.currency or "", field=field).amount_minor


class StageRequest(RequestBody):
    """A new stage."""

    name: StageName = Field(description="Unique, whatever the case.", examples=["Bronze"])
    discount_percent: Percent = Field(description="With up to two decimals.")
    duration_months: Months | None = Field(None, description="In calendar months; null: until it is ended.")
    rank: Rank | None = Field(None, description="A higher one is better; without it, above all others.")
    qualification: QualificationRequest | None = Field(None, description="What earns the stage; null: staff decide.")

    def to_values(self) -> StageValues:
        """The values as the domain takes them."""
        return StageValues(
            self.name,
            _basis_points(self.discount_percent),
            self.duration_months,
            self.qualification.to_rule() if self.qualification else None,
            self.rank,
        )


class StagePatch(RequestBody):
    """What is to be otherwise; what is not given stays."""

    name: StageName | None = None
    discount_percent: Percent | None = None
    duration_months: Months | None = Field(None, description="Null: until it is ended. Counts from now on.")
    rank: Rank | None = Field(None, description="Null: above all others.")
    qualification: QualificationRequest | None = Field(None, description="Null: staff decide.")

    @field_validator("name", "discount_percent")
    @classmethod
    def _is_given(cls, value: object) -> object:
        """A stage always has one."""
        if value is None:
            raise PydanticCustomError("null", "Input should not be null")
        return value

    def to_values(self) -> StageValues:
        """The values as the domain takes them."""
        given, rule = self.model_fields_set, self.qualification.to_rule() if self.qualification else None
        return StageValues(
            self.name if self.name is not None else KEEP,
            _basis_points(self.discount_percent) if self.discount_percent is not None else KEEP,
            self.duration_months if "duration_months" in given else KEEP,
            rule if "qualification" in given else KEEP,
            self.rank if "rank" in given else KEEP,
        )


class QualificationBody(Body):
    """What of a customer's paid orders earns the stage."""

    currency: str | None
    min_order: str | None = Field(examples=["500.00"])
    min_spend: str | None
    min_orders: int | None
    within_months: int | None


class StageBody(Body):
    """A club tier."""

    id: str
    name: str
    discount_percent: float
    duration_months: int | None = Field(description="In calendar months; null: until it is ended.")
    rank: int
    qualification: QualificationBody | None
    archived: bool = Field(description="Nobody enters it any more.")
    created_at: str
    updated_at: str


class StageResponse(Body):
    """One stage."""

    stage: StageBody


class StagesResponse(Body):
    """All stages, the lowest first."""

    stages: list[StageBody]


def stage_body(stage: Stage) -> StageBody:
    """The body of a stage."""
    return StageBody(
        id=stage.id,
        name=stage.name,
        discount_percent=percent(stage.discount_basis_points),
        duration_months=stage.duration_months,
        rank=stage.rank,
        qualification=_rule_body(stage.rule) if stage.rule else None,
        archived=stage.archived,
        created_at=stage.created_at.isoformat(),
        updated_at=stage.updated_at.isoformat(),
    )


def percent(basis_points: int) -> float:
    """As people say it: 15 for 1,500 basis points."""
    return basis_points / 100


def _rule_body(rule: QualificationRule) -> QualificationBody:
    def amount(minor: int | None) -> str | None:
        return None if minor is None else major(minor, rule.currency or "")

    return QualificationBody(
        currency=rule.currency,
        min_order=amount(rule.min_order_minor),
        min_spend=amount(rule.min_spend_minor),
        min_orders=rule.min_orders,
        within_months=rule.within_months,
    )


def _basis_points(percentage: Decimal) -> int:
    return int(percentage * 100)
