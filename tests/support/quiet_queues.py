"""Queues and a topic whose messages nobody reads: what is owed stays in the tables, and is worked from there."""

from collections.abc import Sequence

from customerhub.domain.delivery import Delivery
from customerhub.domain.ids import RunId, TenantId
from customerhub.domain.run import RunStart


class QuietRuns:
    """Implements `ports.runs.RunQueue`."""

    def send(self, runs: Sequence[tuple[TenantId, RunId]], delay_s: int = 0) -> None:
        """Nobody is told."""

    def send_starts(self, starts: Sequence[RunStart], delay_s: int = 0) -> None:
        """Nobody is told."""


class QuietDeliveries:
    """Implements `ports.deliveries.DeliveryQueue`."""

    def send(self, deliveries: Sequence[Delivery]) -> None:
        """Nobody is told."""


class QuietTopic:
    """Implements `ports.care.AlertTopic`."""

    def publish(self, *_: object) -> None:
        """Nobody has subscribed."""
