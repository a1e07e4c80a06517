"""The file of rows that failed or are in conflict, made from the uploaded file and the verdicts."""

from collections.abc import Iterator

from customerhub.domain.imports.error_file import ErrorFile
from customerhub.domain.imports.run import ImportRun, error_file_key
from customerhub.domain.imports.verdict import CORRECTABLE, RowVerdict
from customerhub.domain.verdict import Counts
from customerhub.ports.imports import ImportFiles, ImportStore
from customerhub.services.read_import_file import read_file_head, rows_of_file

CONTENT_TYPE = "text/csv; charset=utf-8"


class NotStartedError(Exception):
    """Only an import that was started has rows with verdicts."""


def count_verdicts(run: ImportRun, *, imports: ImportStore) -> Counts:
    """The verdicts as they are stored, page by page, to be compared with what was counted on the way."""
    counts = Counts()
    for page in imports.verdict_pages(run.tenant, run.id):
        counts = counts.plus((one.verdict for one in page.verdicts), rows=len(page.verdicts))
    return counts


def write_error_file(run: ImportRun, *, imports: ImportStore, files: ImportFiles) -> None:
    """Write the file: of each row the columns that it came with, and what became of it. Made anew, it is the same.

    Memory does not grow with the rows. Raises StoreUnavailable, ServiceUnavailable, and Gone where the uploaded file
    was deleted.
    """
    if run.file is None or run.layout is None:
        raise NotStartedError(run.id)
    files.write(error_file_key(run.tenant, run.id), _content(run, imports, files), CONTENT_TYPE)


def _content(run: ImportRun, imports: ImportStore, files: ImportFiles) -> Iterator[bytes]:
    if run.file is None or run.layout is None:
        raise NotStartedError(run.id)
    layout = run.layout
    head = read_file_head(
        run,
        run.file,
        files=files,
        encoding=layout.encoding,
        delimiter=layout.delimiter,
        has_header=layout.has_header,
    )
    error_file = ErrorFile(head.names, layout.delimiter, is_again=layout.is_error_file)
    yield error_file.header()
    wrong = _correctable(run, imports)
    wanted = next(wrong, None)
    for row in rows_of_file(run, run.file, layout, layout.first, files=files):
        if wanted is None:
            return
        if row.number == wanted.row:
            yield error_file.row(row.cells, wanted)
            wanted = next(wrong, None)


def _correctable(run: ImportRun, imports: ImportStore) -> Iterator[RowVerdict]:
    for page in imports.verdict_pages(run.tenant, run.id):
        yield from (verdict for verdict in page.verdicts if verdict.verdict in CORRECTABLE)
