"""`/api/sync/jobs`: what is owed to shops and CRMs, and what staff do about it."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from http import HTTPStatus
from typing import TypeVar

from customerhub.app import SyncApp
from customerhub.domain.caller import Caller, Scope, TrustedCaller
from customerhub.domain.ids import JOB_ID_PATTERN, CustomerId, IntegrationId, JobId
from customerhub.domain.integration import integration_id
from customerhub.domain.job import Job, JobKind, JobStatus
from customerhub.domain.job_desk import JobEdit, JobFilter, discarded, edited, read_overrides, retried
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.http_api import sync_examples as examples
from customerhub.entrypoints.http_api.models import ErrorBody
from customerhub.entrypoints.http_api.paging import PAGE_PARAMETERS, Paging, open_cursor, read_paging
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.entrypoints.http_api.sync_health import TAG
from customerhub.entrypoints.http_api.sync_models import (
    JobBody,
    JobFilterBody,
    JobPatch,
    JobsResponse,
    ManyJobsRequest,
    ManyJobsResponse,
    OneJobResponse,
    job_body,
    many_body,
)
from customerhub.errors import InvalidInput, NotFound
from customerhub.ports import RateVerdict
from customerhub.services.change_job import Change, change_job, get_job
from customerhub.services.change_jobs import change_matching_jobs, change_named_jobs
from customerhub.services.list_jobs import list_jobs

PATH = "/api/sync/jobs"
MAX_TEXT = 100
FARTHEST = timedelta(days=366)
PATH_PARAMETERS = {"jobId": Parameter("As the list names it.")}
FILTERS = {
    "status": Parameter("Any by default, parked ones first.", {"enum": list(JobStatus)}),
    "integration": Parameter("The integration's id.", {"maxLength": 40}),
    "kind": Parameter("What the job does.", {"enum": list(JobKind)}),
    "customerId": Parameter("All jobs about one customer.", {"maxLength": 64}),
    "reason": Parameter("Why it is parked or skipped, or failed last.", {"maxLength": MAX_TEXT}),
}
_Word = TypeVar("_Word", bound=StrEnum)


def read_jobs(app: SyncApp, request: Request) -> Response:
    """Answer one call for a page."""

    def work(_: RateVerdict) -> Response:
        job_filter = _filter(request)
        paging = read_paging(request, PATH, *_words(job_filter))
        page = list_jobs(job_filter, request.caller, paging.after, paging.limit, desk=app.desk)
        bodies = [_body(job, app, request.caller) for job in page.items]
        answer = JobsResponse(jobs=bodies, next_cursor=paging.cursor(page.after))
        return Response(HTTPStatus.OK, answer.model_dump_json())

    return rated(app, request, None, work)


def read_job(app: SyncApp, request: Request) -> Response:
    """Answer one call for one job."""
    job_id = _job_id(request)

    def work(_: RateVerdict) -> Response:
        return _one(get_job(job_id, request.caller, desk=app.desk), app, request.caller)

    return rated(app, request, f"job:{job_id}", work)


def patch_job(app: SyncApp, request: Request) -> Response:
    """Answer one call that corrects a job."""
    body = parse_body(JobPatch, request.body())
    edit = _edit(body, request.caller.tenant, app)
    return _changed(app, request, lambda job, now: edited(job, edit, now))


def retry_job(app: SyncApp, request: Request) -> Response:
    """Answer one call that has a job tried again."""
    return _changed(app, request, retried)


def discard_job(app: SyncApp, request: Request) -> Response:
    """Answer one call that puts a job away."""
    return _changed(app, request, discarded)


def retry_jobs(app: SyncApp, request: Request) -> Response:
    """Answer one call that has many jobs tried again."""
    return _many(app, request, "retry", retried)


def discard_jobs(app: SyncApp, request: Request) -> Response:
    """Answer one call that puts many jobs away."""
    return _many(app, request, "discard", discarded)


def _changed(app: SyncApp, request: Request, change: Change) -> Response:
    job_id = _job_id(request)

    def work(verdict: RateVerdict) -> Response:
        job = change_job(job_id, change, request.caller, desk=app.desk, before_write=verdict.require)
        return _one(job, app, request.caller)

    return rated(app, request, f"job:{job_id}", work)


def _many(app: SyncApp, request: Request, what: str, change: Change) -> Response:
    body = parse_body(ManyJobsRequest, request.body())
    if (body.ids is None) == (body.all is None):
        raise InvalidInput("either `ids` or `all`", field="ids")
    if body.ids is not None and (body.filter or body.cursor):
        raise InvalidInput("goes with `all` only", field="filter" if body.filter else "cursor")

    def work(verdict: RateVerdict) -> Response:
        desk, caller = app.desk, request.caller
        if body.ids is not None:
            ids = [JobId(one) for one in body.ids]
            named = change_named_jobs(ids, change, caller, desk=desk, before_write=verdict.require)
            return Response(HTTPStatus.OK, many_body(named, None).model_dump_json())
        job_filter = _filter_of(body.filter or JobFilterBody())
        paging = _paging(body.cursor, caller.tenant, (PATH, what, *_words(job_filter)))
        after = paging.after
        changed = change_matching_jobs(job_filter, change, caller, after, desk=desk, before_write=verdict.require)
        return Response(HTTPStatus.OK, many_body(changed, paging.cursor(changed.after)).model_dump_json())

    return rated(app, request, None, work)


def _paging(cursor: str | None, tenant: Tenant, listing: tuple[str, ...]) -> Paging:
    return Paging(tenant, listing, open_cursor(cursor, tenant, listing), 0)


def _edit(body: JobPatch, tenant: Tenant, app: SyncApp) -> JobEdit:
    stated, now = body.model_fields_set, app.clock.now()
    due_at = _due_at(body.due_at, now) if "due_at" in stated else None
    values = body.overrides.model_dump(by_alias=True, exclude_unset=True) if body.overrides else {}
    clears = "overrides" in stated and body.overrides is None
    return JobEdit(due_at, read_overrides(values, tenant), clears)


def _due_at(stated: datetime | None, now: datetime) -> datetime:
    """In UTC. Raises InvalidInput for a time that is none, or too far ahead to be meant."""
    try:
        due_at = stated.astimezone(UTC) if stated else now
    except OverflowError as error:
        raise InvalidInput("not a time that there is", field="dueAt") from error
    if due_at > now + FARTHEST:
        raise InvalidInput(f"more than {FARTHEST.days} days ahead", field="dueAt")
    return due_at


def _filter(request: Request) -> JobFilter:
    query = request.query
    integration, customer, reason = query.get("integration"), query.get("customerId"), query.get("reason")
    if reason is not None and not 0 < len(reason) <= MAX_TEXT:
        raise InvalidInput(f"should have 1 to {MAX_TEXT} characters", field="reason")
    if customer is not None and not 0 < len(customer) <= 64:
        raise InvalidInput("should have 1 to 64 characters", field="customerId")
    return JobFilter(
        _word(JobStatus, query.get("status"), "status"),
        integration_id(integration) if integration is not None else None,
        _word(JobKind, query.get("kind"), "kind"),
        CustomerId(customer) if customer is not None else None,
        reason,
    )


def _word(kind: type[_Word], text: str | None, field: str) -> _Word | None:
    try:
        return None if text is None else kind(text)
    except ValueError as error:
        raise InvalidInput("should be one of those that the documentation names", field=field) from error


def _filter_of(body: JobFilterBody) -> JobFilter:
    return JobFilter(
        JobStatus(body.status),
        IntegrationId(body.integration) if body.integration else None,
        JobKind(body.kind) if body.kind else None,
        CustomerId(body.customer_id) if body.customer_id else None,
        body.reason,
    )


def _words(job_filter: JobFilter) -> tuple[str, ...]:
    """What names the list that a cursor is of."""
    parts = (job_filter.status, job_filter.integration, job_filter.kind, job_filter.customer, job_filter.reason)
    return tuple(part or "" for part in parts)


def _job_id(request: Request) -> JobId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["jobId"]
    if not JOB_ID_PATTERN.fullmatch(text):
        raise NotFound("there is no such job")
    return JobId(text)


def _body(job: Job, app: SyncApp, caller: Caller) -> JobBody:
    sees_people = isinstance(caller, TrustedCaller) and Scope.CUSTOMERS_READ in caller.scopes
    return job_body(job, app.clock.now(), with_overrides=sees_people)


def _one(job: Job, app: SyncApp, caller: Caller) -> Response:
    return Response(HTTPStatus.OK, OneJobResponse(job=_body(job, app, caller)).model_dump_json())


CONFLICT = Documented("It does not fit what the job is by now; `code` says why.", ErrorBody)

LIST_JOBS = Route(
    "GET",
    PATH,
    read_jobs,
    summary="List jobs",
    description=(
        "What is owed to shops and CRMs, or at a later time: by status, parked jobs first, and of each status the one "
        "that is due, or was changed, longest ago. A page may be shorter than `limit`; only a null `nextCursor` says "
        "that it is the last. For staff and service keys with sync:read."
    ),
    query={**FILTERS, **PAGE_PARAMETERS},
    answers={200: Documented("The jobs.", JobsResponse, examples.PAGES)},
    tag=TAG,
)
GET_JOB = Route(
    "GET",
    f"{PATH}/{{jobId}}",
    read_job,
    summary="Read a job",
    description="The job with its attempts and failures. For staff and service keys with sync:read.",
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The job.", OneJobResponse, examples.ONE)},
    tag=TAG,
)
PATCH_JOB = Route(
    "PATCH",
    f"{PATH}/{{jobId}}",
    patch_job,
    summary="Correct a job",
    description=(
        "Says when a waiting job is tried next, or what a shop or CRM is told in place of the customer's own values. A "
        "parked job needs a retry besides. For staff and service keys with sync:write."
    ),
    path_parameters=PATH_PARAMETERS,
    body=JobPatch,
    body_examples=examples.PATCHES,
    answers={200: Documented("The job after it.", OneJobResponse, examples.EDITED), 409: CONFLICT},
    tag=TAG,
)
RETRY_JOB = Route(
    "POST",
    f"{PATH}/{{jobId}}/retry",
    retry_job,
    summary="Try a job again",
    description=(
        "Now, with attempts counted from zero, whatever became of it. What is done once and for all is not done twice: "
        "409. For staff and service keys with sync:write."
    ),
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The job, waiting.", OneJobResponse, examples.RETRIED), 409: CONFLICT},
    tag=TAG,
)
DISCARD_JOB = Route(
    "POST",
    f"{PATH}/{{jobId}}/discard",
    discard_job,
    summary="Put a job away",
    description=(
        "It is not done, unless it is owed anew or somebody has it tried again. A job that has ended already is a 409. "
        "For staff and service keys with sync:write."
    ),
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The job, discarded.", OneJobResponse, examples.DISCARDED), 409: CONFLICT},
    tag=TAG,
)
_MANY = (
    "Those that `ids` names, or `all` that match a filter, some hundreds in one call: `nextCursor` leads on. The "
    "counts balance. For staff and service keys with sync:write."
)
RETRY_JOBS = Route(
    "POST",
    f"{PATH}/retry",
    retry_jobs,
    summary="Try many jobs again",
    description=_MANY,
    body=ManyJobsRequest,
    body_examples=examples.MANY_REQUESTS,
    answers={200: Documented("What became of them.", ManyJobsResponse, examples.MANY)},
    tag=TAG,
)
DISCARD_JOBS = Route(
    "POST",
    f"{PATH}/discard",
    discard_jobs,
    summary="Put many jobs away",
    description=_MANY,
    body=ManyJobsRequest,
    body_examples=examples.MANY_REQUESTS,
    answers={200: Documented("What became of them.", ManyJobsResponse, examples.MANY)},
    tag=TAG,
)
