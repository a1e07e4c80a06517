"""How a merchant's integrations are."""

from collections.abc import Sequence
from dataclasses import dataclass

from customerhub.domain.alert import Alert
from customerhub.domain.caller import Caller, Scope
from customerhub.domain.care import Care
from customerhub.domain.delivery import DeliveryFigures
from customerhub.domain.feed import Drift, PullState
from customerhub.domain.ids import IntegrationId
from customerhub.domain.integration import Integration
from customerhub.domain.run import Run
from customerhub.errors import NotFound
from customerhub.services.care_parts import CareParts
from customerhub.services.set_alert import open_alerts


@dataclass(frozen=True)
class IntegrationView:
    """One integration: how its pulls are going (`run` is the one under way, `last_run` the one that was completed
    last), what the last comparison found, how it was found when it was looked after, its webhooks, and what is wrong.
    """

    integration: Integration
    pulls: PullState
    run: Run | None
    last_run: Run | None
    drift: Drift | None
    care: Care
    deliveries: DeliveryFigures
    alerts: Sequence[Alert]


def list_integration_views(caller: Caller, *, parts: CareParts) -> Sequence[IntegrationView]:
    """All of the caller's tenant. One round trip, and for each integration what `view_integration` takes. Raises
    Forbidden without sync:read, and StoreUnavailable."""
    caller.require(Scope.SYNC_READ)
    return [view_integration(one, parts=parts) for one in parts.integrations.list_integrations(caller.tenant.id)]


def get_integration_view(integration: IntegrationId, caller: Caller, *, parts: CareParts) -> IntegrationView:
    """One of the caller's tenant. Raises Forbidden without sync:read, NotFound and StoreUnavailable."""
    caller.require(Scope.SYNC_READ)
    found = parts.integrations.get_integration(caller.tenant.id, integration)
    if found is None:
        raise NotFound("there is no such integration")
    return view_integration(found, parts=parts)


def view_integration(integration: Integration, *, parts: CareParts) -> IntegrationView:
    """How it is. Six reads, and one for each of its two runs."""
    tenant, name = integration.tenant, integration.id
    pulls = parts.runs.get_pull_state(tenant, name)
    return IntegrationView(
        integration,
        pulls,
        parts.runs.get_run(tenant, pulls.run) if pulls.run else None,
        parts.runs.get_run(tenant, pulls.last_run) if pulls.last_run else None,
        parts.runs.get_drift(tenant, name),
        parts.care.get_care(tenant, name),
        parts.deliveries.read_figures(tenant, name),
        open_alerts(integration, parts=parts.of_alerts),
    )
