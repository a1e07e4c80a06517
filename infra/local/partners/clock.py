"""The time that a double lives in: the real one, until somebody moves it on or has it run faster."""

import time
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any


class PartnerClock:
    """Simulated time, which starts as the real one and never goes back but by `reset`."""

    def __init__(self) -> None:
        self._speed = 1.0
        self._real_s = time.time()
        self._simulated_s = self._real_s

    def time_s(self) -> float:
        """Seconds since 1970 in simulated time: for allowances, retries and lags."""
        return self._simulated_s + (time.time() - self._real_s) * self._speed

    def now(self) -> datetime:
        """The same as an aware time."""
        return datetime.fromtimestamp(self.time_s(), UTC)

    def timestamp(self) -> str:
        """The same as both platforms' JSON spells times in UTC: `2026-03-23T22:02:13.421Z`."""
        return iso_ms(self.now())

    def advance(self, seconds: float) -> None:
        """Move the time on at once."""
        self._restart(self.time_s() + seconds, self._speed)

    def run_at(self, speed: float) -> None:
        """Let so many simulated seconds pass in a real one from now on."""
        self._restart(self.time_s(), speed)

    def reset(self) -> None:
        """The real time again."""
        self._restart(time.time(), 1.0)

    def dump(self) -> dict[str, Any]:
        """What `load` continues from."""
        return {"aheadS": self.time_s() - time.time(), "speed": self._speed}

    def load(self, dumped: Mapping[str, Any]) -> None:
        """Continue as far ahead of the real time as before."""
        self._restart(time.time() + dumped["aheadS"], dumped["speed"])

    def _restart(self, simulated_s: float, speed: float) -> None:
        self._real_s, self._simulated_s, self._speed = time.time(), simulated_s, speed


def iso_ms(at: datetime) -> str:
    """UTC with milliseconds and a Z."""
    return at.astimezone(UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
