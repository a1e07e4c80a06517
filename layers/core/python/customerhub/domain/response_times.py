"""How long platforms took to answer, gathered while a job runs."""

import threading

from customerhub.domain.integration import Integration

MAX_KEPT = 1_000
"""Nobody drains what is gathered outside of jobs."""


class CollectedTimes(threading.local):
    """Implements `ports.partners.ResponseTimes`. Each thread gathers its own, so that a job counts what it waited for
    itself."""

    def __init__(self) -> None:
        self._gathered: list[float] = []

    def answered(self, _integration: Integration, duration_s: float) -> None:
        """An answer came. A job asks one integration only, so that it need not be kept which."""
        if len(self._gathered) < MAX_KEPT:
            self._gathered.append(duration_s)

    def drain(self) -> tuple[float, ...]:
        """What this thread has gathered since it was last asked."""
        times = tuple(self._gathered)
        self._gathered.clear()
        return times
