"""Faults around a partner's API: what an outage, a bad line or a revoked credential look like from outside."""

import asyncio
import random
from collections.abc import Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from fnmatch import fnmatchcase
from typing import Annotated, Any

from pydantic import Field, TypeAdapter
from starlette.types import Message, Receive, Scope, Send

from infra.local.partners.clock import PartnerClock
from infra.local.partners.connections import drop_connection
from infra.local.partners.double import Call, Double
from infra.local.partners.records import ControlInput, Rate, Text
from infra.local.partners.traffic import AnsweredCall, Traffic


class FaultMode(StrEnum):
    """What happens to a call that is struck."""

    STATUS = "status"
    """It is refused with an HTTP status, without effect."""
    BEFORE = "before"
    """The connection is dropped, without effect."""
    AFTER = "after"
    """It takes effect, and the connection is dropped without an answer."""
    SLOW = "slow"
    """It takes effect at once and is answered late."""
    REVOKED = "revoked"
    """The credential is refused."""


class FaultFields(ControlInput):
    """One fault. It strikes a call by `rate`, at most `count` calls, and only those that match `path` and `operation`
    (patterns with `*`; see `Double.operation`). `seed` makes a rate below 1 strike the same calls every time.
    `status` and `retry_after` (seconds) concern the mode `status` alone, `delay_ms` the mode `slow`."""

    mode: FaultMode
    status: int = Field(503, ge=400, le=599)
    rate: Rate = 1.0
    retry_after: float | None = Field(None, ge=0, le=86_400)
    delay_ms: int = Field(2_000, ge=0, le=600_000)
    count: int | None = Field(None, ge=1)
    path: Text | None = None
    operation: Text | None = None
    seed: int | None = None


FAULTS = TypeAdapter[list[FaultFields]](Annotated[list[FaultFields], Field(max_length=20)])


@dataclass
class Fault:
    """A fault with how often it may still strike (None: any number of times) and its dice."""

    fields: FaultFields
    left: int | None
    dice: random.Random

    def strikes(self, call: Call, operations: Sequence[str]) -> bool:
        """Whether this call is one of those; counts it if so."""
        fields = self.fields
        if self.left == 0:
            return False
        if fields.path is not None and not fnmatchcase(call.path, fields.path):
            return False
        if fields.operation is not None and not any(fnmatchcase(name, fields.operation) for name in operations):
            return False
        if self.dice.random() >= fields.rate:
            return False
        if self.left is not None:
            self.left -= 1
        return True


class Faults:
    """The faults that are set. The first one that strikes a call decides on it."""

    def __init__(self) -> None:
        self._faults: list[Fault] = []

    def set(self, wanted: Sequence[FaultFields]) -> None:
        """Have these instead of those before."""
        self._faults = [Fault(fields, fields.count, random.Random(fields.seed)) for fields in wanted]

    def clear(self) -> None:
        """Have everything work again."""
        self._faults = []

    def striking(self, call: Call, operation: str) -> FaultFields | None:
        """The fault that decides on `call`, None for none."""
        operations = operation.split(",")
        return next((fault.fields for fault in self._faults if fault.strikes(call, operations)), None)

    def listed(self) -> list[dict[str, Any]]:
        """For `GET /_control/faults`: as they were set, and how often they may still strike."""
        return [
            {**fault.fields.model_dump(mode="json", by_alias=True, exclude_unset=True), "left": fault.left}
            for fault in self._faults
        ]


class FaultyApi:
    """The partner's API, as an ASGI application, with the faults in front of it; counts every call."""

    def __init__(self, double: Double, faults: Faults, traffic: Traffic, clock: PartnerClock) -> None:
        self._double = double
        self._faults = faults
        self._traffic = traffic
        self._clock = clock

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one call, or do not."""
        call = await _read(scope, receive)
        if call is None:
            return
        operation = self._double.operation(call)
        fault = self._faults.striking(call, operation)
        outcome = AnsweredCall(self._clock.time_s(), operation, None, fault.mode.value if fault else None)
        exchange = Exchange(scope, receive, send, call.body)
        status = await self._answer(exchange, fault)
        self._traffic.count(replace(outcome, status=status))

    async def _answer(self, exchange: "Exchange", fault: FaultFields | None) -> int | None:
        mode = fault.mode if fault else None
        if fault is None:
            await self._double.api(exchange.scope, exchange.replay, exchange.pass_on)
        elif mode is FaultMode.STATUS:
            refusal = self._double.failure(fault.status, fault.retry_after)
            await refusal(exchange.scope, exchange.replay, exchange.pass_on)
        elif mode is FaultMode.REVOKED:
            await self._double.revoked()(exchange.scope, exchange.replay, exchange.pass_on)
        elif mode is FaultMode.SLOW:
            await self._double.api(exchange.scope, exchange.replay, exchange.keep)
            await asyncio.sleep(fault.delay_ms / 1000)
            await exchange.send_kept()
        else:
            if mode is FaultMode.AFTER:
                await self._double.api(exchange.scope, exchange.replay, exchange.keep)
            await drop_connection(exchange.scope, exchange.receive)
            return None
        return exchange.status


class Exchange:
    """One call whose body has been read, and its answer."""

    def __init__(self, scope: Scope, receive: Receive, send: Send, body: bytes) -> None:
        self.scope = scope
        self.receive = receive
        self.status: int | None = None
        self._send = send
        self._unread: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]
        self._kept: list[Message] = []

    async def replay(self) -> Message:
        """The body once more, then what really comes."""
        return self._unread.pop() if self._unread else await self.receive()

    async def keep(self, message: Message) -> None:
        """Take the answer and send nothing yet."""
        self._note(message)
        self._kept.append(message)

    async def send_kept(self) -> None:
        """Send what was kept."""
        for message in self._kept:
            await self._send(message)

    async def pass_on(self, message: Message) -> None:
        """Send the answer as it comes."""
        self._note(message)
        await self._send(message)

    def _note(self, message: Message) -> None:
        if message["type"] == "http.response.start":
            self.status = message["status"]


async def _read(scope: Scope, receive: Receive) -> Call | None:
    """The whole call; None if the caller hung up before its end, which has no effect."""
    body = bytearray()
    while True:
        message = await receive()
        if message["type"] != "http.request":
            return None
        body += message.get("body", b"")
        if not message.get("more_body", False):
            break
    headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
    query: bytes = scope["query_string"]
    return Call(scope["method"], scope["path"], query.decode("latin-1"), headers, bytes(body))
