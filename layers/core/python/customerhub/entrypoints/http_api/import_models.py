"""Imports as JSON."""

from collections.abc import Sequence
from typing import Annotated, Literal

from pydantic import AwareDatetime, Field, StringConstraints

from customerhub.domain.ids import StageId
from customerhub.domain.imports.encoding import Encoding
from customerhub.domain.imports.fields import Field as ColumnField
from customerhub.domain.imports.layout import Head, printable
from customerhub.domain.imports.mapping import ColumnFields, is_blank, read_row
from customerhub.domain.imports.reader import Row
from customerhub.domain.imports.run import MAX_FILE_BYTES, ImportRun
from customerhub.domain.imports.verdict import RowVerdict
from customerhub.domain.verdict import Counts, Verdict
from customerhub.entrypoints.http_api.customer_models import Source
from customerhub.entrypoints.http_api.customer_timeline import ActorBody
from customerhub.entrypoints.http_api.models import Body, RequestBody
from customerhub.errors import InvalidInput
from customerhub.services.prepare_import import Reading
from customerhub.services.preview_import import Preview

SAMPLES = 5
SHOWN_ROWS = 20
FileName = Annotated[str, StringConstraints(min_length=1, max_length=200, pattern=r"^[^\x00-\x1f\x7f]*$")]
Id = Annotated[str, StringConstraints(min_length=1, max_length=64)]
Heading = Annotated[str, StringConstraints(min_length=1, max_length=120)]
Mapping = Annotated[
    dict[Heading, ColumnField],
    Field(
        max_length=200,
        description=(
            "What each column is, by the name that the preview gives it; a column that is not named is not read. Of "
            "several columns for one field the first that says something counts."
        ),
    ),
]
Encodings = Literal["utf-8", "utf-16-le", "utf-16-be", "windows-1252"]
Delimiter = Literal[",", ";", "\t", "|"]


class NewImport(RequestBody):
    """What is going to be uploaded."""

    file_name: FileName | None = Field(None, description="For people to recognise it by.")
    size_bytes: int | None = Field(
        None, ge=1, le=MAX_FILE_BYTES, description="Where it is given, nothing of another size can be uploaded."
    )
    stage_id: Id | None = Field(None, description="Everybody is enrolled in it whose row names no other stage.")
    move_members: bool = Field(default=False, description="Members of another stage go on to the one named.")
    source: Source | None = Field(None, description="Where these people come from; `import` by default.")


class ReadingRequest(RequestBody):
    """How the file is to be read; what is left out is found out, or stays as the last preview has it."""

    mapping: Mapping | None = None
    encoding: Encodings | None = None
    delimiter: Delimiter | None = None
    has_header: bool | None = Field(None, description="Whether the first row names the columns.")
    stage_id: Id | None = None
    move_members: bool | None = None

    def to_reading(self) -> Reading:
        """As the use cases take it."""
        return Reading(
            mapping=self.mapping,
            encoding=Encoding(self.encoding) if self.encoding else None,
            delimiter=self.delimiter,
            has_header=self.has_header,
            stage=StageId(self.stage_id) if self.stage_id else None,
            may_move=self.move_members,
        )


class FileReading(Body):
    """How the file is read."""

    encoding: str = Field(examples=["utf-8"])
    delimiter: str = Field(examples=[","])
    has_header: bool
    columns: int
    is_error_file: bool = Field(description="The hub's own file of failed rows: its extra columns are not read.")


class Progress(Body):
    """How far the work has come."""

    bytes_done: int
    bytes_total: int | None
    rows_done: int
    percent: float | None = Field(description="Of the bytes; null before the upload.")
    rows_per_second: float | None


class CountsBody(Body):
    """What became of the rows: `rows` is the sum of the others."""

    rows: int
    created: int
    updated: int
    unchanged: int
    skipped: int
    conflict: int
    failed: int
    balanced: bool = Field(description="Whether it is; if not, the import has failed.")


class ImportBody(Body):
    """One import."""

    id: str
    status: Literal["awaiting_upload", "uploaded", "previewed", "running", "completed", "cancelled", "failed"]
    cancel_requested: bool
    reason: str | None = Field(description="Why it failed.")
    file_name: str | None
    source: str
    stage_id: str | None
    move_members: bool
    created_by: ActorBody
    created_at: AwareDatetime
    updated_at: AwareDatetime
    started_at: AwareDatetime | None
    finished_at: AwareDatetime | None
    reading: FileReading | None
    progress: Progress
    counts: CountsBody
    has_error_file: bool


class Upload(Body):
    """Where the file is to be put, by one `PUT` of its bytes with exactly these headers."""

    method: Literal["PUT"] = "PUT"
    url: str
    headers: dict[str, str] = Field(examples=[{"Content-Type": "text/csv"}])
    max_bytes: int
    expires_at: AwareDatetime


class NewImportResponse(Body):
    """The import and where to upload its file."""

    import_: ImportBody = Field(alias="import")
    upload: Upload


class ImportResponse(Body):
    """One import."""

    import_: ImportBody = Field(alias="import")


class ImportsResponse(Body):
    """A page of imports; `nextCursor` is null on the last one."""

    imports: list[ImportBody]
    next_cursor: str | None


class RowBody(Body):
    """What became, or would become, of a row."""

    row: int = Field(description="Its number in the file; the first row is 1, and mostly names the columns.")
    verdict: Verdict
    code: str | None = Field(description="Why.", examples=["invalid_email"])
    field: str | None = Field(description="What is at fault.", examples=["email"])
    customer_id: str | None = Field(description="Whom the row ended at.")


class RowsResponse(Body):
    """A page of verdicts; `nextCursor` is null on the last one."""

    rows: list[RowBody]
    next_cursor: str | None


class Column(Body):
    """A column, and what it is read as."""

    name: str
    field: ColumnField
    confidence: float = Field(description="From 0 to 1, of the guess; 1 for what was said in `mapping`.")
    samples: list[str]


class SampleRow(RowBody):
    """A row as it would be read."""

    values: dict[str, str | list[str]] = Field(examples=[{"email": "ann@example.com", "firstName": "Ann"}])


class PreviewResponse(Body):
    """What the import would do, told by its first rows. Nothing was written."""

    import_: ImportBody = Field(alias="import")
    columns: list[Column]
    sample: list[SampleRow] = Field(description=f"The first {SHOWN_ROWS}.")
    rows: list[RowBody] = Field(description="All that were tried.")
    counts: CountsBody = Field(description="Of the rows that were tried.")


class ErrorFileResponse(Body):
    """Where the rows that failed or are in conflict can be fetched from."""

    url: str
    rows: int
    expires_at: AwareDatetime


def import_body(run: ImportRun) -> ImportBody:
    """The body of an import."""
    kind, _, name = run.created_by.partition(":")
    layout = run.layout
    return ImportBody(
        id=run.id,
        status=run.status.value,
        cancel_requested=run.cancel_requested,
        reason=run.reason,
        file_name=run.file_name,
        source=run.source,
        stage_id=run.stage,
        move_members=run.may_move,
        created_by=ActorBody(kind=kind, id=name),
        created_at=run.created_at,
        updated_at=run.updated_at,
        started_at=run.started_at,
        finished_at=run.finished_at,
        reading=FileReading(
            encoding=layout.encoding,
            delimiter=layout.delimiter,
            has_header=layout.has_header,
            columns=layout.columns,
            is_error_file=layout.is_error_file,
        )
        if layout
        else None,
        progress=_progress(run),
        counts=counts_body(run.counts),
        has_error_file=run.has_error_file,
    )


def counts_body(counts: Counts) -> CountsBody:
    """The counts of an import or of a preview."""
    by_name = {verdict.value: counts.of(verdict) for verdict in Verdict}
    return CountsBody(rows=counts.rows, balanced=counts.is_balanced, **by_name)


def row_body(verdict: RowVerdict) -> RowBody:
    """The body of a verdict."""
    return RowBody(
        row=verdict.row,
        verdict=verdict.verdict,
        code=verdict.code,
        field=verdict.field,
        customer_id=verdict.customer,
    )


def preview_response(preview: Preview, mapping: dict[str, ColumnField] | None) -> PreviewResponse:
    """The body of a preview; `mapping` is what its caller said."""
    run, columns = preview.run, preview.run.columns or ()
    verdicts = {verdict.row: verdict for verdict in preview.verdicts}
    shown = preview.rows[:SHOWN_ROWS]
    return PreviewResponse(
        import_=import_body(run),
        columns=_columns(preview.head, columns, is_stated=mapping is not None),
        sample=[
            SampleRow(**row_body(verdicts[row.number]).model_dump(by_alias=False), values=_values(row, run, columns))
            for row in shown
        ],
        rows=[row_body(verdict) for verdict in preview.verdicts],
        counts=counts_body(preview.counts),
    )


def _progress(run: ImportRun) -> Progress:
    total = run.file.size if run.file else None
    speed = run.rows_per_second
    return Progress(
        bytes_done=run.bytes_done,
        bytes_total=total,
        rows_done=run.counts.rows,
        percent=round(100 * run.bytes_done / total, 1) if total else None,
        rows_per_second=None if speed is None else round(speed, 1),
    )


def _columns(head: Head, columns: ColumnFields, *, is_stated: bool) -> list[Column]:
    guesses = head.guesses
    bodies = []
    for number, (name, field) in enumerate(zip(head.names, columns, strict=True)):
        is_guess = not is_stated and guesses[number].field is field
        cells = (row.cells[number] for row in head.rows if len(row.cells) > number and row.cells[number].strip())
        samples = [printable(cell)[:100] for cell, _ in zip(cells, range(SAMPLES), strict=False)]
        confidence = guesses[number].confidence if is_guess else 1.0
        bodies.append(Column(name=name, field=field, confidence=confidence, samples=samples))
    return bodies


def _values(row: Row, run: ImportRun, columns: ColumnFields) -> dict[str, str | list[str]]:
    """What the row says; nothing of one that cannot be read."""
    if run.layout is None or is_blank(row):
        return {}
    try:
        said = read_row(row, columns, run.layout)
    except InvalidInput:
        return {}
    statement = said.statement
    texts = {
        ColumnField.EMAIL: statement.email,
        ColumnField.PHONE: statement.phone,
        ColumnField.FIRST_NAME: statement.first_name,
        ColumnField.LAST_NAME: statement.last_name,
        ColumnField.STAGE: said.stage,
    } | {f"address.{part}": value for part, value in statement.address.items()}
    lists = {
        ColumnField.ALLERGIES: statement.allergies,
        ColumnField.PREFERENCES: tuple(map(str, statement.preferences)),
    }
    values: dict[str, str | list[str]] = {str(name): printable(text) for name, text in texts.items() if text}
    return values | {str(name): list(map(printable, words)) for name, words in lists.items() if words}


def verdict_of(text: str | None) -> Verdict | None:
    """The verdict that a query names. Raises InvalidInput."""
    if text is None:
        return None
    try:
        return Verdict(text)
    except ValueError as error:
        raise InvalidInput(f"should be one of {', '.join(Verdict)}", field="verdict") from error


def row_bodies(verdicts: Sequence[RowVerdict]) -> list[RowBody]:
    """The bodies of verdicts."""
    return [row_body(verdict) for verdict in verdicts]
