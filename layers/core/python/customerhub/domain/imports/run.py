"""An import: one spreadsheet on its way into the hub."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from enum import StrEnum

from customerhub.domain.caller import Scope
from customerhub.domain.ids import CredentialId, ImportId, StageId, TenantId
from customerhub.domain.imports.layout import Layout
from customerhub.domain.imports.mapping import SOURCE, ColumnFields
from customerhub.domain.imports.reader import START, Place
from customerhub.domain.imports.verdict import CORRECTABLE, RowVerdict
from customerhub.domain.job import Lease
from customerhub.domain.verdict import Counts

MAX_FILE_BYTES = 1_000_000_000
UPLOAD_LIFETIME = timedelta(minutes=15)
FILE_LIFETIME = timedelta(days=7)
"""After that the bucket has deleted the file, and the file of errors."""
RETENTION = timedelta(days=90)
"""How long the import and its verdicts are kept."""


class ImportStatus(StrEnum):
    """Where an import stands."""

    AWAITING_UPLOAD = "awaiting_upload"
    UPLOADED = "uploaded"
    PREVIEWED = "previewed"
    RUNNING = "running"
    COMPLETED = "completed"
    CANCELLED = "cancelled"
    FAILED = "failed"


NOT_STARTED = frozenset({ImportStatus.AWAITING_UPLOAD, ImportStatus.UPLOADED, ImportStatus.PREVIEWED})
ENDED = frozenset({ImportStatus.COMPLETED, ImportStatus.CANCELLED, ImportStatus.FAILED})


@dataclass(frozen=True)
class StoredFile:
    """A file that is there; `tag` is another one once its content is."""

    size: int
    tag: str


@dataclass(frozen=True)
class ImportRun:
    """One import.

    Its people are enrolled in `stage` unless their row says another one; with `may_move` members of another stage go
    on to theirs. `place` is the first row without a verdict. `scopes` are what its creator might do when it was
    started: it works as the creator. `lease` says who is at it; `nudged_at` when a message was last sent because nobody
    was. `reason` says why it failed. `has_error_file`: rows failed, and their file was written. `version` counts the
    writes; 0 is not stored yet.
    """

    tenant: TenantId
    id: ImportId
    created_by: CredentialId
    created_at: datetime
    updated_at: datetime
    status: ImportStatus = ImportStatus.AWAITING_UPLOAD
    file_name: str | None = None
    source: str = SOURCE
    stage: StageId | None = None
    may_move: bool = False
    scopes: frozenset[Scope] = frozenset()
    file: StoredFile | None = None
    layout: Layout | None = None
    columns: ColumnFields | None = None
    place: Place = START
    counts: Counts = field(default_factory=Counts)
    started_at: datetime | None = None
    finished_at: datetime | None = None
    cancel_requested: bool = False
    lease: Lease | None = None
    nudged_at: datetime | None = None
    reason: str | None = None
    has_error_file: bool = False
    version: int = 0

    def is_leased(self, now: datetime) -> bool:
        """Whether a worker is at it."""
        return self.lease is not None and self.lease.until > now

    def after_page(self, page: Sequence[RowVerdict], place: Place, now: datetime) -> "ImportRun":
        """With the verdicts of the rows from `place` of this one up to the given one."""
        counts = self.counts.plus((one.verdict for one in page), rows=place.row - self.place.row)
        return replace(self, place=place, counts=counts, updated_at=now)

    @property
    def has_correctable_rows(self) -> bool:
        """Whether there is anything for the error file."""
        return any(self.counts.of(verdict) for verdict in CORRECTABLE)

    @property
    def bytes_done(self) -> int:
        """Of the file. What is no row, an odd last byte, counts once everything is done."""
        if self.status is ImportStatus.COMPLETED and self.file:
            return self.file.size
        return self.place.offset if self.started_at else 0

    @property
    def rows_per_second(self) -> float | None:
        """Since it was started, waiting included; None before that."""
        if not self.started_at:
            return None
        seconds = ((self.finished_at or self.updated_at) - self.started_at).total_seconds()
        return self.counts.rows / seconds if seconds > 0 else None


@dataclass(frozen=True)
class VerdictPage:
    """The verdicts of rows that follow one another; `verdicts` is never empty."""

    verdicts: tuple[RowVerdict, ...]

    @property
    def first(self) -> int:
        """The number of the first row."""
        return self.verdicts[0].row


def upload_key(tenant: TenantId, import_id: ImportId) -> str:
    """Where the spreadsheet is put."""
    return f"{tenant}/{import_id}/upload"


def error_file_key(tenant: TenantId, import_id: ImportId) -> str:
    """Where the file of rows that failed is put."""
    return f"{tenant}/{import_id}/errors"
