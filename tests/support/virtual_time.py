"""Time that passes only while everybody sleeps: threads really run side by side, and wait for nothing."""

import heapq
import threading
from datetime import datetime, timedelta


class VirtualTime:
    """A `ports.Clock` that `threads` share. A thread that is done says so by `leave`."""

    def __init__(self, start: datetime, threads: int) -> None:
        self._now = start
        self._running = threads
        self._wakings: list[datetime] = []
        self._changed = threading.Condition()

    def now(self) -> datetime:
        """The same for all."""
        return self._now

    def sleep(self, duration_s: float) -> None:
        """Return once that much time has passed, which it does when nobody is awake."""
        with self._changed:
            until = self._now + timedelta(seconds=duration_s)
            heapq.heappush(self._wakings, until)
            self._running -= 1
            self._pass()
            while self._now < until:
                self._changed.wait()

    def leave(self) -> None:
        """Nobody waits for this thread any more."""
        with self._changed:
            self._running -= 1
            self._pass()

    def _pass(self) -> None:
        if self._running or not self._wakings:
            return
        self._now = max(self._now, self._wakings[0])
        while self._wakings and self._wakings[0] <= self._now:
            heapq.heappop(self._wakings)
            self._running += 1
        self._changed.notify_all()
