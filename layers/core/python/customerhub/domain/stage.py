"""A stage: a club tier with its discount, duration and rule of qualification."""

import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime

from customerhub.domain.ids import StageId, TenantId
from customerhub.domain.offer import Offer
from customerhub.errors import StateConflict

MAX_STAGES = 50
"""That are not archived: each is a discount in every shop, of which a shop has few."""


@dataclass(frozen=True)
class QualificationRule:
    """What of a customer's paid orders earns the stage; every part that is set must hold.

    Amounts are in the minor unit of `currency`. `within_months` looks back so many calendar months; None: for ever.
    """

    currency: str | None = None
    min_order_minor: int | None = None
    """One order of at least that much."""
    min_spend_minor: int | None = None
    """All orders together."""
    min_orders: int | None = None
    within_months: int | None = None


@dataclass(frozen=True)
class Stage:
    """A club tier. 1,500 basis points are 15 %; a membership lasts `duration_months` calendar months, None: until it is
    ended. `rank` orders the stages, a higher one is better. Nobody enters a stage that is archived. `version` counts
    the writes; 0 is not stored yet."""

    tenant: TenantId
    id: StageId
    name: str
    discount_basis_points: int
    rank: int
    created_at: datetime
    updated_at: datetime
    duration_months: int | None = None
    rule: QualificationRule | None = None
    archived: bool = False
    version: int = 0

    @property
    def offer(self) -> Offer:
        """What the shops are to give its members."""
        return Offer(self.id, self.name, self.discount_basis_points)


def archived(stage: Stage, now: datetime) -> Stage:
    """The stage as nobody enters it any more; its discount is withdrawn, and its name is free."""
    return stage if stage.archived else replace(stage, archived=True, updated_at=now)


def require_room(stage: Stage, stages: Iterable[Stage]) -> None:
    """Raise StateConflict where one of the others bears the name already, or where there are too many."""
    others = [other for other in stages if not other.archived and other.id != stage.id]
    if any(folded_name(other.name) == folded_name(stage.name) for other in others):
        raise StateConflict("another stage bears this name", code="name_taken", field="name")
    if len(others) >= MAX_STAGES:
        raise StateConflict(f"there are {MAX_STAGES} stages already", code="too_many_stages")


def folded_name(name: str) -> str:
    """The name without regard to case: no two stages are told apart by it alone."""
    return unicodedata.normalize("NFKC", name).casefold()


def changes_offer(before: Stage | None, after: Stage) -> bool:
    """Whether the shops have something else to give its members than before."""
    return before is None or before.offer != after.offer or before.archived != after.archived
