"""What staff say of a stage. Pure."""

from collections.abc import Iterable
from dataclasses import dataclass, fields, replace
from datetime import datetime
from typing import Any

from customerhub.domain.customer_patch import KEEP, Keep
from customerhub.domain.ids import TenantId, new_stage_id
from customerhub.domain.names import clean_name
from customerhub.domain.stage import QualificationRule, Stage
from customerhub.errors import InvalidInput


@dataclass(frozen=True)
class StageValues:
    """The values to put in the place of those known. `rank` None: above all others."""

    name: str | Keep = KEEP
    discount_basis_points: int | Keep = KEEP
    duration_months: int | Keep | None = KEEP
    rule: QualificationRule | Keep | None = KEEP
    rank: int | Keep | None = KEEP


def new_stage(tenant: TenantId, values: StageValues, stages: Iterable[Stage], now: datetime) -> Stage:
    """A stage that is not stored yet. Raises InvalidInput where the name is blank or a value is missing."""
    for field, name in (("name", values.name), ("discountPercent", values.discount_basis_points)):
        if isinstance(name, Keep):
            raise InvalidInput("a stage needs one", field=field)
    blank = Stage(tenant, new_stage_id(), "", 0, _above(stages), created_at=now, updated_at=now)
    return with_values(blank, replace(values, rank=KEEP) if values.rank is None else values, stages, now)


def with_values(stage: Stage, values: StageValues, stages: Iterable[Stage], now: datetime) -> Stage:
    """The stage with the values; the same object where nothing differs. Raises InvalidInput for a blank name."""
    stated: dict[str, Any] = {f.name: getattr(values, f.name) for f in fields(values)}
    stated = {name: value for name, value in stated.items() if not isinstance(value, Keep)}
    if "name" in stated:
        stated["name"] = clean_name(stated["name"])
        if not stated["name"]:
            raise InvalidInput("a stage needs one that is not blank", field="name")
    if stated.get("rank", 0) is None:
        stated["rank"] = _above(other for other in stages if other.id != stage.id)
    changed = replace(stage, **stated)
    return stage if changed == stage else replace(changed, updated_at=now)


def _above(stages: Iterable[Stage]) -> int:
    return max((stage.rank for stage in stages if not stage.archived), default=0) + 1
