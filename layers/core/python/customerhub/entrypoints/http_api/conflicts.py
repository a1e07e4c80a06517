"""`/api/conflicts`: what only a person can decide."""

from http import HTTPStatus

from customerhub.app import ConflictsApp
from customerhub.domain.conflict_record import ConflictStatus, ConflictView, ResolutionKind
from customerhub.domain.contact import UNNAMED_SOURCE
from customerhub.domain.events import Circumstances
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CONFLICT_ID_PATTERN, ConflictId, CustomerId
from customerhub.domain.stated_identifier import read_identifier
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.http_api import conflict_examples
from customerhub.entrypoints.http_api.conflict_models import (
    ConflictsResponse,
    NamedIdentifier,
    OneConflictResponse,
    ResolveRequest,
    conflict_body,
)
from customerhub.entrypoints.http_api.paging import PAGE_PARAMETERS, read_paging
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.errors import InvalidInput, NotFound
from customerhub.ports import RateVerdict
from customerhub.services.get_conflict import get_conflict
from customerhub.services.list_conflicts import list_conflicts
from customerhub.services.resolve_conflict import Decision, resolve_conflict

PATH = "/api/conflicts"
TAG = "Conflicts"
PATH_PARAMETERS = {"conflictId": Parameter("As the 409 or the list names it.")}


def read_conflicts(app: ConflictsApp, request: Request) -> Response:
    """Answer one call for a page."""

    def work(verdict: RateVerdict) -> Response:
        status = _status(request)
        paging = read_paging(request, PATH, status)
        page = list_conflicts(
            status,
            request.caller,
            _circumstances(app, request),
            paging.after,
            paging.limit,
            identities=app.identities,
            conflicts=app.conflicts,
            before_write=verdict.require,
        )
        bodies = [conflict_body(view) for view in page.items]
        return Response(
            HTTPStatus.OK,
            ConflictsResponse(conflicts=bodies, next_cursor=paging.cursor(page.after)).model_dump_json(),
        )

    return rated(app, request, None, work)


def read_conflict(app: ConflictsApp, request: Request) -> Response:
    """Answer one call for one conflict."""
    conflict_id = _conflict_id(request)

    def work(verdict: RateVerdict) -> Response:
        view = get_conflict(
            conflict_id,
            request.caller,
            _circumstances(app, request),
            identities=app.identities,
            conflicts=app.conflicts,
            before_write=verdict.require,
        )
        return _one(view)

    return rated(app, request, f"conflict:{conflict_id}", work)


def resolve(app: ConflictsApp, request: Request) -> Response:
    """Answer one call that decides."""
    conflict_id = _conflict_id(request)
    decision = _decision(parse_body(ResolveRequest, request.body()), request.caller.tenant)

    def work(verdict: RateVerdict) -> Response:
        view = resolve_conflict(
            conflict_id,
            decision,
            request.caller,
            _circumstances(app, request),
            identities=app.identities,
            conflicts=app.conflicts,
            clock=app.clock,
            before_write=verdict.require,
        )
        return _one(view)

    return rated(app, request, f"conflict:{conflict_id}", work)


def _conflict_id(request: Request) -> ConflictId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["conflictId"]
    if not CONFLICT_ID_PATTERN.fullmatch(text):
        raise NotFound("there is no such conflict")
    return ConflictId(text)


def _status(request: Request) -> ConflictStatus:
    try:
        return ConflictStatus(request.query.get("status", ConflictStatus.OPEN))
    except ValueError as error:
        raise InvalidInput("should be open or resolved", field="status") from error


def _decision(body: ResolveRequest, tenant: Tenant) -> Decision:
    kind = ResolutionKind(body.decision)
    for field, value in (("to", body.to), ("identifier", body.identifier)):
        if value is not None and kind is not ResolutionKind.RELEASE:
            raise InvalidInput("only a release has one", field=field)
    identifier = _identifier(body.identifier, tenant) if body.identifier else None
    return Decision(kind, body.note, CustomerId(body.to) if body.to else None, identifier)


def _identifier(named: NamedIdentifier, tenant: Tenant) -> IdentifierKey:
    try:
        return read_identifier(named.kind, named.value, tenant)
    except InvalidInput as error:
        raise InvalidInput(error.message, code=error.code, field="identifier") from error


def _circumstances(app: ConflictsApp, request: Request) -> Circumstances:
    return Circumstances(request.caller.credential, UNNAMED_SOURCE, request.id, app.clock.now())


def _one(view: ConflictView) -> Response:
    return Response(HTTPStatus.OK, OneConflictResponse(conflict=conflict_body(view)).model_dump_json())


LIST_CONFLICTS = Route(
    "GET",
    PATH,
    read_conflicts,
    summary="List conflicts",
    description=(
        "Identifiers that point at several customers, or at one who is probably somebody else; the one found last "
        "first. A page may be shorter than `limit`; only a null `nextCursor` says that it is the last. For staff and "
        "service keys with customers:read."
    ),
    query={
        "status": Parameter("`open` by default.", {"enum": list(ConflictStatus)}),
        **PAGE_PARAMETERS,
    },
    answers={200: Documented("The conflicts.", ConflictsResponse, conflict_examples.PAGES)},
    tag=TAG,
)
GET_CONFLICT = Route(
    "GET",
    f"{PATH}/{{conflictId}}",
    read_conflict,
    summary="Read a conflict",
    description="The conflict with its history, and the customers behind it as they are now.",
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The conflict.", OneConflictResponse, conflict_examples.ONE)},
    tag=TAG,
)
RESOLVE_CONFLICT = Route(
    "POST",
    f"{PATH}/{{conflictId}}/resolve",
    resolve,
    summary="Resolve a conflict",
    description=(
        "Carries out what a person decided: the call that led to the conflict then finds its customer. Where that call "
        "was by somebody who was no customer yet, every decision but `merge` makes one. The same decision again "
        "answers the same; another one is a 422 with code `already_resolved`. What cannot be merged is a 422 with code "
        "`merge_blocked`. For staff and service keys with customers:merge."
    ),
    body=ResolveRequest,
    body_examples=conflict_examples.REQUESTS,
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The conflict, resolved.", OneConflictResponse, conflict_examples.RESOLVED)},
    tag=TAG,
)
