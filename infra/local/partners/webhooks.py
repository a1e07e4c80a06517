"""Sends a double's webhooks, in order and with retries, over a network that can be told to lose, repeat, disorder."""

import asyncio
import base64
import random
from collections import Counter, deque
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import httpx

from infra.local.partners.clock import PartnerClock
from infra.local.partners.records import WebhookFields

DEADLINE_S = 5.0
"""Shopify's; Commerce7 states none."""
HELD_BACK_S = 1.0
"""Real seconds that a delivery waits at most for a later one to overtake it."""
LONGEST_SLEEP_S = 0.1
"""The time can be moved on while we wait."""
KEPT_ATTEMPTS = 1_000


@dataclass(frozen=True)
class Delivery:
    """One webhook for one subscriber; a retry sends the same bytes. `topic` and `subscription` are the partner's;
    `reference` is whatever the double wants to know it by when it is told what came of it."""

    url: str
    headers: Mapping[str, str]
    body: bytes
    topic: str
    subscription: str
    reference: str = ""


@dataclass(frozen=True)
class Attempt:
    """What came of the attempt with that number, 1 for the first: the subscriber's status, or why there was none.
    Another one follows unless it `is_last`."""

    number: int
    status: int | None
    error: str | None
    is_last: bool

    @property
    def succeeded(self) -> bool:
        """As partners count it."""
        return self.status is not None and 200 <= self.status < 300


@dataclass(eq=False)
class Pending:
    """A delivery and its next attempt, due at a simulated time and, where it is held back, at a real one."""

    delivery: Delivery
    number: int
    due_s: float
    held_until_s: float = 0.0


@dataclass(frozen=True)
class Network:
    """What happens to deliveries on their way. Rates are probabilities. A lost delivery is not tried again."""

    enabled: bool = True
    drop: float = 0.0
    duplicate: float = 0.0
    reorder: float = 0.0


class WebhookSender:
    """One after another, so that the order is the partner's own unless it is told to disorder them."""

    def __init__(self, clock: PartnerClock) -> None:
        self._clock = clock
        self._pending: list[Pending] = []
        self._counts: Counter[str] = Counter()
        self._attempts: deque[dict[str, Any]] = deque(maxlen=KEPT_ATTEMPTS)
        self._woken = asyncio.Event()
        self.retry_delays_s: Sequence[float] = ()
        """Simulated seconds between attempts; the double sets them when it is made."""
        self.report: Callable[[Delivery, Attempt], None] = lambda _delivery, _attempt: None
        """Is told of every attempt; the application sets it."""
        self.network = Network()
        self._dice = random.Random()

    def send(self, delivery: Delivery) -> None:
        """Have it delivered soon; nothing happens while webhooks are switched off."""
        if not self.network.enabled:
            self._counts["disabled"] += 1
            return
        self._counts["created"] += 1
        if self._chance(self.network.drop):
            self._counts["dropped"] += 1
            self._tell(delivery, Attempt(1, None, "lost", is_last=True))
            return
        copies = 2 if self._chance(self.network.duplicate) else 1
        self._counts["duplicated"] += copies - 1
        for _ in range(copies):
            self._pending.append(Pending(delivery, 1, self._clock.time_s()))
        self._overtake()
        self._woken.set()

    def configure(self, fields: WebhookFields) -> None:
        """Change what `fields` names."""
        given = fields.given()
        if "seed" in given:
            self._dice = random.Random(given.pop("seed"))
        changed = {name: value for name, value in given.items() if value is not None}
        self.network = Network(**{**vars(self.network), **changed})

    def reset(self) -> None:
        """A sound network with nothing on its way, and nothing counted."""
        self._pending.clear()
        self._counts.clear()
        self._attempts.clear()
        self.network = Network()
        self._dice = random.Random()

    def settings(self) -> dict[str, Any]:
        """For `GET /_control/webhooks`."""
        return vars(self.network)

    def counts(self) -> dict[str, Any]:
        """For `GET /_control/state`; `sent` are attempts that reached the network, whatever became of them."""
        names = ("created", "sent", "delivered", "failed", "dropped", "duplicated", "disabled")
        return {
            **{name: self._counts[name] for name in names},
            "pending": len(self._pending),
            "settings": self.settings(),
            "attempts": list(self._attempts),
        }

    def dump(self) -> list[dict[str, Any]]:
        """What is still on its way."""
        return [
            {
                "url": pending.delivery.url,
                "headers": dict(pending.delivery.headers),
                "body": base64.b64encode(pending.delivery.body).decode(),
                "topic": pending.delivery.topic,
                "subscription": pending.delivery.subscription,
                "reference": pending.delivery.reference,
                "number": pending.number,
                "dueS": pending.due_s,
            }
            for pending in self._pending
        ]

    def load(self, dumped: Sequence[Mapping[str, Any]]) -> None:
        """Put on its way again what `dump` gave."""
        self._pending = [
            Pending(
                Delivery(
                    item["url"],
                    item["headers"],
                    base64.b64decode(item["body"]),
                    item["topic"],
                    item["subscription"],
                    item["reference"],
                ),
                item["number"],
                item["dueS"],
            )
            for item in dumped
        ]

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with httpx.AsyncClient(trust_env=False, timeout=DEADLINE_S) as client:
            while True:
                pending = self._next_due()
                if pending is None:
                    await self._sleep()
                else:
                    await self._attempt(client, pending)

    def _next_due(self) -> Pending | None:
        """The first that is due, in the order in which they were sent."""
        now_s, real_s = self._clock.time_s(), asyncio.get_running_loop().time()
        return next((one for one in self._pending if one.due_s <= now_s and one.held_until_s <= real_s), None)

    async def _sleep(self) -> None:
        self._woken.clear()
        try:
            await asyncio.wait_for(self._woken.wait(), LONGEST_SLEEP_S if self._pending else None)
        except TimeoutError:
            return

    async def _attempt(self, client: httpx.AsyncClient, pending: Pending) -> None:
        """The delivery stays pending until it is known what came of it: the process may end in between."""
        self._counts["sent"] += 1
        status, error = await _post(client, pending.delivery)
        is_last = pending.number > len(self.retry_delays_s)
        attempt = Attempt(pending.number, status, error, is_last)
        if pending in self._pending:
            self._pending.remove(pending)
            if not (attempt.succeeded or is_last):
                due_s = self._clock.time_s() + self.retry_delays_s[pending.number - 1]
                self._pending.append(Pending(pending.delivery, pending.number + 1, due_s))
        self._counts["delivered" if attempt.succeeded else "failed"] += 1
        self._tell(pending.delivery, attempt)

    def _tell(self, delivery: Delivery, attempt: Attempt) -> None:
        self._attempts.append(
            {
                "topic": delivery.topic,
                "subscription": delivery.subscription,
                "number": attempt.number,
                "status": attempt.status,
                "error": attempt.error,
            }
        )
        self.report(delivery, attempt)

    def _overtake(self) -> None:
        """Let the newest delivery pass the one before it, or hold it back for the next one to pass."""
        if not self._chance(self.network.reorder):
            return
        self._counts["reordered"] += 1
        newest = self._pending.pop()
        if self._pending and self._pending[-1].number == 1:
            self._pending[-1].held_until_s = 0.0
            self._pending.insert(len(self._pending) - 1, newest)
        else:
            newest.held_until_s = asyncio.get_running_loop().time() + HELD_BACK_S
            self._pending.append(newest)

    def _chance(self, rate: float) -> bool:
        return self._dice.random() < rate


async def _post(client: httpx.AsyncClient, delivery: Delivery) -> tuple[int | None, str | None]:
    """The subscriber's status, or the reason why there is none. Redirects are failures, as with both partners."""
    try:
        response = await client.post(delivery.url, headers=dict(delivery.headers), content=delivery.body)
    except (httpx.HTTPError, httpx.InvalidURL) as error:
        return None, type(error).__name__
    return response.status_code, None
