"""A connector to Shopify whose HTTP is answered by a function, for what no double would ever answer."""

import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

import httpx

from customerhub.connectors.base import partner_http_client
from customerhub.connectors.shopify.connector import ShopifyConnector
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.pace import Allowance, AllowanceReport
from customerhub.ports.partners import SecretStore

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
CREDENTIALS = {"access_token": "shpat_one", "webhook_secret": "shpss_test_secret"}
SHOP = "x.myshopify.com"
INTEGRATION = Integration(TenantId("winery"), IntegrationId("shopify"), Platform.SHOPIFY, SHOP, NOW)
FULL = {"maximumAvailable": 2000.0, "currentlyAvailable": 1990, "restoreRate": 100.0}


@dataclass
class SettableClock:
    """A `ports.Clock` that moves when somebody sleeps, or when it is told to."""

    at: datetime = NOW
    slept_s: list[float] = field(default_factory=list)

    def now(self) -> datetime:
        """As it was set."""
        return self.at

    def sleep(self, duration_s: float) -> None:
        """Move on."""
        self.slept_s.append(duration_s)
        self.at += timedelta(seconds=duration_s)


@dataclass
class CountingPacer:
    """A `ports.partners.Pacer` that lets everything through and counts it."""

    taken: list[tuple[Allowance, int]] = field(default_factory=list)
    reports: list[AllowanceReport] = field(default_factory=list)

    def take(self, allowance: Allowance, cost: int) -> None:
        """Note it."""
        self.taken.append((allowance, cost))

    def report(self, allowance: Allowance, report: AllowanceReport) -> None:  # noqa: ARG002
        """Note it."""
        self.reports.append(report)


Answer = Callable[[httpx.Request], httpx.Response]


@dataclass
class Shop:
    """Answers one request after the other; the last answer is given again and again. `asked` are the requests."""

    answers: list[httpx.Response | Answer | Exception]
    credentials: Mapping[str, Any] = field(default_factory=lambda: CREDENTIALS)
    secrets: SecretStore | None = None
    clock: SettableClock = field(default_factory=SettableClock)
    pacer: CountingPacer = field(default_factory=CountingPacer)
    asked: list[httpx.Request] = field(default_factory=list)

    @property
    def connector(self) -> ShopifyConnector:
        """A connector to this shop."""
        http = partner_http_client(httpx.MockTransport(self._answer))
        return ShopifyConnector(INTEGRATION, self.credentials, http, self.pacer, self.clock, secrets=self.secrets)

    @property
    def sent(self) -> list[dict[str, Any]]:
        """The bodies of the requests."""
        return [json.loads(request.content) for request in self.asked]

    def _answer(self, request: httpx.Request) -> httpx.Response:
        self.asked.append(request)
        answer = self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]
        if isinstance(answer, Exception):
            raise answer
        return answer(request) if callable(answer) else answer


def answered(data: Any, *, errors: Any = None, cost: Any = None, **headers: str) -> httpx.Response:
    """A GraphQL answer with status 200."""
    body: dict[str, Any] = {"data": data} if data is not None or errors is None else {}
    if errors is not None:
        body["errors"] = errors
    if cost is not None:
        body["extensions"] = {"cost": cost}
    return httpx.Response(200, json=body, headers={"x-request-id": "req-1", **headers})


def customer(number: str = "7064055069303700841", **fields: Any) -> dict[str, Any]:
    """A node."""
    node: dict[str, Any] = {
        "id": f"gid://shopify/Customer/{number}",
        "firstName": "Ann",
        "lastName": "Otter",
        "createdAt": "2026-11-01T10:00:00Z",
        "updatedAt": "2026-11-02T10:00:00Z",
        "tags": ["customer-hub"],
        "defaultEmailAddress": {"emailAddress": "ann@example.com"},
        "defaultPhoneNumber": {"phoneNumber": "+14155550123"},
        "defaultAddress": None,
    }
    return node | fields
