"""Stages as items of the work table.

PK `T#<tenant>#STAGES`, SK `STAGE#<id>`; all of a tenant's are read by one query. Beside them SK `NAME#<name, folded>`
for each stage that is not archived, so that no two bear one name.
"""

from datetime import datetime

from customerhub.domain.ids import StageId, TenantId
from customerhub.domain.stage import QualificationRule, Stage, folded_name
from customerhub.store import keys
from customerhub.store.table import IF_ABSENT, Delete, Guard, Item, Put, Write, if_version


def stage_writes(table: str, stage: Stage, before: Stage | None) -> list[Write]:
    """The write of a stage at the version that was read, and those of the name that it bears or bore."""
    item = _from_stage(stage) | {"version": stage.version + 1}
    put = Put(keys.stage(table, stage.tenant, stage.id), item, if_version(stage.version))
    return [put, *_name_writes(table, stage, before)]


def _name_writes(table: str, stage: Stage, before: Stage | None) -> list[Write]:
    old, new = _borne(before), _borne(stage)
    if old == new:
        return []
    own = Guard("stage = :stage", {":stage": stage.id})
    freed = [Delete(keys.stage_name(table, stage.tenant, old), own)] if old else []
    taken = [Put(keys.stage_name(table, stage.tenant, new), {"stage": stage.id}, IF_ABSENT)] if new else []
    return [*freed, *taken]


def _borne(stage: Stage | None) -> str | None:
    return folded_name(stage.name) if stage and not stage.archived else None


def _from_stage(stage: Stage) -> Item:
    return {
        "tenant": stage.tenant,
        "id": stage.id,
        "name": stage.name,
        "discount_basis_points": stage.discount_basis_points,
        "rank": stage.rank,
        "created_at": stage.created_at.isoformat(),
        "updated_at": stage.updated_at.isoformat(),
        "duration_months": stage.duration_months,
        "rule": _from_rule(stage.rule) if stage.rule else None,
        "archived": stage.archived,
    }


def to_stage(item: Item) -> Stage:
    """The stage that an item holds."""
    return Stage(
        TenantId(item["tenant"]),
        StageId(item["id"]),
        item["name"],
        int(item["discount_basis_points"]),
        int(item["rank"]),
        datetime.fromisoformat(item["created_at"]),
        datetime.fromisoformat(item["updated_at"]),
        _number(item["duration_months"]),
        _to_rule(item["rule"]) if item["rule"] else None,
        item["archived"],
        int(item["version"]),
    )


def _from_rule(rule: QualificationRule) -> Item:
    return {
        "currency": rule.currency,
        "min_order_minor": rule.min_order_minor,
        "min_spend_minor": rule.min_spend_minor,
        "min_orders": rule.min_orders,
        "within_months": rule.within_months,
    }


def _to_rule(item: Item) -> QualificationRule:
    return QualificationRule(
        item["currency"],
        _number(item["min_order_minor"]),
        _number(item["min_spend_minor"]),
        _number(item["min_orders"]),
        _number(item["within_months"]),
    )


def _number(value: object) -> int | None:
    return None if value is None else int(str(value))
