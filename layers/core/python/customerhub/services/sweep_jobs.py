"""Tell the workers of jobs that are due and that no message brings: it was lost, or its worker was."""

import random
from collections.abc import Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime

from customerhub.domain.attempt import told_of
from customerhub.domain.job import Job, JobChange
from customerhub.errors import LostRace
from customerhub.ports import Clock
from customerhub.ports.jobs import JobQueue, JobStore

PAGE = 200
TOGETHER = 25
"""Jobs of one transaction: one that has changed meanwhile keeps the others only until they are written one by one."""


@dataclass(frozen=True)
class Swept:
    """How many jobs were found due, and how many of them the workers were told of: the others have changed meanwhile,
    and concern somebody else."""

    found: int
    sent: int


def sweep_jobs(until: datetime, *, jobs: JobStore, queue: JobQueue, clock: Clock) -> Swept:
    """Send what is due, the longest due first, until nothing is or it is `until`.

    A job is sent after its next turn with the sweep was written, some minutes ahead and further the longer it has
    waited: a backlog is not sent again every minute, and a message that is lost on the way is sent again then. Raises
    StoreUnavailable and ServiceUnavailable, after which the next sweep goes on.
    """
    found = sent = 0
    while clock.now() < until:
        page = jobs.due_jobs(clock.now(), PAGE)
        told = 0
        for start in range(0, len(page), TOGETHER):
            quiet = _put_off(page[start : start + TOGETHER], jobs, clock)
            queue.send(quiet)
            told += len(quiet)
            if clock.now() >= until:
                break
        found, sent = found + len(page), sent + told
        if not told:
            break
    return Swept(found, sent)


def _put_off(due: Sequence[Job], jobs: JobStore, clock: Clock) -> list[Job]:
    """Those that are put off, together or else one by one."""
    now = clock.now()
    changes = [JobChange(told_of(job, now, random.random()), job) for job in due]  # noqa: S311 - spreads work
    try:
        jobs.write_jobs(changes)
    except LostRace:
        return [change.stored for change in changes if _is_written(change, jobs)]
    return [change.stored for change in changes]


def _is_written(change: JobChange, jobs: JobStore) -> bool:
    with suppress(LostRace):
        jobs.write_jobs([change])
        return True
    return False
