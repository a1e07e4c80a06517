"""What alerts work with."""

from dataclasses import dataclass

from customerhub.ports import Clock
from customerhub.ports.care import AlertStore, AlertTopic
from customerhub.ports.partners import IntegrationStore


@dataclass(frozen=True)
class AlertParts:
    """The stores, and the topic that alerts are published to."""

    integrations: IntegrationStore
    alerts: AlertStore
    topic: AlertTopic
    clock: Clock
