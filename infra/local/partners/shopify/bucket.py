"""The allowance of one app in one shop: a leaky bucket of cost points."""

from typing import Any

from infra.local.partners.clock import PartnerClock
from infra.local.partners.shopify.settings import Settings


class Bucket:
    """Full at first, and filled up by so many points a second."""

    def __init__(self, clock: PartnerClock, settings: Settings) -> None:
        self._clock = clock
        self._settings = settings
        self.charged = 0
        """All points charged so far, after what was given back."""
        self.restart(settings)

    def restart(self, settings: Settings) -> None:
        """A full bucket of that size."""
        self._settings = settings
        self._level = settings.bucket_size
        self._at_s = self._clock.time_s()

    def take(self, cost: int) -> bool:
        """Charge the cost, unless there is too little left."""
        self._fill()
        if self._level < cost:
            return False
        self._level -= cost
        self.charged += cost
        return True

    def give_back(self, cost: int) -> None:
        """What was charged more than a query cost in the end."""
        self._fill()
        self._level = min(self._settings.bucket_size, self._level + cost)
        self.charged -= cost

    def status(self) -> dict[str, Any]:
        """As every answer tells it."""
        self._fill()
        return {
            "maximumAvailable": float(self._settings.bucket_size),
            "currentlyAvailable": int(self._level),
            "restoreRate": float(self._settings.restore_rate),
        }

    def _fill(self) -> None:
        now_s = self._clock.time_s()
        passed_s = max(0.0, now_s - self._at_s)
        self._level = min(self._settings.bucket_size, self._level + passed_s * self._settings.restore_rate)
        self._at_s = now_s
