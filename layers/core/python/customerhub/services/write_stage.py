"""A stage is written with what the shops are owed because of it."""

from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import datetime

from customerhub.domain.club import owed
from customerhub.domain.job import Job, JobChange
from customerhub.domain.owing import sync_stage
from customerhub.domain.stage import Stage, changes_offer
from customerhub.services.club_parts import ClubParts


@dataclass(frozen=True)
class StageWritten:
    """A stage as it is stored now, and the jobs that the workers should be told of."""

    stage: Stage
    jobs: tuple[Job, ...] = ()


def write_stage(
    stage: Stage,
    before: Stage | None,
    now: datetime,
    *,
    parts: ClubParts,
    before_write: Callable[[], object],
) -> StageWritten:
    """One transaction: the stage, and a job for each active integration where it has another discount to offer than
    before. Raises LostRace."""
    changes: tuple[JobChange, ...] = ()
    if changes_offer(before, stage):
        debts = [sync_stage(stage.tenant, one, stage.id) for one in parts.active_integrations(stage.tenant)]
        known = parts.jobs.get_jobs(stage.tenant, [debt.job for debt in debts]) if before and debts else {}
        changes = owed(debts, known, now)
    before_write()
    parts.club.write_stage(stage, before, changes)
    return StageWritten(replace(stage, version=stage.version + 1), tuple(change.after for change in changes))
