"""Whether a record has a discount is for the connector to say: it alone knows how its platform spells tags."""

from dataclasses import dataclass, field, replace
from typing import Any

from customerhub.domain.ids import ExternalId, StageId
from customerhub.domain.offer import Offer, PlacedOffer
from customerhub.domain.remote import RemoteCustomer
from customerhub.services.settle_discounts import settle_discounts

BRONZE, SILVER = StageId("bronze"), StageId("silver")
OFFERS = {stage: PlacedOffer(Offer(stage, stage, 1_000), {"tag": f"hub-{stage}"}) for stage in (BRONZE, SILVER)}


@dataclass
class Asked:
    """Implements of a connector what grants and revokes, and of a turn that there is time."""

    of: list[tuple[str, str]] = field(default_factory=list)

    def add_customer_to_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        self.of.append(("grant", placed.tag))
        return replace(customer, tags=("granted",))

    def remove_customer_from_discount(self, customer: RemoteCustomer, placed: PlacedOffer) -> RemoteCustomer:
        self.of.append(("revoke", placed.tag))
        return customer

    def require(self) -> None:
        self.of.append(("time", ""))


def test_a_tag_that_is_there_twice_or_otherwise_spelled_is_the_connectors_to_judge() -> None:
    asked: Any = Asked()
    remote = RemoteCustomer(ExternalId("1"), tags=("HUB-bronze", "hub-silver", "hub-silver"))
    settled = settle_discounts(asked, remote, OFFERS, frozenset({SILVER}), asked)
    assert settled == replace(remote, tags=("granted",))
    assert asked.of == [("time", ""), ("revoke", "hub-bronze"), ("time", ""), ("grant", "hub-silver")]
