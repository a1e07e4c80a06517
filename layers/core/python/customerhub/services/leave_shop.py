"""Somebody who was erased leaves a shop: no discount of the hub's stays there."""

from customerhub.domain.changes import Changes
from customerhub.domain.customer import Erased
from customerhub.domain.integration import Integration
from customerhub.errors import Skipped
from customerhub.services.job_parts import Effect, JobParts, Turn
from customerhub.services.settle_discounts import settle_discounts, standing_offers

ERASED = "customer_erased"


def leave_shop(erased: Erased, integration: Integration, turn: Turn, *, parts: JobParts) -> Effect:
    """Take back every discount that the person's record in the integration has by the hub, and forget that record's id,
    which is kept with the erasure until then. Raises Skipped where there is none, and whatever the connector raises."""
    tenant = turn.tenant.id
    erasure = parts.erasures.get_erasure(tenant, erased.erasure)
    record = erasure.remote.get(integration.id) if erasure else None
    if erasure is None or record is None:
        raise Skipped("the customer is gone", reason="customer_gone")
    connector = parts.connectors.open(integration)
    turn.require()
    remote = connector.get_customer(record)
    if remote:
        settle_discounts(connector, remote, standing_offers(tenant, integration.id, parts), frozenset(), turn)
    return Effect(Changes(erasures=(erasure.left(integration.id),)), reason=ERASED)
