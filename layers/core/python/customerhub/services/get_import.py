"""An import is read."""

from dataclasses import replace

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.ids import ImportId
from customerhub.domain.imports.run import (
    ImportRun,
    ImportStatus,
    upload_key,
)
from customerhub.errors import LostRace, NotFound
from customerhub.ports import Clock
from customerhub.ports.imports import ImportFiles, ImportStore


def get_import(import_id: ImportId, caller: Caller, *, imports: ImportStore) -> ImportRun:
    """One import of the caller's tenant. Raises Forbidden without imports:write, NotFound and StoreUnavailable."""
    caller.require(Scope.IMPORTS_WRITE)
    run = imports.get_import(caller.tenant.id, import_id)
    if run is None:
        raise NotFound("there is no such import")
    return run


def watch_import(
    import_id: ImportId, caller: Caller, *, imports: ImportStore, files: ImportFiles, clock: Clock
) -> ImportRun:
    """The same; one whose file has arrived meanwhile is `uploaded` from now on. Raises ServiceUnavailable besides."""
    run = get_import(import_id, caller, imports=imports)
    if run.status is not ImportStatus.AWAITING_UPLOAD:
        return run
    file = files.describe(upload_key(run.tenant, run.id))
    if file is None:
        return run
    uploaded = replace(run, status=ImportStatus.UPLOADED, file=file, updated_at=clock.now())
    try:
        return imports.put_import(uploaded)
    except LostRace:
        return get_import(import_id, caller, imports=imports)
