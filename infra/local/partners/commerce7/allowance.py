"""Commerce7's allowance: 100 requests a minute for each tenant; none for cursor paging; and one request a minute for
pages beyond the 100th. What the 429 looks like is not documented."""

from collections import deque

from infra.local.partners.clock import PartnerClock
from infra.local.partners.commerce7.wire import Json

WINDOW_S = 60.0
REQUESTS = 100
LAST_QUICK_PAGE = 100


class Allowance:
    """A window that slides. Refused requests take nothing from it."""

    def __init__(self, clock: PartnerClock) -> None:
        self._clock = clock
        self._requests: deque[float] = deque()
        self._deep_pages: deque[float] = deque()
        self._busiest = 0

    def take(self, limit: int, *, is_deep_page: bool) -> float | None:
        """None if there was some left, else the seconds until there is."""
        windows = [(self._requests, limit)] + [(self._deep_pages, 1)] * is_deep_page
        waits_s = [self._wait_s(times, allowed) for times, allowed in windows]
        if any(waits_s):
            return max(waits_s)
        for times, _ in windows:
            times.append(self._clock.time_s())
        self._busiest = max(self._busiest, len(self._requests))
        return None

    def shown(self, limit: int) -> Json:
        """For `GET /_control/state`; `busiest` is the most that any window has seen."""
        self._wait_s(self._requests, limit)
        return {"limit": limit, "windowS": WINDOW_S, "used": len(self._requests), "busiest": self._busiest}

    def reset(self) -> None:
        """As if nothing had been asked yet."""
        self._requests.clear()
        self._deep_pages.clear()
        self._busiest = 0

    def _wait_s(self, times: deque[float], allowed: int) -> float:
        now_s = self._clock.time_s()
        while times and times[0] <= now_s - WINDOW_S:
            times.popleft()
        return times[-allowed] + WINDOW_S - now_s if len(times) >= allowed else 0.0
