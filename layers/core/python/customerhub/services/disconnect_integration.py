"""A merchant's shop or CRM is disconnected."""

from contextlib import suppress
from dataclasses import dataclass, replace

from customerhub.domain.care import Care
from customerhub.domain.ids import IntegrationId, RunId, TenantId
from customerhub.domain.integration import Integration
from customerhub.errors import NotFound, Parked, RetryLater, StateConflict
from customerhub.ports.partners import Connectors, IntegrationStore
from customerhub.services.attempts import attempts
from customerhub.services.cancel_run import cancel_run
from customerhub.services.care_parts import CareParts
from customerhub.services.connect_integration import webhooks_target
from customerhub.services.review_integration import forget_alerts
from customerhub.services.run_parts import RunParts

KEPT = (
    "its credentials",
    "the customers that came from it, with their ids there",
    "orders and products that came from it",
    "its discounts, which stay in force there",
)


@dataclass(frozen=True)
class DisconnectParts:
    """The stores, and what is asked to stop. `public_url` is the base URL that webhooks were sent to."""

    care: CareParts
    runs: RunParts
    connectors: Connectors
    public_url: str

    @property
    def integrations(self) -> IntegrationStore:
        """Where the integration is."""
        return self.care.integrations


@dataclass(frozen=True)
class Disconnected:
    """The integration as it is now; the run that was cancelled, if one was under way; whether the platform has stopped
    sending webhooks, and why not where it has not: those that still come are not taken in."""

    integration: Integration
    cancelled_run: RunId | None
    webhooks_removed: bool
    webhooks_reason: str | None = None


def disconnect_integration(
    tenant: TenantId, integration: IntegrationId, *, parts: DisconnectParts, asks_platform: bool = True
) -> Disconnected:
    """From now on it is owed nothing and nothing is taken in from it; its run ends, and the platform is asked to send
    no more webhooks, as far as it lets us. Jobs and webhooks that wait are skipped by the workers, who look whether it
    is connected. Idempotent. What stands in it stays there; what is known of it is kept, as are its credentials and its
    address: connecting it again goes on from there.

    Three round trips, three more for a run, one for each alert, and what the platform takes. Raises NotFound,
    StoreUnavailable and TooMuchContention.
    """
    # First of all: whatever fails after it, nothing more is exchanged.
    known = attempts(parts.care.clock, lambda: _stop(tenant, integration, parts))
    cancelled = _cancel_run(known, parts)
    forget_alerts(known, parts=parts.care)
    reason = _silence(known, parts) if asks_platform else "the platform was not asked"
    if reason is None:
        attempts(parts.care.clock, lambda: _forget_target(known, parts))
    return Disconnected(known, cancelled, reason is None, reason)


def _stop(tenant: TenantId, integration: IntegrationId, parts: DisconnectParts) -> Integration:
    known = parts.integrations.get_integration(tenant, integration)
    if known is None:
        raise NotFound("the tenant has no such integration")
    if not known.active:
        return known
    parts.integrations.put_integration(replace(known, active=False))
    return replace(known, active=False, version=known.version + 1)


def _cancel_run(integration: Integration, parts: DisconnectParts) -> RunId | None:
    state = parts.care.runs.get_pull_state(integration.tenant, integration.id)
    if state.run is None:
        return None
    with suppress(NotFound, StateConflict):
        return cancel_run(state.run, integration.tenant, parts=parts.runs).id
    return None


def _silence(integration: Integration, parts: DisconnectParts) -> str | None:
    """Why the platform goes on sending; None where it does not."""
    care = parts.care.care.get_care(integration.tenant, integration.id)
    try:
        connector = parts.connectors.open(integration)
        for target in dict.fromkeys((care.url, webhooks_target(integration, parts.public_url))):
            if target:
                connector.unregister_webhooks(target)
    except (Parked, RetryLater) as fault:
        return fault.message
    return None


def _forget_target(integration: Integration, parts: DisconnectParts) -> Care | None:
    """Once it is connected again, it is as if it had never reported."""
    known = parts.care.care.get_care(integration.tenant, integration.id)
    if known.url is None and not known.missing:
        return None
    return parts.care.care.put_care(replace(known, url=None, topics=(), missing=(), refused_at=None, reason=None))
