"""`/api/duties`: what platforms have passed on that the law wants done, and the receipts."""

from http import HTTPStatus

from customerhub.app import DutiesApp
from customerhub.domain.duty import DutyStatus
from customerhub.domain.ids import DUTY_ID_PATTERN, DutyId
from customerhub.entrypoints.http_api import duty_examples as examples
from customerhub.entrypoints.http_api.duty_models import DutiesResponse, OneDutyResponse, duty_body
from customerhub.entrypoints.http_api.paging import PAGE_PARAMETERS, read_paging
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route
from customerhub.errors import InvalidInput, NotFound
from customerhub.ports import RateVerdict
from customerhub.services.fulfil_duty import DutyView, fulfil_duty, list_duties, view_duty

PATH = "/api/duties"
TAG = "Privacy"
PATH_PARAMETERS = {"dutyId": Parameter("As the list names it.")}


def read_duties(app: DutiesApp, request: Request) -> Response:
    """Answer one call for a page."""
    status = _status(request)
    paging = read_paging(request, PATH, status)

    def work(_: RateVerdict) -> Response:
        page = list_duties(status, request.caller, paging.after, paging.limit, duties=app.duties)
        answer = DutiesResponse(duties=list(map(duty_body, page.items)), next_cursor=paging.cursor(page.after))
        return Response(HTTPStatus.OK, answer.model_dump_json())

    return rated(app, request, None, work)


def read_duty(app: DutiesApp, request: Request) -> Response:
    """Answer one call for one duty."""
    duty_id = _duty_id(request)

    def work(_: RateVerdict) -> Response:
        return _one(view_duty(duty_id, request.caller, duties=app.duties, identities=app.identities))

    return rated(app, request, f"duty:{duty_id}", work)


def fulfil(app: DutiesApp, request: Request) -> Response:
    """Answer one call that says that it is done."""
    duty_id = _duty_id(request)

    def work(verdict: RateVerdict) -> Response:
        view = fulfil_duty(
            duty_id,
            request.caller,
            duties=app.duties,
            identities=app.identities,
            alerts=app.alerts,
            before_write=verdict.require,
        )
        return _one(view)

    return rated(app, request, f"duty:{duty_id}", work)


def _duty_id(request: Request) -> DutyId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["dutyId"]
    if not DUTY_ID_PATTERN.fullmatch(text):
        raise NotFound("there is no such duty")
    return DutyId(text)


def _status(request: Request) -> DutyStatus:
    try:
        return DutyStatus(request.query.get("status", DutyStatus.OPEN))
    except ValueError as error:
        raise InvalidInput("should be open or done", field="status") from error


def _one(view: DutyView) -> Response:
    return Response(HTTPStatus.OK, OneDutyResponse(duty=duty_body(view)).model_dump_json())


LIST_DUTIES = Route(
    "GET",
    PATH,
    read_duties,
    summary="List what the law wants done",
    description=(
        "Requests that platforms have passed on: a person wants to see what is kept (`data_request`, for staff to do), "
        "or to be erased (`redact`), or a shop has left and everything that came from it is to go (`shop_redact`; the "
        "hub does both by itself within minutes). The one that is due first comes first. A page may be shorter than "
        "`limit`; only a null `nextCursor` says that it is the last. For staff and service keys with sync:read."
    ),
    query={"status": Parameter("`open` by default.", {"enum": list(DutyStatus)}), **PAGE_PARAMETERS},
    answers={200: Documented("The duties.", DutiesResponse, examples.PAGES)},
    tag=TAG,
)
GET_DUTY = Route(
    "GET",
    f"{PATH}/{{dutyId}}",
    read_duty,
    summary="Read one of these duties",
    description=(
        "The duty with its receipt; of a data request also whom it is about, as they are found now, and where their "
        "exports are. For staff and service keys with sync:read."
    ),
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The duty.", OneDutyResponse, examples.ONE)},
    tag=TAG,
)
FULFIL_DUTY = Route(
    "POST",
    f"{PATH}/{{dutyId}}/fulfil",
    fulfil,
    summary="Say that a person has got the data",
    description=(
        "Writes down who has handed over what is kept of the person, and when; or that nobody is known. The same again "
        "answers the first receipt. What the hub does by itself is a 409 with code `done_by_hub`. For staff and "
        "service keys with customers:export."
    ),
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The duty, done.", OneDutyResponse, examples.FULFILLED)},
    tag=TAG,
)
