"""`/api/imports`: spreadsheets, from the upload to the file of rows that failed."""

from collections.abc import Callable
from http import HTTPStatus

from customerhub.app import ImportsApp
from customerhub.domain.caller import Scope, TrustedCaller
from customerhub.domain.ids import ULID_PATTERN, ImportId, StageId, new_import_id
from customerhub.domain.imports.mapping import SOURCE
from customerhub.domain.imports.run import MAX_FILE_BYTES, UPLOAD_LIFETIME, ImportRun
from customerhub.domain.imports.verdict import CORRECTABLE
from customerhub.domain.verdict import Verdict
from customerhub.entrypoints.http_api import import_examples
from customerhub.entrypoints.http_api.import_models import (
    ErrorFileResponse,
    ImportResponse,
    ImportsResponse,
    NewImport,
    NewImportResponse,
    PreviewResponse,
    ReadingRequest,
    RowsResponse,
    Upload,
    import_body,
    preview_response,
    row_bodies,
    verdict_of,
)
from customerhub.entrypoints.http_api.paging import PAGE_PARAMETERS, read_paging
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.errors import Forbidden, NotFound
from customerhub.services.cancel_import import cancel_import
from customerhub.services.commit_import import commit_import
from customerhub.services.get_import import watch_import
from customerhub.services.list_imports import list_import_rows, list_imports
from customerhub.services.prepare_import import check_stage
from customerhub.services.preview_import import preview_import
from customerhub.services.share_error_file import share_error_file
from customerhub.services.start_import import UPLOAD_CONTENT_TYPE, start_import

PATH = "/api/imports"
ONE_PATH = f"{PATH}/{{importId}}"
TAG = "Imports"
PATH_PARAMETERS = {"importId": Parameter("As `POST /api/imports` names it.")}


def start(app: ImportsApp, request: Request) -> Response:
    """Answer one call."""
    body = parse_body(NewImport, request.body() or b"{}")

    def work(caller: TrustedCaller) -> Response:
        stage = StageId(body.stage_id) if body.stage_id else None
        if stage:
            caller.require(Scope.CLUB_ENROLL)
            check_stage(stage, caller, app.parts.club)
        now = app.clock.now()
        announced = ImportRun(
            caller.tenant.id,
            new_import_id(),
            caller.credential,
            created_at=now,
            updated_at=now,
            file_name=body.file_name,
            source=(body.source or SOURCE).lower(),
            stage=stage,
            may_move=body.move_members,
        )
        run, url = start_import(announced, body.size_bytes, caller, imports=app.imports, files=app.files)
        upload = Upload(
            url=url,
            headers={"Content-Type": UPLOAD_CONTENT_TYPE},
            max_bytes=body.size_bytes or MAX_FILE_BYTES,
            expires_at=now + UPLOAD_LIFETIME,
        )
        answer = NewImportResponse(import_=import_body(run), upload=upload)
        return Response(HTTPStatus.CREATED, answer.model_dump_json())

    return _rated_write(app, request, work)


def read_imports(app: ImportsApp, request: Request) -> Response:
    """Answer one call for a page."""
    paging = read_paging(request, PATH)

    def work() -> Response:
        page = list_imports(request.caller, paging.after, paging.limit, imports=app.imports)
        bodies = [import_body(run) for run in page.items]
        answer = ImportsResponse(imports=bodies, next_cursor=paging.cursor(page.after))
        return Response(HTTPStatus.OK, answer.model_dump_json())

    return rated(app, request, None, lambda _: work())


def read_import(app: ImportsApp, request: Request) -> Response:
    """Answer one call for one import."""
    import_id = _import_id(request)

    def work() -> Response:
        run = watch_import(import_id, request.caller, imports=app.imports, files=app.files, clock=app.clock)
        return _one(run)

    return rated(app, request, None, lambda _: work())


def preview(app: ImportsApp, request: Request) -> Response:
    """Answer one call."""
    import_id, body = _import_id(request), parse_body(ReadingRequest, request.body() or b"{}")

    def work(caller: TrustedCaller) -> Response:
        caller.require(Scope.CUSTOMERS_WRITE)
        seen = preview_import(
            import_id,
            body.to_reading(),
            caller,
            imports=app.imports,
            files=app.files,
            club=app.parts,
        )
        return Response(HTTPStatus.OK, preview_response(seen, body.mapping).model_dump_json())

    return _rated_write(app, request, work)


def commit(app: ImportsApp, request: Request) -> Response:
    """Answer one call that starts the work."""
    import_id, body = _import_id(request), parse_body(ReadingRequest, request.body() or b"{}")

    def work(caller: TrustedCaller) -> Response:
        run = commit_import(
            import_id,
            body.to_reading(),
            caller,
            imports=app.imports,
            files=app.files,
            queue=app.import_queue,
            club=app.parts.club,
            clock=app.clock,
        )
        return _one(run, HTTPStatus.ACCEPTED)

    return _rated_write(app, request, work)


def cancel(app: ImportsApp, request: Request) -> Response:
    """Answer one call."""
    import_id = _import_id(request)

    def work(caller: TrustedCaller) -> Response:
        run = cancel_import(import_id, caller, imports=app.imports, queue=app.import_queue, clock=app.clock)
        return _one(run)

    return _rated_write(app, request, work)


def read_rows(app: ImportsApp, request: Request) -> Response:
    """Answer one call for a page of verdicts."""
    import_id, verdict = _import_id(request), verdict_of(request.query.get("verdict"))
    paging = read_paging(request, ONE_PATH, import_id, verdict or "")

    def work() -> Response:
        page = list_import_rows(import_id, verdict, request.caller, paging.after, paging.limit, imports=app.imports)
        answer = RowsResponse(rows=row_bodies(page.items), next_cursor=paging.cursor(page.after))
        return Response(HTTPStatus.OK, answer.model_dump_json())

    return rated(app, request, None, lambda _: work())


def read_errors(app: ImportsApp, request: Request) -> Response:
    """Answer one call for the file of rows that failed."""
    import_id = _import_id(request)

    def work() -> Response:
        run, url = share_error_file(import_id, request.caller, imports=app.imports, files=app.files, clock=app.clock)
        rows = sum(run.counts.of(verdict) for verdict in CORRECTABLE)
        answer = ErrorFileResponse(url=url, rows=rows, expires_at=app.clock.now() + UPLOAD_LIFETIME)
        return Response(HTTPStatus.OK, answer.model_dump_json())

    return rated(app, request, None, lambda _: work())


def _rated_write(app: ImportsApp, request: Request, work: Callable[[TrustedCaller], Response]) -> Response:
    """`work` once it is known that the caller may, and has not called too often."""
    caller = request.caller
    caller.require(Scope.IMPORTS_WRITE)
    if not isinstance(caller, TrustedCaller):
        raise Forbidden("only staff and service keys bring spreadsheets in")

    def within_limits(require: Callable[[], object]) -> Response:
        require()
        return work(caller)

    return rated(app, request, None, lambda verdict: within_limits(verdict.require))


def _import_id(request: Request) -> ImportId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["importId"]
    if not ULID_PATTERN.fullmatch(text):
        raise NotFound("there is no such import")
    return ImportId(text)


def _one(run: ImportRun, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(status, ImportResponse(import_=import_body(run)).model_dump_json())


_FOR_WHOM = "For staff and service keys with imports:write."

START_IMPORT = Route(
    "POST",
    PATH,
    start,
    summary="Announce a spreadsheet",
    description=(
        "Answers with a URL that takes the file, by one `PUT` within a quarter of an hour. CSV in UTF-8, UTF-16 or "
        "Windows-1252, separated by commas, semicolons, tabs or bars; workbooks are refused. The file is deleted after "
        f"seven days. {_FOR_WHOM} Enrolling needs club:enroll besides."
    ),
    body=NewImport,
    body_examples=import_examples.NEW,
    answers={201: Documented("Announced.", NewImportResponse, import_examples.ANNOUNCED)},
    tag=TAG,
)
LIST_IMPORTS = Route(
    "GET",
    PATH,
    read_imports,
    summary="List imports",
    description=f"The newest first; they are kept for 90 days. {_FOR_WHOM}",
    query=PAGE_PARAMETERS,
    answers={200: Documented("The imports.", ImportsResponse, import_examples.PAGES)},
    tag=TAG,
)
GET_IMPORT = Route(
    "GET",
    ONE_PATH,
    read_import,
    summary="Read an import",
    description=f"Its status, progress and counts. {_FOR_WHOM}",
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The import.", ImportResponse, import_examples.ONE)},
    tag=TAG,
)
PREVIEW_IMPORT = Route(
    "POST",
    f"{ONE_PATH}/preview",
    preview,
    summary="See what an import would do",
    description=(
        "Reads the head of the uploaded file, guesses what its columns are, and tries its first rows without writing "
        "anything. What it is told is kept for the commit. A 409 with code `not_uploaded` until the file is there. For "
        "staff and service keys with imports:write and customers:write."
    ),
    body=ReadingRequest,
    body_examples=import_examples.READINGS,
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("What it would do.", PreviewResponse, import_examples.PREVIEWS)},
    tag=TAG,
)
COMMIT_IMPORT = Route(
    "POST",
    f"{ONE_PATH}/commit",
    commit,
    summary="Start an import",
    description=(
        "From now on every row is brought to its customer, who is found or created, and enrolled where a stage is "
        "named; shops and CRMs follow. Each row has one verdict, whatever fails meanwhile. An erased person stays "
        "erased. Who shares a phone under another e-mail and first name is another customer, and a conflict to be "
        "looked at. A 409 where it was started already. For staff and service keys with imports:write and "
        "customers:write; enrolling needs club:enroll besides."
    ),
    body=ReadingRequest,
    body_examples=import_examples.READINGS,
    path_parameters=PATH_PARAMETERS,
    answers={202: Documented("Started.", ImportResponse, import_examples.STARTED)},
    tag=TAG,
)
CANCEL_IMPORT = Route(
    "POST",
    f"{ONE_PATH}/cancel",
    cancel,
    summary="Cancel an import",
    description=(
        "At once where it was not started, else after the rows that are being worked. What was done stays done, and is "
        f"counted. Repeating the call is harmless. {_FOR_WHOM}"
    ),
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("Cancelled, or about to be.", ImportResponse, import_examples.CANCELLED)},
    tag=TAG,
)
LIST_IMPORT_ROWS = Route(
    "GET",
    f"{ONE_PATH}/rows",
    read_rows,
    summary="List what became of the rows",
    description=f"In the order of the rows, as far as the work has come. {_FOR_WHOM}",
    path_parameters=PATH_PARAMETERS,
    query={"verdict": Parameter("These alone.", {"enum": list(Verdict)}), **PAGE_PARAMETERS},
    answers={200: Documented("The verdicts.", RowsResponse, import_examples.ROWS)},
    tag=TAG,
)
GET_IMPORT_ERRORS = Route(
    "GET",
    f"{ONE_PATH}/errors",
    read_errors,
    summary="Fetch the rows that failed",
    description=(
        "A URL, good for a quarter of an hour, of a CSV of exactly the rows that failed or are in conflict, with the "
        "columns that they came with and `hub_row`, `hub_verdict`, `hub_reason` and `hub_field`. Corrected, it can be "
        "uploaded as a new import as it is. Cells that a spreadsheet would take for formulas begin with an apostrophe, "
        "which the new import takes away again. A 409 until the import has ended, a 410 once the file is deleted. "
        f"{_FOR_WHOM}"
    ),
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("Where it is.", ErrorFileResponse, import_examples.ERRORS)},
    tag=TAG,
)
