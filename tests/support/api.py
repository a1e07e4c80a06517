"""The API over HTTP, as its callers know it."""

import itertools
import secrets
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import httpx

from tests.support.till import Reply

_numbers = itertools.count(2_000_000 + secrets.randbelow(5_000_000))
"""No local number begins with 0 or 1."""


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

    def patch(self, customer_id: str, *, idempotency_key: str | None = None, **body: Any) -> Reply:
        """`PATCH /api/customers/{customerId}`."""
        headers = {"Idempotency-Key": idempotency_key} if idempotency_key else {}
        return self._reply(self.client.patch(f"/api/customers/{customer_id}", json=body, headers=self._with(headers)))

    def search(self, **query: Any) -> Reply:
        """`GET /api/customers`."""
        return self._reply(self.client.get("/api/customers", params=query, headers=self._with({})))

    def timeline(self, customer_id: str, **query: Any) -> Reply:
        """`GET /api/customers/{customerId}/timeline`."""
        path = f"/api/customers/{customer_id}/timeline"
        return self._reply(self.client.get(path, params=query, headers=self._with({})))

    def conflicts(self, **query: Any) -> Reply:
        """`GET /api/conflicts`."""
        return self._reply(self.client.get("/api/conflicts", params=query, headers=self._with({})))

    def resolve(self, conflict_id: str, **body: Any) -> Reply:
        """`POST /api/conflicts/{conflictId}/resolve`."""
        path = f"/api/conflicts/{conflict_id}/resolve"
        return self._reply(self.client.post(path, json=body, headers=self._with({})))

    def send_code(self, **body: Any) -> Reply:
        """`POST /api/verifications`."""
        return self._reply(self.client.post("/api/verifications", json=body, headers=self._with({})))

    def answer_code(self, verification_id: str, code: str, **body: Any) -> Reply:
        """`POST /api/verifications/{verificationId}`."""
        path, said = f"/api/verifications/{verification_id}", {"code": code, **body}
        return self._reply(self.client.post(path, json=said, headers=self._with({})))

    def outbox(self, to: str = "") -> list[dict[str, Any]]:
        """`GET /local/outbox`: the messages sent, the newest first."""
        response = self.client.get("/local/outbox", params={"to": to} if to else {})
        messages: list[dict[str, Any]] = response.raise_for_status().json()["messages"]
        return messages

    def analytics(self, name: str) -> Reply:
        """`GET /api/analytics/{name}`."""
        return self._reply(self.client.get(f"/api/analytics/{name}", headers=self._with({})))

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
