"""Imports are read."""

from dataclasses import replace

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.ids import ImportId
from customerhub.domain.imports.run import (
    ENDED,
    FILE_LIFETIME,
    ImportRun,
    ImportStatus,
    error_file_key,
    upload_key,
)
from customerhub.domain.imports.verdict import RowVerdict, Verdict
from customerhub.domain.page import Page
from customerhub.errors import Gone, LostRace, NotFound, StateConflict
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


def list_imports(caller: Caller, before: str | None, limit: int, *, imports: ImportStore) -> Page[ImportRun]:
    """A page of the tenant's imports, the newest first. Raises Forbidden and StoreUnavailable."""
    caller.require(Scope.IMPORTS_WRITE)
    return imports.list_imports(caller.tenant.id, before, limit)


def list_import_rows(
    import_id: ImportId,
    verdict: Verdict | None,
    caller: Caller,
    after: str | None,
    limit: int,
    *,
    imports: ImportStore,
) -> Page[RowVerdict]:
    """A page of the verdicts so far, in the order of the rows. Raises what `get_import` raises."""
    run = get_import(import_id, caller, imports=imports)
    return imports.list_rows(run.tenant, run.id, verdict, after, limit)


def share_error_file(
    import_id: ImportId, caller: Caller, *, imports: ImportStore, files: ImportFiles, clock: Clock
) -> tuple[ImportRun, str]:
    """A URL by which the rows that failed can be fetched, to be corrected and sent again.

    Raises what `get_import` raises; StateConflict while the import has not ended, NotFound where no row failed, and
    Gone once the file was deleted.
    """
    run = get_import(import_id, caller, imports=imports)
    if run.status not in ENDED:
        raise StateConflict("the file is made when the import has ended", code="import_not_ended")
    if not run.has_error_file:
        raise NotFound("no row failed", code="no_failed_rows")
    ended_at = run.finished_at or run.updated_at
    if clock.now() >= ended_at + FILE_LIFETIME or files.describe(error_file_key(run.tenant, run.id)) is None:
        kept = f"the files of an import are deleted after {FILE_LIFETIME.days} days"
        raise Gone(kept, code="file_expired")
    name = f"import-{run.id}-errors.csv"
    return run, files.download_url(error_file_key(run.tenant, run.id), name)
