"""Staff look at the webhooks of an integration."""

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.ids import IntegrationId
from customerhub.domain.page import Page
from customerhub.errors import NotFound
from customerhub.ports.deliveries import DeliveryStore
from customerhub.ports.partners import IntegrationStore


def list_deliveries(
    integration: IntegrationId,
    status: DeliveryStatus,
    caller: Caller,
    after: str | None,
    limit: int,
    *,
    integrations: IntegrationStore,
    deliveries: DeliveryStore,
) -> Page[Delivery]:
    """A page of the deliveries of that status, those that came, or were worked, longest ago first; without what they
    say. Raises NotFound where the tenant has no such integration, StoreUnavailable, and Forbidden without sync:read."""
    caller.require(Scope.SYNC_READ)
    tenant = caller.tenant.id
    if integrations.get_integration(tenant, integration) is None:
        raise NotFound("there is no such integration")
    return deliveries.list_deliveries(tenant, integration, status, after, limit)
