"""Runs that stand still go on: their message was lost, or their worker."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from customerhub.domain.run import Run
from customerhub.errors import LostRace
from customerhub.services.run_parts import RunParts

QUIET = timedelta(minutes=1)
"""A page takes seconds, and so does a message."""
AGAIN = timedelta(minutes=5)
"""After that another message is sent: the last one may still wait in a long queue."""
PAGE = 50


def resume_runs(*, parts: RunParts) -> int:
    """Send a message for each run of any tenant that is due and that nobody is at; how many there were. Idempotent: a
    worker takes a run by a lease. Two round trips for each fifty that have not ended, and two for each that stands
    still. Raises StoreUnavailable, and ServiceUnavailable where the queue takes nothing."""
    after, resumed = None, 0
    while True:
        page = parts.runs.unfinished(after, PAGE)
        for run in page.items:
            now = parts.clock.now()
            if not _stands_still(run, now):
                continue
            with suppress(LostRace):  # somebody is at it after all
                parts.runs.put_run(replace(run, nudged_at=now))
                parts.queue.send([(run.tenant, run.id)])
                resumed += 1
        if page.after is None:
            return resumed
        after = page.after


def _stands_still(run: Run, now: datetime) -> bool:
    if run.is_leased(now) or not run.is_due(now) or (run.nudged_at and now < run.nudged_at + AGAIN):
        return False
    moments = (run.updated_at, run.due_at, run.lease.until if run.lease else None)
    last = max((moment for moment in moments if moment and moment <= now), default=now)
    return now >= last + QUIET
