"""Spreadsheets on their way into the hub."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from customerhub.domain.ids import ImportId, TenantId
    from customerhub.domain.imports.run import ImportRun, StoredFile, VerdictPage
    from customerhub.domain.imports.verdict import RowVerdict
    from customerhub.domain.page import Page
    from customerhub.domain.verdict import Verdict


class ImportStore(Protocol):
    """Imports and the verdicts on their rows. Reads are strongly consistent unless they say otherwise; every method
    raises StoreUnavailable on a fault, and writes LostRace when the import changed since it was read."""

    def get_import(self, tenant: TenantId, import_id: ImportId) -> ImportRun | None:
        """One import. One round trip."""

    def list_imports(self, tenant: TenantId, before: str | None, limit: int) -> Page[ImportRun]:
        """A tenant's, the newest first, as of a moment ago."""

    def put_import(self, run: ImportRun) -> ImportRun:
        """Replace what was read, or keep what is new; the import as it is stored now."""

    def start_import(self, run: ImportRun) -> ImportRun:
        """The same of one that is to be worked from now on: `unfinished` tells of it."""

    def commit_page(self, run: ImportRun, page: VerdictPage) -> ImportRun:
        """The import after a page, with the page's verdicts, in one transaction."""

    def end_import(self, run: ImportRun) -> ImportRun:
        """The import as it has ended, in one transaction with what `unfinished` knew it by."""

    def unfinished(self, after: str | None, limit: int) -> Page[ImportRun]:
        """Imports of all tenants that were started and have not ended, the oldest first, as of a moment ago."""

    def verdict_pages(self, tenant: TenantId, import_id: ImportId) -> Iterator[VerdictPage]:
        """The verdicts of all rows, in order, read page by page."""

    def list_rows(
        self, tenant: TenantId, import_id: ImportId, verdict: Verdict | None, after: str | None, limit: int
    ) -> Page[RowVerdict]:
        """The verdicts on rows, in order; with `verdict` those alone. The cost follows `limit`."""


class ImportFiles(Protocol):
    """Uploaded files, and those that are made of them; the bucket forgets each after seven days. Every method raises
    ServiceUnavailable on a fault."""

    def upload_url(self, key: str, content_type: str, size: int | None) -> str:
        """A URL to which a file may be put for a quarter of an hour: of that type, and of that size if one is given."""

    def download_url(self, key: str, file_name: str) -> str:
        """A URL by which a file may be fetched for a quarter of an hour."""

    def describe(self, key: str) -> StoredFile | None:
        """The file; None where there is none, or none any more."""

    def read(self, key: str, file: StoredFile, start: int, size: int) -> bytes:
        """Up to `size` bytes from `start` on. Raises Gone (code `file_expired`) where the file is not there any more,
        and StateConflict (code `file_changed`) where it is another one by now."""

    def write(self, key: str, content: Iterable[bytes], content_type: str) -> None:
        """Keep a file of any length, in memory that does not grow with it; there is either all of it or none."""


class ImportQueue(Protocol):
    """Tells the workers to go on with an import. Raises ServiceUnavailable."""

    def send(self, imports: Sequence[tuple[TenantId, ImportId]]) -> None:
        """Have each import looked at soon. One that is told of twice is worked once."""
