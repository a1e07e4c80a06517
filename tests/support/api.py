"""The API over HTTP, as its callers know it."""

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.till import Reply

_numbers = itertools.count(secrets.randbelow(5_000_000))


@dataclass(frozen=True)
class Person:
    """Identifiers that nobody else in this run has."""

    number: int = field(default_factory=lambda: next(_numbers))

    @property
    def email(self) -> str:
        """An address."""
        return f"person{self.number}@example.com"

    @property
    def phone(self) -> str:
        """A number in E.164."""
        return f"+1707{self.number:07d}"

    @property
    def auth_user_id(self) -> str:
        """The identity provider's id."""
        return f"auth-{self.number}"


@dataclass(frozen=True)
class Api:
    """A running hub, called with one credential."""

    client: httpx.Client
    tenant_id: str
    credential: str

    def manage(self, *, idempotency_key: str | None = None, **body: Any) -> Reply:
        """`POST /functions/v1/customer-management`."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._reply(
            self.client.post("/functions/v1/customer-management", json=body, headers=self._with(headers))
        )

    def get(self, customer_id: str) -> Reply:
        """`GET /api/customers/{customerId}`."""
        return self._reply(self.client.get(f"/api/customers/{customer_id}", headers=self._with({})))

    def as_user(self, subject: str, **claims: Any) -> "Api":
        """The same tenant, called with a token of its issuer."""
        body = {"tenantId": self.tenant_id, "sub": subject, **claims}
        token = self.client.post("/local/token", json=body).raise_for_status().json()["token"]
        return Api(self.client, self.tenant_id, token)

    def _with(self, headers: dict[str, str]) -> dict[str, str]:
        return headers | ({"Authorization": f"Bearer {self.credential}"} if self.credential else {})

    def _reply(self, response: httpx.Response) -> Reply:
        return Reply(response.status_code, response.json(), response.headers)


def apis(base_url: str, tenants: list[Any]) -> Iterator[list[Api]]:
    """One API per demo tenant, with its service key."""
    with httpx.Client(base_url=base_url, timeout=60, trust_env=False) as client:
        yield [Api(client, tenant.id, tenant.service_key) for tenant in tenants]
