"""Staff make a stage."""

from collections.abc import Callable

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.stage import Stage, require_room
from customerhub.domain.stage_values import StageValues, new_stage
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.write_stage import StageWritten, write_stage


def create_stage(
    values: StageValues,
    caller: Caller,
    *,
    parts: ClubParts,
    before_write: Callable[[], object] = lambda: None,
) -> StageWritten:
    """A new stage, which is owed to every active integration, in one transaction.

    Raises Forbidden without club:write, InvalidInput, StateConflict with code `name_taken` where another stage bears
    the name or `too_many_stages`, TooMuchContention and StoreUnavailable.
    """
    caller.require(Scope.CLUB_WRITE)
    tenant = caller.tenant.id

    def attempt() -> StageWritten:
        stages, now = parts.club.list_stages(tenant), parts.clock.now()
        stage: Stage = new_stage(tenant, values, stages, now)
        require_room(stage, stages)
        return write_stage(stage, None, now, parts=parts, before_write=before_write)

    return attempts(parts.clock, attempt)
