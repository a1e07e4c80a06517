"""Duties as JSON."""

from typing import Literal

from pydantic import Field

from customerhub.domain.duty import Receipt
from customerhub.entrypoints.http_api.models import Body
from customerhub.services.fulfil_duty import DutyView

Kind = Literal["data_request", "redact", "shop_redact"]
Outcome = Literal["erased", "handed_over", "nothing_kept", "shop_forgotten", "shop_returned"]


class ConcernedBody(Body):
    """A customer whom a request is about, and where to get all that is kept of the person."""

    customer_id: str
    export: str = Field(examples=["/api/customers/6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11/export"])


class ForgottenCounts(Body):
    """What went with a shop."""

    customers_erased: int = Field(description="They came from the shop alone.")
    customers_detached: int = Field(description="They are known otherwise, too, and lost what came from the shop.")
    links: int
    orders: int
    products: int
    deliveries: int


class ReceiptBody(Body):
    """That the duty was done."""

    outcome: Outcome = Field(
        description="`nothing_kept`: nobody was known whom it could have been about. `shop_returned`: the shop was "
        "connected again before all of it was forgotten; the rest stays."
    )
    at: str
    by: str | None = Field(description="Who of the staff said so; null for what the hub did by itself.")
    erasures: list[str] = Field(description="Each has a receipt of its own: `GET /api/erasures/{erasureId}`.")
    counts: ForgottenCounts | None = Field(description="Of a shop that was forgotten.")


class DutyBody(Body):
    """What a platform has passed on. It holds nothing personal beyond ids, and is kept."""

    id: str
    kind: Kind
    status: Literal["open", "done"]
    integration: str
    external_id: str | None = Field(description="The platform's id of the person; null where a shop is concerned.")
    received_at: str
    due_at: str = Field(description="By then it must be done: 30 days after it was received.")
    customers: list[ConcernedBody] = Field(
        description="Whom a data request is about, as they are found now. Empty in lists, and where nobody is known."
    )
    receipt: ReceiptBody | None


class OneDutyResponse(Body):
    """One duty."""

    duty: DutyBody


class DutiesResponse(Body):
    """A page of duties."""

    duties: list[DutyBody]
    next_cursor: str | None


def duty_body(view: DutyView) -> DutyBody:
    """A duty as JSON has it."""
    duty = view.duty
    return DutyBody(
        id=duty.id,
        kind=duty.kind.value,
        status=duty.status.value,
        integration=duty.integration,
        external_id=duty.customer,
        received_at=duty.received_at.isoformat(),
        due_at=duty.due_at.isoformat(),
        customers=[ConcernedBody(customer_id=one, export=f"/api/customers/{one}/export") for one in view.customers],
        receipt=_receipt_body(duty.receipt) if duty.receipt else None,
    )


def _receipt_body(receipt: Receipt) -> ReceiptBody:
    return ReceiptBody(
        outcome=receipt.outcome.value,
        at=receipt.at.isoformat(),
        by=receipt.by,
        erasures=list(receipt.erasures),
        counts=ForgottenCounts.model_validate(receipt.counts) if receipt.counts else None,
    )
