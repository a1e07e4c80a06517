"""Deliveries as JSON. What they say is not shown: it is about people, and it is the shop that knows it best."""

import datetime
from typing import Literal

from pydantic import Field

from customerhub.domain.delivery import Delivery
from customerhub.entrypoints.http_api.models import Body

Status = Literal["waiting", "done", "skipped", "parked", "discarded"]


class DeliveryBody(Body):
    """One webhook that was received."""

    id: str = Field(examples=["0d9b4a4f3b7c1e6a5d2f8c9b7a6e5d4c"])
    integration: str = Field(examples=["shopify"])
    topic: str = Field(description="As the platform spells it.", examples=["customers/update"])
    status: Status
    reason: str | None = Field(
        description="Why it is parked or skipped, or what the last attempt failed for.", examples=["malformed_request"]
    )
    received_at: str
    occurred_at: str | None = Field(description="When it happened, as far as the platform says.")
    due_at: str | None = Field(description="When it is tried next, of one that waits.")
    worked_at: str | None
    attempts: int = Field(description="Those that failed.")


class OneDeliveryResponse(Body):
    """One webhook."""

    delivery: DeliveryBody


class DeliveriesResponse(Body):
    """A page of webhooks; `nextCursor` is null on the last one."""

    deliveries: list[DeliveryBody]
    next_cursor: str | None


def delivery_body(delivery: Delivery) -> DeliveryBody:
    """The body of a delivery."""
    return DeliveryBody(
        id=delivery.id,
        integration=delivery.integration,
        topic=delivery.topic,
        status=delivery.status.value,
        reason=delivery.reason,
        received_at=delivery.received_at.isoformat(),
        occurred_at=_time(delivery.occurred_at),
        due_at=delivery.due_at.isoformat() if delivery.status.value == "waiting" else None,
        worked_at=_time(delivery.worked_at),
        attempts=delivery.attempts,
    )


def _time(at: datetime.datetime | None) -> str | None:
    return at.isoformat() if at else None
