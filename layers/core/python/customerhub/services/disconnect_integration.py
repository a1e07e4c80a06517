"""An operator disconnects a merchant's shop or CRM."""

from dataclasses import replace

from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.integration import Integration
from customerhub.errors import NotFound
from customerhub.ports import Clock
from customerhub.ports.partners import IntegrationStore
from customerhub.services.attempts import attempts


def disconnect_integration(
    tenant: TenantId, integration: IntegrationId, *, store: IntegrationStore, clock: Clock
) -> Integration:
    """From now on it is owed nothing; idempotent. What stands in it stays there; what is known of it is kept, as are
    its credentials: connecting it again goes on from there. Raises NotFound."""

    def attempt() -> Integration:
        known = store.get_integration(tenant, integration)
        if known is None:
            raise NotFound("the tenant has no such integration")
        if not known.active:
            return known
        store.put_integration(replace(known, active=False))
        return replace(known, active=False, version=known.version + 1)

    return attempts(clock, attempt)
