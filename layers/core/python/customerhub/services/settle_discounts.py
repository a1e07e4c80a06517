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
) -> RemoteCustomer:
    """Have the record granted the offers of the `active` stages, and no other one of the hub's: these are revoked
    first, so that nobody has two at a time; the record with the tags that it has then. Whether it has one is for the
    connector to say, who knows how its platform spells tags and that one may be there twice; nothing is asked where it
    is so already. Raises NotReadyYet, and whatever the connector raises."""
    for stage, placed in sorted(offers.items()):
        if stage not in active:
            turn.require()
            remote = connector.remove_customer_from_discount(remote, placed)
    for stage in sorted(active):
        turn.require()
        remote = connector.add_customer_to_discount(remote, offers[stage])
    return remote
