"""A fair queue of SQS in simulated time, and the workers that Lambda has read it.

Amazon's guide (SQS, "fair queues", 2025-07): of a standard queue whose messages name a group, those of the groups with
few messages in flight are handed out first, as soon as a worker asks. Nobody is interrupted.
"""

import heapq
import itertools
from collections import Counter, defaultdict, deque
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

Record = dict[str, Any]


@dataclass
class HeardSqs:
    """A client of SQS that keeps what it is given, at the moment `now_s`."""

    now_s: float = 0.0
    sent: list[tuple[float, Record]] = field(default_factory=list)
    numbers: "itertools.count[int]" = field(default_factory=itertools.count)

    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_: str) -> dict[str, Any]:  # noqa: N803 - SQS's
        """Each as Lambda will have it."""
        for entry in Entries:
            attributes = {"MessageGroupId": entry["MessageGroupId"]}
            record = {"messageId": str(next(self.numbers)), "body": entry["MessageBody"], "attributes": attributes}
            self.sent.append((self.now_s, record))
        return {}


@dataclass(frozen=True)
class Workers:
    """How many batches are worked at once, and how large they are; `ordered` is what a worker makes of a batch, and
    `service_s` how long one message takes it."""

    at_once: int
    batch: int
    ordered: Callable[[Sequence[Record]], Sequence[Record]]
    service_s: Callable[[Record], float]


def waits(sent: Iterable[tuple[float, Record]], workers: Workers, *, is_fair: bool = True) -> dict[str, list[float]]:
    """By group, how long each message took from being sent to being done."""
    queue, found = _Queue(is_fair), dict[str, list[float]]()
    arrivals = deque(sorted(sent, key=lambda one: one[0]))
    free = workers.at_once
    ends: list[tuple[float, int, list[Record]]] = []
    numbers, now = itertools.count(), 0.0
    while arrivals or ends:
        now = min(arrivals[0][0] if arrivals else float("inf"), ends[0][0] if ends else float("inf"))
        while arrivals and arrivals[0][0] <= now:
            queue.put(*arrivals.popleft())
        while ends and ends[0][0] <= now:
            queue.done(heapq.heappop(ends)[2])
            free += 1
        while free and queue:
            batch = queue.take(workers.batch)
            at = now
            for record in workers.ordered([one for _, one in batch]):
                at += workers.service_s(record)
                sent_at = next(moment for moment, one in batch if one is record)
                found.setdefault(_group(record), []).append(at - sent_at)
            heapq.heappush(ends, (at, next(numbers), [one for _, one in batch]))
            free -= 1
    return found


class _Queue:
    """What waits, by group; without fairness all are one group."""

    def __init__(self, is_fair: bool) -> None:
        self._is_fair = is_fair
        self._waiting: dict[str, deque[tuple[float, Record]]] = defaultdict(deque)
        self._in_flight = Counter[str]()

    def __bool__(self) -> bool:
        return bool(self._waiting)

    def put(self, at: float, record: Record) -> None:
        self._waiting[self._name(record)].append((at, record))

    def take(self, size: int) -> list[tuple[float, Record]]:
        taken: list[tuple[float, Record]] = []
        while self._waiting and len(taken) < size:
            group = min(self._waiting, key=lambda name: (self._in_flight[name], self._waiting[name][0][0]))
            taken.append(self._waiting[group].popleft())
            self._in_flight[group] += 1
            if not self._waiting[group]:
                del self._waiting[group]
        # Who has most comes first: SQS promises no order within a batch.
        return sorted(taken, key=lambda one: -self._in_flight[self._name(one[1])])

    def done(self, records: Iterable[Record]) -> None:
        self._in_flight.subtract(map(self._name, records))

    def _name(self, record: Record) -> str:
        return _group(record) if self._is_fair else ""


def _group(record: Record) -> str:
    return str(record["attributes"]["MessageGroupId"])
