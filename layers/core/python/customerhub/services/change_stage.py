"""Staff change a stage, or archive it."""

from collections.abc import Callable

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.enrollment import EnrollmentStatus
from customerhub.domain.ids import StageId
from customerhub.domain.stage import archived, require_room
from customerhub.domain.stage_values import StageValues, with_values
from customerhub.errors import StateConflict
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.find_stage import get_stage
from customerhub.services.write_stage import StageWritten, write_stage


def change_stage(
    stage_id: StageId,
    values: StageValues,
    caller: Caller,
    *,
    parts: ClubParts,
    before_write: Callable[[], object] = lambda: None,
) -> StageWritten:
    """Put the values in the place of those known; another name or discount is owed to every active integration, in the
    same transaction. Another duration counts for those who enroll from now on. Nothing new means no write.

    Raises NotFound, Forbidden without club:write, InvalidInput, StateConflict with code `name_taken`, or
    `stage_archived` for one that is archived, TooMuchContention and StoreUnavailable.
    """
    caller.require(Scope.CLUB_WRITE)
    tenant = caller.tenant.id

    def attempt() -> StageWritten:
        stage, stages = get_stage(stage_id, caller, club=parts.club), parts.club.list_stages(tenant)
        if stage.archived:
            raise StateConflict("this stage is archived, and stays as it is", code="stage_archived")
        now = parts.clock.now()
        changed = with_values(stage, values, stages, now)
        if changed is stage:
            before_write()
            return StageWritten(stage)
        require_room(changed, stages)
        return write_stage(changed, stage, now, parts=parts, before_write=before_write)

    return attempts(parts.clock, attempt)


def archive_stage(
    stage_id: StageId,
    caller: Caller,
    *,
    parts: ClubParts,
    before_write: Callable[[], object] = lambda: None,
) -> StageWritten:
    """Let nobody enter the stage any more, and owe it to every active integration to withdraw its discount, in one
    transaction; its name is free. A repeated call finds it done.

    Whoever is a member must be moved or cancelled before. The list that tells is a moment late: who enters at the same
    moment stays a member, without the discount, until staff move them.
    Raises NotFound, Forbidden without club:write, StateConflict with code `stage_in_use` while it has members,
    TooMuchContention and StoreUnavailable.
    """
    caller.require(Scope.CLUB_WRITE)

    def attempt() -> StageWritten:
        stage = get_stage(stage_id, caller, club=parts.club)
        if stage.archived:
            before_write()
            return StageWritten(stage)
        if _has_members(stage_id, caller, parts):
            raise StateConflict("this stage has members: move or cancel them first", code="stage_in_use")
        now = parts.clock.now()
        return write_stage(archived(stage, now), stage, now, parts=parts, before_write=before_write)

    return attempts(parts.clock, attempt)


def _has_members(stage_id: StageId, caller: Caller, parts: ClubParts) -> bool:
    """Read on where a page has nobody who is still a member."""
    after = None
    while True:
        page = parts.club.list_enrollments(caller.tenant.id, [stage_id], EnrollmentStatus.ACTIVE, after, 50)
        if page.items or page.after is None:
            return bool(page.items)
        after = page.after
