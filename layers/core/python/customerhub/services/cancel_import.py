"""An import is asked to stop."""

from dataclasses import replace

from customerhub.domain.caller import TrustedCaller
from customerhub.domain.ids import ImportId
from customerhub.domain.imports.run import ENDED, ImportRun, ImportStatus
from customerhub.errors import StateConflict
from customerhub.ports import Clock
from customerhub.ports.imports import ImportQueue, ImportStore
from customerhub.services.attempts import attempts
from customerhub.services.get_import import get_import
from customerhub.services.tell_queue import tell_import_queue


def cancel_import(
    import_id: ImportId, caller: TrustedCaller, *, imports: ImportStore, queue: ImportQueue, clock: Clock
) -> ImportRun:
    """End the import: at once where it was not started, else after the page that is being worked. What was done stays.

    Idempotent. Raises Forbidden, NotFound, StateConflict for one that has ended otherwise, and StoreUnavailable.
    """

    def attempt() -> ImportRun:
        run = get_import(import_id, caller, imports=imports)
        if run.status is ImportStatus.CANCELLED or run.cancel_requested:
            return run
        if run.status in ENDED:
            raise StateConflict("the import has ended already", code="already_ended")
        if run.status is ImportStatus.RUNNING:
            return imports.put_import(replace(run, cancel_requested=True))
        now = clock.now()
        return imports.put_import(replace(run, status=ImportStatus.CANCELLED, finished_at=now, updated_at=now))

    run = attempts(clock, attempt)
    if run.status is ImportStatus.RUNNING:
        tell_import_queue(run, queue=queue)
    return run
