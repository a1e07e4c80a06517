"""The uploaded file of an import: its head, and its rows from anywhere on."""

from collections.abc import Iterator

from customerhub.domain.imports.encoding import Encoding
from customerhub.domain.imports.layout import HEAD_BYTES, Head, Layout, read_head
from customerhub.domain.imports.reader import Place, Row, read_rows
from customerhub.domain.imports.run import MAX_FILE_BYTES, ImportRun, StoredFile, upload_key
from customerhub.errors import InvalidInput, StateConflict
from customerhub.ports.imports import ImportFiles

BLOCK_BYTES = 1_048_576
"""Read at once: memory holds two of them at most, and a file of 200 MB takes 200 requests."""


def uploaded_file(run: ImportRun, *, files: ImportFiles) -> StoredFile:
    """The file as it is there now. Raises StateConflict (code `not_uploaded`) where there is none, and InvalidInput for
    one that is empty or too large."""
    file = files.describe(upload_key(run.tenant, run.id))
    if file is None:
        raise StateConflict("no file was uploaded yet, or it was deleted after seven days", code="not_uploaded")
    if file.size == 0:
        raise InvalidInput("the file is empty", code="empty_file", field="file")
    if file.size > MAX_FILE_BYTES:
        limit = MAX_FILE_BYTES // 1_000_000
        raise InvalidInput(f"the file is larger than {limit} MB: split it", code="file_too_large", field="file")
    return file


def read_file_head(
    run: ImportRun,
    file: StoredFile,
    *,
    files: ImportFiles,
    encoding: Encoding | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
) -> Head:
    """What the head tells. Raises what `read_head` and `ImportFiles.read` raise."""
    content = files.read(upload_key(run.tenant, run.id), file, 0, HEAD_BYTES)
    is_whole = len(content) >= file.size
    return read_head(content, is_whole=is_whole, encoding=encoding, delimiter=delimiter, has_header=has_header)


def rows_of_file(
    run: ImportRun, file: StoredFile, layout: Layout, place: Place, *, files: ImportFiles
) -> Iterator[Row]:
    """The rows from `place` on, read block by block as they are asked for. Raises what `ImportFiles.read` raises."""

    def blocks() -> Iterator[bytes]:
        for start in range(place.offset, file.size, BLOCK_BYTES):
            yield files.read(upload_key(run.tenant, run.id), file, start, BLOCK_BYTES)

    return read_rows(blocks(), layout.encoding, layout.delimiter, place)
