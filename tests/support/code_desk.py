"""Verifications and customer-management in this process, over the real tables, with a clock and an outbox in hand."""

import itertools
import json
import re
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from threading import Lock
from typing import Any

from customerhub.bootstrap import build_customers_app, build_verifications_app
from customerhub.domain.caller import Caller, UserCaller
from customerhub.domain.identifier import Claim, IdentifierKey, Kind
from customerhub.domain.ids import CredentialId
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.caller_context import caller_context
from customerhub.entrypoints.http_api.api import build_api
from customerhub.entrypoints.http_api.routes.customers import CUSTOMER_ROUTES
from customerhub.entrypoints.http_api.routes.verifications import VERIFICATION_ROUTES
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables
from tests.support.till import Handler, Reply, fresh_tenant


@dataclass
class SetClock:
    """Shows what it is set to."""

    time: datetime = datetime(2026, 11, 21, 10, tzinfo=UTC)

    def now(self) -> datetime:
        return self.time

    def sleep(self, duration_s: float) -> None:
        """A pause costs no time here."""

    def advance(self, **duration: float) -> None:
        self.time += timedelta(**duration)


@dataclass
class Outbox:
    """Keeps messages instead of sending them. `failure` is raised by the next one, which goes out first or not."""

    sent: list[tuple[str, str]] = field(default_factory=list)
    failure: tuple[BaseException, bool] | None = None
    _lock: Lock = field(default_factory=Lock)

    def send_email(self, to: str, subject: str, text: str) -> None:
        assert subject
        self._send(to, text)

    def send_sms(self, to: str, text: str) -> None:
        self._send(to, text)

    def _send(self, to: str, text: str) -> None:
        with self._lock:
            failure, self.failure = self.failure, None
            if failure is None or failure[1]:
                self.sent.append((to, text))
        if failure:
            raise failure[0]

    @property
    def code(self) -> str:
        """The code that was sent last."""
        match = re.match(r"[0-9]{6}\b", self.sent[-1][1])
        assert match
        return match[0]


def user_of(tenant: Tenant, subject: str = "user", *, email: str | None = None, phone: str | None = None) -> UserCaller:
    """A user whose token vouches for `email` and `phone`, and lasts longer than any test."""
    expires_at = datetime(2100, 1, 1, tzinfo=UTC)
    return UserCaller(tenant, CredentialId(f"user:{subject}"), subject, email, phone, expires_at, 60)


@dataclass
class CodeDesk:
    """Where codes are asked for and answered."""

    tables: DynamoDBTables
    tenant: Tenant = field(default_factory=fresh_tenant)
    clock: SetClock = field(default_factory=SetClock)
    outbox: Outbox = field(default_factory=Outbox)
    client: Any = None
    requests: "itertools.count[int]" = field(default_factory=itertools.count)

    def __post_init__(self) -> None:
        settings, client = Settings(self.tables.names), self.client or self.tables.client()
        self.app = build_verifications_app(settings, client, self.outbox, self.clock)
        customers = build_customers_app(settings, client)
        customers = replace(
            customers, rate_limiter=self.app.rate_limiter, clock=self.clock, identities=self.app.identities
        )
        self._customers = build_api(customers, CUSTOMER_ROUTES)
        self._verifications = build_api(self.app, VERIFICATION_ROUTES)

    def through(self, client: Any) -> "CodeDesk":
        """The same desk, working through `client`."""
        return replace(self, client=client)

    def send(self, caller: Caller, **fields: Any) -> Reply:
        """`POST /api/verifications`."""
        return self._call(self._verifications, "POST /api/verifications", caller, fields)

    def answer(self, verification: str | Reply, code: str, caller: Caller, **fields: Any) -> Reply:
        """`POST /api/verifications/{verificationId}`."""
        verification_id = verification if isinstance(verification, str) else verification.body["verificationId"]
        path = {"verificationId": verification_id}
        route = "POST /api/verifications/{verificationId}"
        return self._call(self._verifications, route, caller, {"code": code} | fields, path)

    def prove(self, caller: Caller, **fields: Any) -> Reply:
        """Ask for a code and give the right answer."""
        sent = self.send(caller, **fields)
        assert sent.status == 202, sent
        return self.answer(sent, self.outbox.code, caller)

    def manage(self, caller: Caller, **fields: Any) -> Reply:
        """`POST /functions/v1/customer-management`."""
        return self._call(self._customers, "POST /functions/v1/customer-management", caller, fields)

    def claim(self, kind: Kind, value: str) -> Claim | None:
        """What is stored about who owns an identifier."""
        key = IdentifierKey(kind, value)
        return self.app.identities.read_identity(self.tenant, [key], None).claims.get(key)

    def wrong_code(self, number: int = 0) -> str:
        """One of many codes that are not the one that was sent last."""
        return f"{(int(self.outbox.code) + 1 + number) % 10**6:06}"

    def _call(
        self, handler: Handler, route: str, caller: Caller, body: Any, path: Mapping[str, str] | None = None
    ) -> Reply:
        context = {
            "requestId": f"request-{next(self.requests)}",
            "authorizer": {"lambda": caller_context(caller)},
        }
        event = {"routeKey": route, "requestContext": context, "headers": {}, "pathParameters": path}
        answer = handler(event | {"body": json.dumps(body)}, None)
        return Reply(answer["statusCode"], json.loads(answer["body"]), answer["headers"])
