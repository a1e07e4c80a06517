"""A run that the schedule has asked for begins, where there is need of it."""

from contextlib import suppress
from dataclasses import replace
from datetime import timedelta
from enum import StrEnum

from customerhub.domain.run import SCHEDULE, Run, RunKind, RunStart
from customerhub.errors import ServiceUnavailable
from customerhub.services.run_parts import PullParts
from customerhub.services.start_run import start_run

RECENT = timedelta(minutes=30)
"""What was pulled by a run that was started since is not pulled again."""
COMPARED_LATELY = timedelta(hours=12)
"""What was compared since is not compared again: the schedule wants it daily, and a message may come twice."""
POSTPONED_S = 900
MAX_TRIES = 40
"""Ten hours: a comparison that does not get its turn until then has the next day's to follow it."""


class NoNeed(StrEnum):
    """Why no run began."""

    RECENTLY_SYNCED = "recently_synced"
    RECENTLY_COMPARED = "recently_compared"
    RUN_UNDER_WAY = "run_under_way"
    """Another one does as much, or more."""
    POSTPONED = "postponed"
    """Another one that does less is under way; a message comes once more in a quarter of an hour."""
    INTEGRATION_INACTIVE = "integration_inactive"


def begin_run(start: RunStart, *, parts: PullParts) -> Run | NoNeed:
    """The run, new or under way, for the caller to work; or why there is none to be worked. Idempotent, for as long as
    is called recent. Four round trips. Raises StoreUnavailable."""
    integration = parts.club.integrations.get_integration(start.tenant, start.integration)
    if integration is None or not integration.active:
        return NoNeed.INTEGRATION_INACTIVE
    if start.kind is RunKind.PULL and _is_recent(start, parts):
        return NoNeed.RECENTLY_SYNCED
    if start.kind is RunKind.COMPARE and _was_compared(start, parts):
        return NoNeed.RECENTLY_COMPARED
    run = start_run(integration, start.kind, SCHEDULE, parts=parts.starting, tells=False)
    if run.kind is start.kind:
        return run
    if start.kind is RunKind.PULL or start.tries >= MAX_TRIES:
        return NoNeed.RUN_UNDER_WAY
    with suppress(ServiceUnavailable):
        parts.queue.send_starts([replace(start, tries=start.tries + 1)], POSTPONED_S)
    return NoNeed.POSTPONED


def _is_recent(start: RunStart, parts: PullParts) -> bool:
    """By when the last one began: what changed while it went on it may have passed by."""
    last = parts.runs.get_pull_state(start.tenant, start.integration).last_began_at
    return last is not None and parts.club.clock.now() < last + RECENT


def _was_compared(start: RunStart, parts: PullParts) -> bool:
    drift = parts.runs.get_drift(start.tenant, start.integration)
    return drift is not None and parts.club.clock.now() < drift.compared_at + COMPARED_LATELY
