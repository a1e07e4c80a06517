"""What stands for queues and topics that nobody named: the operator's command needs the tables alone."""

from collections.abc import Sequence
from typing import Any

from customerhub.domain.alert import Alert
from customerhub.domain.integration import Integration
from customerhub.errors import ServiceUnavailable


class SweptQueue:
    """Implements every queue's port. Nothing is sent: the sweep, which looks every minute, finds what is due."""

    def send(self, work: Sequence[Any], delay_s: int = 0) -> None:
        """Leave it to the sweep."""

    def send_starts(self, starts: Sequence[Any], delay_s: int = 0) -> None:  # noqa: ARG002 - as the protocol says
        """A start is nowhere but in its message. Raises ServiceUnavailable."""
        raise ServiceUnavailable("no queue of runs is named")


class UnnamedTopic:
    """Implements `ports.care.AlertTopic`. What cannot be told is told by whoever looks at the alert next."""

    def publish(self, alert: Alert, integration: Integration) -> None:
        """Raises ServiceUnavailable."""
        raise ServiceUnavailable(f"no topic is named that {alert.kind} of {integration.id} could be published to")
