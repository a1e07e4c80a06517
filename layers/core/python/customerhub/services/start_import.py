"""A spreadsheet is announced: there is an import, and a place to upload the file to."""

from customerhub.domain.caller import Scope, TrustedCaller
from customerhub.domain.imports.run import MAX_FILE_BYTES, ImportRun, upload_key
from customerhub.errors import InvalidInput
from customerhub.ports.imports import ImportFiles, ImportStore

UPLOAD_CONTENT_TYPE = "text/csv"
_WORKBOOKS = (".xlsx", ".xls", ".xlsm", ".xlsb", ".ods", ".numbers")


def start_import(
    run: ImportRun, size: int | None, caller: TrustedCaller, *, imports: ImportStore, files: ImportFiles
) -> tuple[ImportRun, str]:
    """Keep the new import; a URL to which its file may be put, of `size` bytes where that is known.

    Raises Forbidden without imports:write, InvalidInput for what is no CSV by its name or is too large, and
    StoreUnavailable.
    """
    caller.require(Scope.IMPORTS_WRITE)
    if run.file_name and run.file_name.casefold().endswith(_WORKBOOKS):
        advice = "upload CSV: in Excel choose File, Save as, CSV UTF-8"
        raise InvalidInput(f"workbooks cannot be read; {advice}", code="excel_file", field="fileName")
    if size is not None and size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1_000_000
        raise InvalidInput(f"more than {limit} MB: split the file", code="file_too_large", field="sizeBytes")
    url = files.upload_url(upload_key(run.tenant, run.id), UPLOAD_CONTENT_TYPE, size)
    return imports.put_import(run), url
