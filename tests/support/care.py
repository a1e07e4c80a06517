"""What looks after integrations, with queues and a topic that keep what they were told."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Any

from customerhub.deployment import PUBLIC_URL_VARIABLE
from customerhub.domain.alert import Alert
from customerhub.domain.delivery import Delivery
from customerhub.domain.integration import Integration
from customerhub.errors import ServiceUnavailable
from customerhub.ports.runs import RunStore
from customerhub.settings import Settings
from tests.support.quiet_queues import QuietRuns

PUBLIC_URL = "https://hub.example.com"


@dataclass
class HeardTopic:
    """Implements `ports.care.AlertTopic`, and keeps what was published: the kind, and whether it was raised. `fails`
    without effect, `times_out` with it."""

    told: list[tuple[str, str]] = field(default_factory=list)
    details: list[str] = field(default_factory=list)
    fails: bool = False
    times_out: bool = False
    before_publish: Callable[[], object] = lambda: None

    def publish(self, alert: Alert, _: Integration) -> None:
        self.before_publish()
        if self.fails:
            raise ServiceUnavailable("SNS was not reached")
        self.told.append((alert.kind.value, "raised" if alert.is_open else "recovered"))
        self.details.append(alert.detail)
        if self.times_out:
            raise ServiceUnavailable("SNS did not answer")


@dataclass
class HeardInbox:
    """Implements `ports.deliveries.DeliveryQueue`, and keeps what was sent."""

    sent: list[Delivery] = field(default_factory=list)

    def send(self, deliveries: Sequence[Delivery]) -> None:
        self.sent += deliveries


def end_run(runs: RunStore, integration: Integration, now: datetime) -> None:
    """The run that is under way, if there is one, ends well, without a worker."""
    state = runs.get_pull_state(integration.tenant, integration.id)
    run = runs.get_run(integration.tenant, state.run) if state.run else None
    if run:
        runs.end_run(replace(run, finished_at=now), replace(state, run=None, last_run=run.id))


def care_settings(names: Mapping[str, str], public_url: str = PUBLIC_URL) -> Settings:
    """The settings of a function that has webhooks sent to the hub."""
    return Settings({**names, PUBLIC_URL_VARIABLE: public_url})


def care_doubles() -> dict[str, Any]:
    """What `build_job_parts` is given in place of queues and a topic."""
    return {"run_queue": QuietRuns(), "inbox": HeardInbox(), "topic": HeardTopic()}
