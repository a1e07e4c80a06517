"""A connector to Commerce7 whose HTTP is answered by a function, for what no double would ever answer."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import Any

import httpx

from customerhub.connectors.base import partner_http_client
from customerhub.connectors.commerce7.connector import Commerce7Connector
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.integration import Integration, Platform
from customerhub.domain.pace import Allowance, AllowanceReport
from tests.support.commerce7_samples import TENANT

NOW = datetime(2026, 11, 25, 12, 0, 30, tzinfo=UTC)
CREDENTIALS = {"app_id": "the-app", "app_secret": "the-app-secret"}
INTEGRATION = Integration(TenantId("winery"), IntegrationId("commerce7"), Platform.COMMERCE7, TENANT, NOW)

Answers = Callable[[httpx.Request], httpx.Response]


@dataclass(frozen=True)
class FixedClock:
    """A `ports.Clock` that stands still."""

    at: datetime = NOW

    def now(self) -> datetime:
        """Always the same."""
        return self.at

    def sleep(self, duration_s: float) -> None:
        """Nothing is waited for."""
        raise AssertionError(f"nobody should wait {duration_s} s")


@dataclass
class CountingPacer:
    """A `ports.partners.Pacer` that lets everything through and counts it."""

    taken: list[tuple[Allowance, int]] = field(default_factory=list)
    reports: list[tuple[Allowance, AllowanceReport]] = field(default_factory=list)

    def take(self, allowance: Allowance, cost: int) -> None:
        """Note it."""
        self.taken.append((allowance, cost))

    def report(self, allowance: Allowance, report: AllowanceReport) -> None:
        """Note it."""
        self.reports.append((allowance, report))


def connector(
    answers: Answers, pacer: CountingPacer | None = None, *, at: datetime = NOW, **credentials: Any
) -> Commerce7Connector:
    """A connector over `answers`, at that time."""
    http = partner_http_client(httpx.MockTransport(answers))
    return Commerce7Connector(INTEGRATION, CREDENTIALS | credentials, http, pacer or CountingPacer(), FixedClock(at))


def unasked(request: httpx.Request) -> httpx.Response:
    """The answers of somebody who must not be asked."""
    raise AssertionError(f"nobody should ask {request.method} {request.url.path}")
