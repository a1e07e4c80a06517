"""A stage's discount, and where a platform keeps it."""

from collections.abc import Mapping
from dataclasses import dataclass, field

from customerhub.domain.ids import StageId


@dataclass(frozen=True)
class Offer:
    """A percentage off everything for those who are granted it. 1,500 basis points are 15 %."""

    stage: StageId
    name: str
    discount_basis_points: int


@dataclass(frozen=True)
class PlacedOffer:
    """An offer as it stands on one platform. `ids` are what the platform calls its parts; every connector has `tag`
    among them: who bears it is granted the discount. `offer` is what was written last."""

    offer: Offer
    ids: Mapping[str, str] = field(default_factory=dict)

    @property
    def tag(self) -> str:
        """As `RemoteCustomer.tags` spells it."""
        return self.ids["tag"]

    @property
    def stands(self) -> bool:
        """Whether the platform is known to have it; without its ids it is merely intended, and may stand there."""
        return "tag" in self.ids
