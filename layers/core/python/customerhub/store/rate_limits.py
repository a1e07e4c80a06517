"""Rate limits, counted beside the work.

PK `T#<tenant>#RATE#<hash of what is counted>#<minute>`, SK `RATE`: one counter for a credential and person, one for a
credential; each expires after its minute. A credential's calls are booked a block at a time, so that its counter is
written once per block of an instance and never more often than its ceiling bears; an instance may leave a part of its
last block unused.
"""

from concurrent.futures import Future, ThreadPoolExecutor, wait
from dataclasses import dataclass
from threading import Lock
from typing import Any, TypeVar

from customerhub.domain.ids import TenantId
from customerhub.errors import TooManyRequests
from customerhub.ports import RATE_WINDOW_S, Clock, RateStatus
from customerhub.store import keys
from customerhub.store.table import Database

CALLS_PER_PERSON = 20
BLOCKS_PER_CEILING = 500
"""A credential books one part in so many of its ceiling at once, at least one call."""
PATIENCE_S = 0.05
"""How long an answer that is ready waits for counts that are not. They began before the first of its reads, so they
are late only where DynamoDB is slow, or busy with them."""
WORKERS = 4

_T = TypeVar("_T")


@dataclass
class _Block:
    window: int
    left: int
    exhausted: bool = False


class PendingCount:
    """Implements `ports.RateVerdict` for counts that run in other threads."""

    def __init__(self, person: Future[int], granted: Future[bool], *, limit: int, ceiling: int, reset_s: int) -> None:
        self._person = person
        self._granted = granted
        self._limit = limit
        self._ceiling = ceiling
        self._reset_s = reset_s
        self._status: RateStatus | None = None

    def require(self) -> RateStatus:
        """Waits at most `PATIENCE_S`, once; what was found then holds for the rest of the call."""
        if self._status is None:
            counts: list[Future[Any]] = [self._person, self._granted]
            wait(counts, PATIENCE_S)
            self._status = self._judge(_known(self._person), _known(self._granted))
        return self._status

    def _judge(self, calls: int | None, granted: bool | None) -> RateStatus:
        if granted is False:
            raise TooManyRequests(
                "this credential's calls of this minute are used up", limit=self._ceiling, retry_after_s=self._reset_s
            )
        if calls is not None and calls > self._limit:
            raise TooManyRequests(
                "the calls of this minute about this person are used up",
                limit=self._limit,
                retry_after_s=self._reset_s,
            )
        return RateStatus(self._limit, self._ceiling, self._limit - (calls or 0), self._reset_s)


class DynamoRateLimiter:
    """Implements `ports.RateLimiter`."""

    def __init__(self, database: Database, work: str, clock: Clock) -> None:
        self._database = database
        self._work = work
        self._clock = clock
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="rate")
        self._blocks: dict[tuple[str, str], _Block] = {}
        self._lock = Lock()

    def count(self, tenant: TenantId, credential: str, person: str | None, ceiling: int) -> "PendingCount":
        """Count one call, in threads of its own."""
        now_s = int(self._clock.now().timestamp())
        window = now_s // RATE_WINDOW_S
        subject = f"{credential}\n{person or ''}"
        return PendingCount(
            self._threads.submit(self._add, tenant, subject, window, 1),
            self._threads.submit(self._book, tenant, credential, window, ceiling),
            limit=CALLS_PER_PERSON if person else ceiling,
            ceiling=ceiling,
            reset_s=RATE_WINDOW_S - now_s % RATE_WINDOW_S,
        )

    def _add(self, tenant: TenantId, subject: str, window: int, amount: int) -> int:
        key = keys.rate_counter(self._work, tenant, subject, window)
        return self._database.add(key, amount, expires_at_s=(window + 2) * RATE_WINDOW_S)

    def _book(self, tenant: TenantId, credential: str, window: int, ceiling: int) -> bool:
        """Take one call from the credential's block, booking a new block if need be; false beyond the ceiling."""
        with self._lock:
            block = self._blocks.get((tenant, credential))
            if block and block.window == window and (block.exhausted or block.left):
                block.left -= 0 if block.exhausted else 1
                return not block.exhausted
        size = max(1, ceiling // BLOCKS_PER_CEILING)
        booked = self._add(tenant, credential, window, size)
        granted = min(size, ceiling - (booked - size))
        with self._lock:
            self._blocks = {key: kept for key, kept in self._blocks.items() if kept.window == window}
            self._blocks[tenant, credential] = _Block(window, max(granted - 1, 0), exhausted=granted <= 0)
        return granted > 0


def _known(count: Future[_T]) -> _T | None:
    """The count, or None where it is late or failed, whatever the reason: the limit must not take the hub down."""
    return count.result() if count.done() and not count.exception() else None
