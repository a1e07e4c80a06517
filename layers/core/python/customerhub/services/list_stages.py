"""A tenant's stages."""

from collections.abc import Sequence

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.stage import Stage
from customerhub.ports.club import ClubStore


def list_stages(caller: Caller, *, with_archived: bool, club: ClubStore) -> Sequence[Stage]:
    """By rank, the archived ones only if asked for. One round trip. Raises Forbidden without club:read."""
    caller.require(Scope.CLUB_READ)
    return [stage for stage in club.list_stages(caller.tenant.id) if with_archived or not stage.archived]
