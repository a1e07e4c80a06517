"""A stage by its id."""

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.ids import StageId
from customerhub.domain.stage import Stage
from customerhub.errors import InvalidInput, NotFound
from customerhub.ports.club import ClubStore


def find_stage(stage_id: StageId, caller: Caller, *, club: ClubStore) -> Stage:
    """The stage, archived or not. Raises NotFound, and Forbidden without club:read."""
    caller.require(Scope.CLUB_READ)
    return get_stage(stage_id, caller, club=club)


def get_stage(stage_id: StageId, caller: Caller, *, club: ClubStore) -> Stage:
    """The stage, whatever the caller may do. Raises NotFound."""
    stage = club.get_stage(caller.tenant.id, stage_id)
    if stage is None:
        raise NotFound("there is no such stage")
    return stage


def named_stage(stage_id: StageId, caller: Caller, *, club: ClubStore) -> Stage:
    """The stage that a request names for a customer to enter. Raises InvalidInput where there is none, and Forbidden
    without club:enroll."""
    caller.require(Scope.CLUB_ENROLL)
    stage = club.get_stage(caller.tenant.id, stage_id)
    if stage is None:
        raise InvalidInput("there is no such stage", code="unknown_stage", field="stageId")
    return stage
