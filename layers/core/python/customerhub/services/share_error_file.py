"""The rows that failed are handed out."""

from customerhub.domain.caller import Caller
from customerhub.domain.ids import ImportId
from customerhub.domain.imports.run import (
    ENDED,
    FILE_LIFETIME,
    ImportRun,
    error_file_key,
)
from customerhub.errors import Gone, NotFound, StateConflict
from customerhub.ports import Clock
from customerhub.ports.imports import ImportFiles, ImportStore
from customerhub.services.get_import import get_import


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
