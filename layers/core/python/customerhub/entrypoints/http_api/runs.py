"""`/api/runs`, and `POST /api/integrations/{integrationId}/sync`, which starts one."""

import csv
import io
from collections.abc import Iterable
from http import HTTPStatus

from customerhub.app import IntegrationsApp
from customerhub.domain.caller import Scope
from customerhub.domain.ids import INTEGRATION_ID_PATTERN, ULID_PATTERN, IntegrationId, RunId
from customerhub.domain.run import RecordVerdict, Run, RunKind
from customerhub.domain.verdict import Verdict
from customerhub.entrypoints.http_api import run_examples
from customerhub.entrypoints.http_api.errors import HTTP_STATUSES
from customerhub.entrypoints.http_api.import_models import verdict_of
from customerhub.entrypoints.http_api.paging import PAGE_PARAMETERS, Paging, read_paging
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.entrypoints.http_api.run_models import (
    RecordsResponse,
    RunResponse,
    RunsResponse,
    RunUnderWayResponse,
    SyncRequest,
    record_body,
    run_body,
)
from customerhub.errors import InvalidInput, NotFound, StateConflict
from customerhub.ports import RateVerdict
from customerhub.services.cancel_run import cancel_run
from customerhub.services.get_run import get_run, list_run_records, list_runs
from customerhub.services.pull_now import pull_now

PATH = "/api/runs"
ONE_PATH = f"{PATH}/{{runId}}"
RECORDS_PATH = f"{ONE_PATH}/records"
SYNC_PATH = "/api/integrations/{integrationId}/sync"
TAG = "Integrations"
PATH_PARAMETERS = {"runId": Parameter("As `POST /api/integrations/{integrationId}/sync` names it.")}
CSV_RECORDS = 25_000
"""Of one answer as CSV: 2 MB, of the 6 that an answer may have."""
COLUMNS = ("id", "verdict", "code", "customerId")
FORMATS = ("json", "csv")


def start_sync(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call that has an integration pulled, or compared."""
    body = parse_body(SyncRequest, request.body() or b"{}")
    kind = RunKind.COMPARE if body.full else RunKind.PULL
    integration = _integration_id(request.path["integrationId"])

    def work(verdict: RateVerdict) -> Response:
        request.caller.require(Scope.SYNC_WRITE)
        verdict.require()
        if integration is None:
            raise NotFound("there is no such integration")
        run = pull_now(integration, kind, request.caller, integrations=app.integrations, parts=app.run_parts)
        return _one(run, HTTPStatus.ACCEPTED) if run.kind is kind else _under_way(run, request)

    return rated(app, request, None, work)


def read_runs(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call for a page."""
    name = request.query.get("integration")
    integration = None if name is None else _integration_id(name)
    if name is not None and integration is None:
        raise InvalidInput("should be the id of an integration", field="integration")
    paging = read_paging(request, PATH, integration or "")

    def work(_: RateVerdict) -> Response:
        page = list_runs(integration, request.caller, paging.after, paging.limit, runs=app.run_parts.runs)
        answer = RunsResponse(runs=[run_body(run) for run in page.items], next_cursor=paging.cursor(page.after))
        return Response(HTTPStatus.OK, answer.model_dump_json())

    return rated(app, request, None, work)


def read_run(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call for one run."""
    run_id = _run_id(request)
    return rated(app, request, None, lambda _: _one(get_run(run_id, request.caller, runs=app.run_parts.runs)))


def stop_run(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call."""
    run_id = _run_id(request)

    def work(verdict: RateVerdict) -> Response:
        request.caller.require(Scope.SYNC_WRITE)
        verdict.require()
        return _one(cancel_run(run_id, request.caller.tenant.id, parts=app.run_parts))

    return rated(app, request, None, work)


def read_run_records(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call for a page of verdicts."""
    run_id, verdict = _run_id(request), verdict_of(request.query.get("verdict"))
    is_csv, paging = _is_csv(request), read_paging(request, RECORDS_PATH, run_id, verdict or "")
    limit = CSV_RECORDS if is_csv else paging.limit

    def work(_: RateVerdict) -> Response:
        runs = app.run_parts.runs
        page = list_run_records(run_id, verdict, request.caller, paging.after, limit, runs=runs)
        cursor = paging.cursor(page.after)
        if is_csv:
            return _csv(page.items, run_id, verdict, cursor, paging)
        answer = RecordsResponse(records=[record_body(one) for one in page.items], next_cursor=cursor)
        return Response(HTTPStatus.OK, answer.model_dump_json())

    return rated(app, request, None, work)


def _is_csv(request: Request) -> bool:
    name = request.query.get("format", FORMATS[0])
    if name not in FORMATS:
        raise InvalidInput(f"should be one of {', '.join(FORMATS)}", field="format")
    return name == "csv"


def _csv(
    verdicts: Iterable[RecordVerdict], run_id: RunId, verdict: Verdict | None, cursor: str | None, paging: Paging
) -> Response:
    """One part; the first one names the columns, so that all parts together are one file. No cell can be taken for a
    formula: ids and codes begin with a letter or a digit, or else with an apostrophe."""
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    if paging.after is None:
        rows.writerow(COLUMNS)
    rows.writerows((_cell(one.id), one.verdict, one.code or "", one.customer or "") for one in verdicts)
    headers = {"Content-Disposition": f'attachment; filename="{run_id}.csv"'}
    if cursor:
        chosen = f"&verdict={verdict}" if verdict else ""
        headers["Link"] = f'<{PATH}/{run_id}/records?format=csv{chosen}&cursor={cursor}>; rel="next"'
    return Response(HTTPStatus.OK, text.getvalue(), headers, "text/csv; charset=utf-8")


def _cell(text: str) -> str:
    return text if text[:1].isalnum() else f"'{text}"


def _under_way(run: Run, request: Request) -> Response:
    status, title = HTTP_STATUSES[StateConflict]
    answer = RunUnderWayResponse(
        error=title,
        message=f"a {run.kind} is under way: wait for its end, or cancel it",
        code="run_under_way",
        request_id=request.id,
        run=run_body(run),
    )
    return Response(status, answer.model_dump_json())


def _run_id(request: Request) -> RunId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["runId"]
    if not ULID_PATTERN.fullmatch(text):
        raise NotFound("there is no such run")
    return RunId(text)


def _integration_id(text: str) -> IntegrationId | None:
    """None for what cannot be one."""
    return IntegrationId(text) if INTEGRATION_ID_PATTERN.fullmatch(text) else None


def _one(run: Run, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(status, RunResponse(run=run_body(run)).model_dump_json())


_READERS = "For staff and service keys with sync:read."
_WRITERS = "For staff and service keys with sync:write."

START_SYNC = Route(
    "POST",
    SYNC_PATH,
    start_sync,
    summary="Sync an integration now",
    description=(
        "Takes in what has changed at the platform since the last time; with `full` every record on both sides is "
        "compared, and the hub's repaired, but orders and products that the platform has deleted are not found by "
        "that. Answers at once with the run to follow; where one of the kind is under way, with that one. A 409 with "
        "code `run_under_way` while one of the other kind is, and with `integration_inactive` where the integration "
        "is disconnected. The daily comparison fails with `too_many_gone` where the platform shows none of a third of "
        f"the hub's records: one by hand believes it. The body may be left out. {_WRITERS}"
    ),
    body=SyncRequest,
    body_examples=run_examples.SYNCS,
    path_parameters={"integrationId": Parameter("As `GET /api/integrations` names it.")},
    answers={
        202: Documented("Under way.", RunResponse, run_examples.STARTED),
        409: Documented("Another run has to end first.", RunUnderWayResponse, run_examples.UNDER_WAY),
    },
    tag=TAG,
)
LIST_RUNS = Route(
    "GET",
    PATH,
    read_runs,
    summary="List runs",
    description=f"The newest first; they are kept for 30 days. {_READERS}",
    query={"integration": Parameter("Of this one alone."), **PAGE_PARAMETERS},
    answers={200: Documented("The runs.", RunsResponse, run_examples.PAGES)},
    tag=TAG,
)
GET_RUN = Route(
    "GET",
    ONE_PATH,
    read_run,
    summary="Read a run",
    description=f"Its status, progress and counts, of all feeds and of each. {_READERS}",
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The run.", RunResponse, run_examples.ONE)},
    tag=TAG,
)
CANCEL_RUN = Route(
    "POST",
    f"{ONE_PATH}/cancel",
    stop_run,
    summary="Cancel a run",
    description=(
        "It ends after the records that are being worked. What was done stays done, and is counted; the next run goes "
        f"on from there. Repeating the call is harmless; a 409 where it has ended otherwise. {_WRITERS}"
    ),
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("Cancelled, or about to be.", RunResponse, run_examples.CANCELLED)},
    tag=TAG,
)
LIST_RUN_RECORDS = Route(
    "GET",
    RECORDS_PATH,
    read_run_records,
    summary="List what became of the records",
    description=(
        "In the order in which they came, as far as the work has come. With `format=csv` as a file of up to "
        f"{CSV_RECORDS:,} records, whose `Link` header leads to the next part: put together, the parts are one file. "
        f"{_READERS}"
    ),
    path_parameters=PATH_PARAMETERS,
    query={
        "verdict": Parameter("These alone.", {"enum": list(Verdict)}),
        "format": Parameter("`json` by default; `limit` is of JSON alone.", {"enum": list(FORMATS)}),
        **PAGE_PARAMETERS,
    },
    answers={200: Documented("The verdicts.", RecordsResponse, run_examples.RECORDS)},
    tag=TAG,
)
