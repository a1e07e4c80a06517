"""Grant a record in a shop exactly the discounts that are due."""

from collections.abc import Mapping

from customerhub.domain.ids import IntegrationId, StageId, TenantId
from customerhub.domain.offer import PlacedOffer
from customerhub.domain.remote import RemoteCustomer
from customerhub.ports.connector import Connector
from customerhub.services.job_parts import JobParts, Turn


def standing_offers(tenant: TenantId, integration: IntegrationId, parts: JobParts) -> Mapping[StageId, PlacedOffer]:
    """The discounts that the integration is known to have. One round trip."""
    placed = parts.integrations.placed_offers(tenant, integration)
    return {stage: offer for stage, offer in placed.items() if offer.stands}


def settle_discounts(
    connector: Connector,
    remote: RemoteCustomer,
    offers: Mapping[StageId, PlacedOffer],
    active: frozenset[StageId],
    turn: Turn,
) -> None:
    """Have the record granted the offers of the `active` stages, and no other one of the hub's: these are revoked
    first, so that nobody has two at a time. Nothing is written where it is so already. Raises NotReadyYet, and whatever
    the connector raises."""
    for stage, placed in sorted(offers.items()):
        if stage not in active and (remote.tags is None or placed.tag in remote.tags):
            turn.require()
            connector.remove_customer_from_discount(remote, placed)
    for stage in sorted(active):
        if remote.tags is None or offers[stage].tag not in remote.tags:
            turn.require()
            connector.add_customer_to_discount(remote, offers[stage])
