"""Imports that stand still go on: their message was lost, or their worker."""

from contextlib import suppress
from dataclasses import replace
from datetime import datetime, timedelta

from customerhub.domain.imports.run import ImportRun
from customerhub.errors import LostRace
from customerhub.ports import Clock
from customerhub.ports.imports import ImportQueue, ImportStore

QUIET = timedelta(minutes=1)
"""A page takes seconds, and so does a message."""
AGAIN = timedelta(minutes=5)
"""After that another message is sent: the last one may still wait in a long queue."""
PAGE = 50


def resume_imports(*, imports: ImportStore, queue: ImportQueue, clock: Clock) -> int:
    """Send a message for each import of any tenant that nobody is at; how many there were. Idempotent: a worker takes
    an import by a lease. Raises StoreUnavailable, and ServiceUnavailable where the queue takes nothing."""
    after, resumed = None, 0
    while True:
        page = imports.unfinished(after, PAGE)
        for run in page.items:
            now = clock.now()
            if not _stands_still(run, now):
                continue
            with suppress(LostRace):  # somebody is at it after all
                imports.put_import(replace(run, nudged_at=now))
                queue.send([(run.tenant, run.id)])
                resumed += 1
        if page.after is None:
            return resumed
        after = page.after


def _stands_still(run: ImportRun, now: datetime) -> bool:
    if run.is_leased(now) or (run.nudged_at and now < run.nudged_at + AGAIN):
        return False
    last = max(run.updated_at, run.lease.until if run.lease else run.updated_at)
    return now >= last + QUIET
