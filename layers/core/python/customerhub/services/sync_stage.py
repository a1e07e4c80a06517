"""Make a shop give a stage's discount, or stop it."""

from customerhub.domain.ids import IntegrationId
from customerhub.domain.integration import Integration
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.errors import Skipped
from customerhub.ports.connector import Connector
from customerhub.ports.partners import IntegrationStore
from customerhub.services.job_parts import Effect, JobParts, Turn

INACTIVE = "integration_inactive"
"""Why a job is skipped that will be owed again once its integration is connected."""


def sync_stage(turn: Turn, *, parts: JobParts) -> Effect:
    """Place the discount of a stage in an integration as the stage says, and remember where it stands; withdraw that
    of a stage which is archived, or not there any more.

    Where the shop has it like that already, nothing is written there. Raises Skipped where the integration is owed
    nothing, and whatever the connector raises.
    """
    job, tenant = turn.job, turn.tenant.id
    integration, _ = connected(turn, parts)
    if job.stage is None:
        raise Skipped("the job names no stage", reason="incomplete")
    stage = parts.club.get_stage(tenant, job.stage)
    placed = parts.integrations.placed_offers(tenant, integration.id).get(job.stage)
    connector = parts.connectors.open(integration)
    turn.require()
    if stage is not None and not stage.archived:
        if placed is None:
            # What is placed and not remembered could never be withdrawn.
            parts.integrations.put_placed_offer(tenant, integration.id, PlacedOffer(stage.offer))
        _place(stage.offer, placed, integration, connector, parts.integrations)
    elif placed is not None:
        placed = placed if placed.stands else connector.place_offer(placed.offer, None)
        connector.withdraw_offer(placed)
        parts.integrations.delete_placed_offer(tenant, integration.id, job.stage)
    return Effect()


def _place(
    offer: Offer,
    placed: PlacedOffer | None,
    integration: Integration,
    connector: Connector,
    integrations: IntegrationStore,
) -> None:
    known = placed if placed and placed.stands else None
    standing = connector.place_offer(offer, known)
    if standing != known:
        integrations.put_placed_offer(integration.tenant, integration.id, standing)


def connected(turn: Turn, parts: JobParts) -> tuple[Integration, tuple[IntegrationId, ...]]:
    """The integration that the job is for, and all that are active. One round trip. Raises Skipped where it is gone or
    inactive."""
    active = {one.id: one for one in parts.integrations.list_integrations(turn.tenant.id) if one.active}
    if turn.job.integration not in active:
        raise Skipped("the integration is not connected", reason=INACTIVE)
    return active[turn.job.integration], tuple(active)
