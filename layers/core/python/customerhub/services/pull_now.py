"""Somebody wants an integration to be pulled, or compared, now."""

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.ids import IntegrationId
from customerhub.domain.run import Run, RunKind
from customerhub.errors import NotFound, StateConflict
from customerhub.ports.partners import IntegrationStore
from customerhub.services.run_parts import RunParts
from customerhub.services.start_run import start_run

INACTIVE = "integration_inactive"


def pull_now(
    integration_id: IntegrationId, kind: RunKind, caller: Caller, *, integrations: IntegrationStore, parts: RunParts
) -> Run:
    """The run that does it: a new one, or the one that is under way, perhaps of another kind. One round trip beside
    those of `start_run`. Raises Forbidden without sync:write, NotFound, StateConflict (code `integration_inactive`) and
    StoreUnavailable."""
    caller.require(Scope.SYNC_WRITE)
    integration = integrations.get_integration(caller.tenant.id, integration_id)
    if integration is None:
        raise NotFound("there is no such integration")
    if not integration.active:
        raise StateConflict("the integration is disconnected", code=INACTIVE)
    return start_run(integration, kind, caller.credential, parts=parts)
