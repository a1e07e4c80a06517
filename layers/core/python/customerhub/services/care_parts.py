"""What the care of integrations works with."""

from dataclasses import dataclass

from customerhub.ports import Clock
from customerhub.ports.care import AlertStore, AlertTopic, CareStore
from customerhub.ports.deliveries import DeliveryQueue, DeliveryStore
from customerhub.ports.jobs import JobStore
from customerhub.ports.partners import IntegrationStore
from customerhub.ports.runs import RunStore
from customerhub.services.alert_parts import AlertParts
from customerhub.services.run_parts import RunParts


@dataclass(frozen=True)
class CareTools:
    """What a worker looks after integrations with: it may start runs and put webhooks into the inbox. `public_url` is
    the base URL that webhooks are sent to."""

    parts: "CareParts"
    runs: RunParts
    inbox: DeliveryQueue
    public_url: str


@dataclass(frozen=True)
class CareParts:
    """The stores that say how an integration is, and the topic that alerts are published to."""

    integrations: IntegrationStore
    jobs: JobStore
    runs: RunStore
    deliveries: DeliveryStore
    care: CareStore
    alerts: AlertStore
    topic: AlertTopic
    clock: Clock

    @property
    def of_alerts(self) -> AlertParts:
        """Those that alerts are raised with."""
        return AlertParts(self.integrations, self.alerts, self.topic, self.clock)
