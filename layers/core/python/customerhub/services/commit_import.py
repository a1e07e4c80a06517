"""An import is started."""

from dataclasses import replace

from customerhub.domain.caller import Scope, TrustedCaller
from customerhub.domain.ids import ImportId
from customerhub.domain.imports.mapping import require_identifiers
from customerhub.domain.imports.run import ImportRun, ImportStatus
from customerhub.ports import Clock
from customerhub.ports.club import ClubStore
from customerhub.ports.imports import ImportFiles, ImportQueue, ImportStore
from customerhub.services.attempts import attempts
from customerhub.services.prepare_import import Reading, prepare_import
from customerhub.services.tell_queue import tell_import_queue


def commit_import(
    import_id: ImportId,
    reading: Reading,
    caller: TrustedCaller,
    *,
    imports: ImportStore,
    files: ImportFiles,
    queue: ImportQueue,
    club: ClubStore,
    clock: Clock,
) -> ImportRun:
    """Start the work; from then on the uploaded file must stay as it is.

    Raises what `prepare_import` raises, InvalidInput (field `mapping`) where no column tells who is meant, and
    Forbidden without customers:write, and without club:enroll where anybody is enrolled. Repeated after it was started:
    a StateConflict with code `already_started`.
    """
    caller.require(Scope.IMPORTS_WRITE)
    caller.require(Scope.CUSTOMERS_WRITE)

    def attempt() -> ImportRun:
        prepared = prepare_import(import_id, reading, caller, imports=imports, files=files, club=club, clock=clock)
        require_identifiers(prepared.run.columns or ())
        now = clock.now()
        started = replace(
            prepared.run, status=ImportStatus.RUNNING, scopes=caller.scopes, started_at=now, updated_at=now
        )
        return imports.start_import(replace(started, created_by=caller.credential))

    run = attempts(clock, attempt)
    tell_import_queue(run, queue=queue)
    return run
