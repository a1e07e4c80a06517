"""What every double of a partner is made of; `control.py`, `faults.py` and `application.py` work with any of them.

A double lives in one event loop and answers without waiting, so that its methods never run at the same time.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from starlette.responses import Response
from starlette.routing import Route
from starlette.types import ASGIApp

from infra.local.partners.clock import PartnerClock
from infra.local.partners.records import CustomerFields, OrderFields
from infra.local.partners.traffic import Traffic
from infra.local.partners.webhooks import Attempt, Delivery, WebhookSender

Json = dict[str, Any]


@dataclass(frozen=True)
class Call:
    """One request to a partner's API, before the double sees it. Header names are lower-case."""

    method: str
    path: str
    query: str
    headers: Mapping[str, str]
    body: bytes


@dataclass(frozen=True)
class Surroundings:
    """What a double is given: its time, where it counts what it throttles, who sends its webhooks, and under which base
    URL it is reached."""

    clock: PartnerClock
    traffic: Traffic
    webhooks: WebhookSender
    base_url: str


class Double(Protocol):
    """One partner. Methods that the control surface calls act as the shop's own staff would, webhooks included; they
    raise `ControlRefused` for what the shop would not allow and `UnknownRecord` for an id that it does not know."""

    @property
    def api(self) -> ASGIApp:
        """The partner's API: everything outside `/_control`."""

    @property
    def controls(self) -> Sequence[Route]:
        """What this partner's control surface has besides (`control.route` makes one)."""

    def operation(self, call: Call) -> str:
        """What a call asks for, for the counts and for the `operation` of faults: `POST /customer`, `customerSet`.
        Several are joined with a comma. A call of which nothing can be said is its method and path."""

    def failure(self, status: int, retry_after_s: float | None) -> Response:
        """The answer to an injected `status` fault, as this partner would word it."""

    def revoked(self) -> Response:
        """The answer to whoever comes with a credential that is good no longer."""

    def state(self, limit: int | None) -> Json:
        """Everything that there is, in the partner's own shapes: `customers`, `tags`, `orders`, `subscriptions`, the
        discounts under the partner's own name (`discounts`, `promotions`), and a `counts` of each. `limit` cuts the
        lists, not the counts."""

    def create_customer(self, fields: CustomerFields) -> Json:
        """Add a customer; as the API would answer."""

    def change_customer(self, customer_id: str, fields: CustomerFields) -> Json:
        """Change what `fields` names, and nothing else."""

    def delete_customer(self, customer_id: str) -> None:
        """Delete a customer; the orders stay."""

    def create_order(self, fields: OrderFields) -> Json:
        """Place an order, of a customer or of a guest."""

    def seed(self, customers: int, orders: int) -> None:
        """Add that many at once, as if they had been there all the time: without a webhook. Orders fall to the seeded
        customers in turn. Tens of thousands take about a second."""

    def checkout(self, email: str) -> Json:
        """What whoever checks out with this e-mail is given: `{"discountPercent": 10.0, …}` and the names of the
        discounts that apply."""

    def delivered(self, delivery: Delivery, attempt: Attempt) -> None:
        """What has become of one attempt to deliver a webhook."""

    def reset(self) -> None:
        """Forget all records and subscriptions, as on the first day; credentials stay."""

    def dump(self) -> Json:
        """All that must outlive the process, as JSON."""

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Continue from what `dump` gave."""


class ControlRefused(Exception):
    """The shop would not allow it: field and reason of each problem."""

    def __init__(self, *problems: tuple[str, str]) -> None:
        super().__init__("; ".join(f"{field}: {reason}" for field, reason in problems))
        self.problems = problems


class UnknownRecord(Exception):
    """There is no record with that id."""
