"""How an import is to be read is settled, before anything is done."""

from collections.abc import Mapping
from dataclasses import dataclass, replace

from customerhub.domain.caller import Scope, TrustedCaller
from customerhub.domain.ids import ImportId, StageId
from customerhub.domain.imports.encoding import Encoding
from customerhub.domain.imports.fields import Field
from customerhub.domain.imports.layout import Head
from customerhub.domain.imports.mapping import ColumnFields, guess_columns, stated_columns
from customerhub.domain.imports.run import NOT_STARTED, ImportRun, ImportStatus, StoredFile
from customerhub.errors import InvalidInput, StateConflict
from customerhub.ports import Clock
from customerhub.ports.club import ClubStore
from customerhub.ports.imports import ImportFiles, ImportStore
from customerhub.services.get_import import get_import
from customerhub.services.read_import_file import read_file_head, uploaded_file


@dataclass(frozen=True)
class Reading:
    """How the caller says that the file is to be read; None: as it was found out, or as a preview has said.

    `mapping` goes from columns' names to fields. `stage` is whom everybody is enrolled in whose row says no other one;
    with `may_move` members of another stage go on to theirs.
    """

    mapping: Mapping[str, str] | None = None
    encoding: Encoding | None = None
    delimiter: str | None = None
    has_header: bool | None = None
    stage: StageId | None = None
    may_move: bool | None = None


@dataclass(frozen=True)
class Prepared:
    """An import with how it is to be read, and the head of its file."""

    run: ImportRun
    head: Head


def prepare_import(
    import_id: ImportId,
    reading: Reading,
    caller: TrustedCaller,
    *,
    imports: ImportStore,
    files: ImportFiles,
    club: ClubStore,
    clock: Clock,
) -> Prepared:
    """The import as `reading` has it, not stored yet.

    What an earlier preview said counts where this one says nothing. Raises Forbidden, NotFound, StateConflict for one
    that was started already or whose file is not there, InvalidInput (fields `file`, `mapping`, `stageId`), and
    RetryLater.
    """
    run = get_import(import_id, caller, imports=imports)
    if run.status not in NOT_STARTED:
        raise StateConflict("the import was started already", code="already_started")
    file = uploaded_file(run, files=files)
    head = _read_head(run, file, reading, files)
    columns, stage = _columns(run, file, head, reading), reading.stage or run.stage
    if stage or Field.STAGE in columns:
        caller.require(Scope.CLUB_ENROLL)
    if stage:
        check_stage(stage, caller, club)
    prepared = replace(
        run,
        status=ImportStatus.PREVIEWED,
        file=file,
        layout=head.layout,
        columns=columns,
        stage=stage,
        may_move=run.may_move if reading.may_move is None else reading.may_move,
        place=head.layout.first,
        updated_at=clock.now(),
    )
    return Prepared(prepared, head)


def _read_head(run: ImportRun, file: StoredFile, reading: Reading, files: ImportFiles) -> Head:
    """As stated, else as found out before, else as it looks."""
    known = run.layout if run.file == file else None
    return read_file_head(
        run,
        file,
        files=files,
        encoding=reading.encoding or (known.encoding if known else None),
        delimiter=reading.delimiter or (known.delimiter if known else None),
        has_header=reading.has_header if reading.has_header is not None else (known.has_header if known else None),
    )


def _columns(run: ImportRun, file: StoredFile, head: Head, reading: Reading) -> ColumnFields:
    if reading.mapping is not None:
        return stated_columns(head, reading.mapping)
    is_known = run.columns is not None and run.file == file and run.layout == head.layout
    return run.columns if is_known and run.columns is not None else guess_columns(head)


def check_stage(stage: StageId, caller: TrustedCaller, club: ClubStore) -> None:
    """Raise InvalidInput, field `stageId`, for a stage that nobody enters."""
    found = club.get_stage(caller.tenant.id, stage)
    if found is None:
        raise InvalidInput("there is no such stage", code="unknown_stage", field="stageId")
    if found.archived:
        raise InvalidInput("this stage is archived: nobody enters it", code="stage_archived", field="stageId")
