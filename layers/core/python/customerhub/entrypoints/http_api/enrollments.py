"""`/api/enrollments`: who is a member of the club, moved to another stage, and ended."""

from http import HTTPStatus

from customerhub.app import ClubApp
from customerhub.domain.club import Membership, Terms
from customerhub.domain.contact import UNNAMED_SOURCE
from customerhub.domain.enrollment import EnrollmentStatus
from customerhub.domain.enrollment_view import EnrollmentView
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import ENROLLMENT_ID_PATTERN, CustomerId, EnrollmentId, StageId
from customerhub.domain.stage import Stage
from customerhub.entrypoints.http_api import enrollment_examples as examples
from customerhub.entrypoints.http_api.enrollment_models import (
    CancelRequest,
    EnrollmentsResponse,
    MoveRequest,
    MoveResponse,
    OneEnrollmentResponse,
    enrollment_body,
    fresh_body,
)
from customerhub.entrypoints.http_api.models import ErrorBody
from customerhub.entrypoints.http_api.paging import PAGE_PARAMETERS, Paging, read_paging
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.entrypoints.send_jobs import send_jobs
from customerhub.errors import InvalidInput, NotFound
from customerhub.ports import RateVerdict
from customerhub.services.cancel_enrollment import cancel_enrollment
from customerhub.services.club_parts import due_jobs
from customerhub.services.find_stage import named_stage
from customerhub.services.move_enrollment import move_enrollment
from customerhub.services.view_enrollments import enrollments_of_customer, get_enrollment, list_enrollments

PATH = "/api/enrollments"
TAG = "Club"
MAX_ID_CHARACTERS = 64
PATH_PARAMETERS = {"enrollmentId": Parameter("As the answer to the enrollment names it.")}


def read_enrollments(app: ClubApp, request: Request) -> Response:
    """Answer one call for a page."""
    stage, customer = request.query.get("stageId"), request.query.get("customerId")

    def work(_: RateVerdict) -> Response:
        status = _status(request)
        paging = read_paging(request, PATH, stage or "", customer or "", status or "")
        if customer is None:
            wanted = StageId(stage) if stage else None
            found = status or EnrollmentStatus.ACTIVE
            page = list_enrollments(wanted, found, request.caller, paging.after, paging.limit, parts=app.parts)
            views, after = page.items, page.after
        else:
            views, after = _page_of_customer(app, request, CustomerId(customer), status, paging)
        body = EnrollmentsResponse(
            enrollments=[enrollment_body(view) for view in views], next_cursor=paging.cursor(after)
        )
        return Response(HTTPStatus.OK, body.model_dump_json())

    return rated(app, request, None, work)


def _page_of_customer(
    app: ClubApp, request: Request, customer: CustomerId, status: EnrollmentStatus | None, paging: Paging
) -> tuple[tuple[EnrollmentView, ...], str | None]:
    """A part of what is one short list."""
    stage = StageId(request.query["stageId"]) if "stageId" in request.query else None
    views = enrollments_of_customer(customer, stage, status, request.caller, parts=app.parts)
    places = {view.enrollment.id: number for number, view in enumerate(views, start=1)}
    start = places.get(EnrollmentId(paging.after), len(views)) if paging.after else 0
    shown = tuple(views[start : start + paging.limit])
    return shown, shown[-1].enrollment.id if start + paging.limit < len(views) else None


def read_enrollment(app: ClubApp, request: Request) -> Response:
    """Answer one call for an enrollment."""
    enrollment_id = _enrollment_id(request)

    def work(_: RateVerdict) -> Response:
        return _one(get_enrollment(enrollment_id, request.caller, parts=app.parts))

    return rated(app, request, f"enrollment:{enrollment_id}", work)


def move_member(app: ClubApp, request: Request) -> Response:
    """Answer one call that moves a member."""
    enrollment_id, body = _enrollment_id(request), parse_body(MoveRequest, request.body())

    def work(verdict: RateVerdict) -> Response:
        terms = terms_of(app, request, body.stage_id, "staff", may_move=True)
        moved = move_enrollment(
            enrollment_id,
            terms,
            request.caller,
            circumstances_of(app, request),
            parts=app.parts,
            before_write=verdict.require,
        )
        send_jobs(app.queue, due_jobs(moved.changes), request.id)
        return Response(HTTPStatus.OK, _moved(app, moved, terms.stage).model_dump_json())

    return rated(app, request, f"enrollment:{enrollment_id}", work)


def cancel_membership(app: ClubApp, request: Request) -> Response:
    """Answer one call that ends a membership."""
    enrollment_id, body = _enrollment_id(request), parse_body(CancelRequest, request.body() or b"{}")

    def work(verdict: RateVerdict) -> Response:
        reason = (body.reason or "").strip() or None
        ended = cancel_enrollment(
            enrollment_id,
            reason,
            request.caller,
            circumstances_of(app, request),
            parts=app.parts,
            before_write=verdict.require,
        )
        send_jobs(app.queue, due_jobs(ended.changes), request.id)
        stage = app.parts.club.get_stage(request.caller.tenant.id, ended.enrollment.stage)
        return _one(EnrollmentView(ended.enrollment, ended.customer.id, stage))

    return rated(app, request, f"enrollment:{enrollment_id}", work)


def terms_of(app: ClubApp, request: Request, stage_id: str, how: str, *, may_move: bool) -> Terms:
    """What a call enrolls in. Raises what `named_stage` raises, and StoreUnavailable."""
    stage = named_stage(StageId(stage_id), request.caller, club=app.parts.club)
    integrations = app.parts.active_integrations(request.caller.tenant.id)
    return Terms(stage, integrations, how, may_move)


def circumstances_of(app: ClubApp, request: Request, source: str = UNNAMED_SOURCE) -> Circumstances:
    """Of what a call changes."""
    return Circumstances(request.caller.credential, source, request.id, app.clock.now())


def _moved(app: ClubApp, moved: Membership, stage: Stage) -> MoveResponse:
    customer, previous = moved.customer, moved.previous
    left = app.parts.club.get_stage(customer.tenant, previous.stage) if previous else None
    return MoveResponse(
        enrollment=fresh_body(moved.enrollment, customer.id, stage),
        previous=fresh_body(previous, customer.id, left) if previous else None,
    )


def _one(view: EnrollmentView) -> Response:
    return Response(HTTPStatus.OK, OneEnrollmentResponse(enrollment=enrollment_body(view)).model_dump_json())


def _enrollment_id(request: Request) -> EnrollmentId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["enrollmentId"]
    if not ENROLLMENT_ID_PATTERN.fullmatch(text):
        raise NotFound("there is no such enrollment")
    return EnrollmentId(text)


def _status(request: Request) -> EnrollmentStatus | None:
    text = request.query.get("status")
    try:
        status = EnrollmentStatus(text) if text is not None else None
    except ValueError as error:
        raise InvalidInput(f"should be one of {', '.join(EnrollmentStatus)}", field="status") from error
    for name in ("stageId", "customerId"):
        if not 1 <= len(request.query.get(name, "-")) <= MAX_ID_CHARACTERS:
            raise InvalidInput(f"should have 1 to {MAX_ID_CHARACTERS} characters", field=name)
    return status


LIST_ENROLLMENTS = Route(
    "GET",
    PATH,
    read_enrollments,
    summary="List enrollments",
    description=(
        "The newest first: of one stage or of all, with one status; or all that a customer has and had, also by ids "
        "from before a merge. A page may be shorter than `limit`; only a null `nextCursor` says that it is the last. "
        "For staff and service keys with club:read."
    ),
    query={
        "stageId": Parameter("Of this stage.", {"maxLength": MAX_ID_CHARACTERS}),
        "status": Parameter(
            "`active` by default; with `customerId`, any.", {"enum": [status.value for status in EnrollmentStatus]}
        ),
        "customerId": Parameter("Of this customer.", {"maxLength": MAX_ID_CHARACTERS}),
        **PAGE_PARAMETERS,
    },
    answers={200: Documented("The enrollments.", EnrollmentsResponse, examples.PAGES)},
    tag=TAG,
)
GET_ENROLLMENT = Route(
    "GET",
    f"{PATH}/{{enrollmentId}}",
    read_enrollment,
    summary="Read an enrollment",
    description="With how far each connected shop and CRM has it. For staff and service keys with club:read.",
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The enrollment.", OneEnrollmentResponse, examples.ONE)},
    tag=TAG,
)
MOVE_ENROLLMENT = Route(
    "POST",
    f"{PATH}/{{enrollmentId}}/move",
    move_member,
    summary="Move a member to another stage",
    description=(
        "The enrollment ends and one in the other stage begins; the discount goes with it. Repeating the call is "
        "harmless. For staff and service keys with club:enroll."
    ),
    body=MoveRequest,
    body_examples=examples.MOVES,
    path_parameters=PATH_PARAMETERS,
    answers={
        200: Documented("A member of the other stage.", MoveResponse, examples.MOVED),
        409: Documented("The enrollment has ended.", ErrorBody, examples.ENDED),
    },
    tag=TAG,
)
CANCEL_ENROLLMENT = Route(
    "POST",
    f"{PATH}/{{enrollmentId}}/cancel",
    cancel_membership,
    summary="Cancel an enrollment",
    description=(
        "The membership ends, and the shops are told to take the discount back. Repeating the call is harmless. For "
        "staff and service keys with club:enroll."
    ),
    body=CancelRequest,
    body_examples=examples.CANCELS,
    path_parameters=PATH_PARAMETERS,
    answers={
        200: Documented("The enrollment, cancelled.", OneEnrollmentResponse, examples.ONE),
        409: Documented("The enrollment has ended otherwise.", ErrorBody, examples.ENDED),
    },
    tag=TAG,
)
