"""`/api/stages`: the tiers of the club."""

from http import HTTPStatus

from customerhub.app import ClubApp
from customerhub.domain.ids import StageId
from customerhub.domain.stage import Stage
from customerhub.entrypoints.http_api import stage_examples as examples
from customerhub.entrypoints.http_api.models import ErrorBody
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.entrypoints.http_api.stage_models import (
    StagePatch,
    StageRequest,
    StageResponse,
    StagesResponse,
    stage_body,
)
from customerhub.entrypoints.send_jobs import send_jobs
from customerhub.errors import InvalidInput, NotFound
from customerhub.ports import RateVerdict
from customerhub.services.change_stage import archive_stage, change_stage
from customerhub.services.create_stage import create_stage
from customerhub.services.find_stage import find_stage
from customerhub.services.list_stages import list_stages
from customerhub.services.write_stage import StageWritten

PATH = "/api/stages"
TAG = "Club"
MAX_ID_CHARACTERS = 64
PATH_PARAMETERS = {"stageId": Parameter("As the list names it.")}


def make_stage(app: ClubApp, request: Request) -> Response:
    """Answer one call for a new stage."""
    body = parse_body(StageRequest, request.body())

    def work(verdict: RateVerdict) -> Response:
        values = body.to_values()
        written = create_stage(values, request.caller, parts=app.parts, before_write=verdict.require)
        return _written(app, request, written, HTTPStatus.CREATED)

    return rated(app, request, None, work)


def read_stages(app: ClubApp, request: Request) -> Response:
    """Answer one call for all stages."""

    def work(_: RateVerdict) -> Response:
        stages = list_stages(request.caller, with_archived=_flag(request, "archived"), club=app.parts.club)
        body = StagesResponse(stages=[stage_body(stage) for stage in stages])
        return Response(HTTPStatus.OK, body.model_dump_json())

    return rated(app, request, None, work)


def read_stage(app: ClubApp, request: Request) -> Response:
    """Answer one call for a stage."""
    stage_id = _stage_id(request)

    def work(_: RateVerdict) -> Response:
        return _one(find_stage(stage_id, request.caller, club=app.parts.club))

    return rated(app, request, None, work)


def patch_stage(app: ClubApp, request: Request) -> Response:
    """Answer one call that changes a stage."""
    stage_id, body = _stage_id(request), parse_body(StagePatch, request.body())

    def work(verdict: RateVerdict) -> Response:
        values = body.to_values()
        written = change_stage(stage_id, values, request.caller, parts=app.parts, before_write=verdict.require)
        return _written(app, request, written, HTTPStatus.OK)

    return rated(app, request, None, work)


def delete_stage(app: ClubApp, request: Request) -> Response:
    """Answer one call that archives a stage."""
    stage_id = _stage_id(request)

    def work(verdict: RateVerdict) -> Response:
        written = archive_stage(stage_id, request.caller, parts=app.parts, before_write=verdict.require)
        return _written(app, request, written, HTTPStatus.OK)

    return rated(app, request, None, work)


def _stage_id(request: Request) -> StageId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["stageId"]
    if len(text) > MAX_ID_CHARACTERS:
        raise NotFound("there is no such stage")
    return StageId(text)


def _flag(request: Request, name: str) -> bool:
    text = request.query.get(name, "false")
    if text not in ("true", "false"):
        raise InvalidInput("should be true or false", field=name)
    return text == "true"


def _written(app: ClubApp, request: Request, written: StageWritten, status: HTTPStatus) -> Response:
    send_jobs(app.queue, written.jobs, request.id)
    return _one(written.stage, status)


def _one(stage: Stage, status: HTTPStatus = HTTPStatus.OK) -> Response:
    return Response(status, StageResponse(stage=stage_body(stage)).model_dump_json())


CREATE_STAGE = Route(
    "POST",
    PATH,
    make_stage,
    summary="Make a stage",
    description=(
        "A tier of the club with its discount, which every connected shop is told of. With `qualification`, orders "
        "that come to it enroll their buyers by themselves. For staff and service keys with club:write."
    ),
    body=StageRequest,
    body_examples=examples.STAGE_REQUESTS,
    answers={
        201: Documented("The new stage.", StageResponse, examples.STAGES),
        409: Documented("The name is taken, or there are too many.", ErrorBody, examples.REFUSALS),
    },
    tag=TAG,
)
LIST_STAGES = Route(
    "GET",
    PATH,
    read_stages,
    summary="List the stages",
    description="All of them, the lowest first. For staff and service keys with club:read.",
    query={"archived": Parameter("With the archived ones; `false` by default.", {"enum": ["true", "false"]})},
    answers={200: Documented("The stages.", StagesResponse, examples.STAGE_LISTS)},
    tag=TAG,
)
GET_STAGE = Route(
    "GET",
    f"{PATH}/{{stageId}}",
    read_stage,
    summary="Read a stage",
    description="The stage, archived or not. For staff and service keys with club:read.",
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("The stage.", StageResponse, examples.STAGES)},
    tag=TAG,
)
PATCH_STAGE = Route(
    "PATCH",
    f"{PATH}/{{stageId}}",
    patch_stage,
    summary="Change a stage",
    description=(
        "What is given replaces what is known. Another name or discount goes to every connected shop, for all members; "
        "another duration counts for those who enroll from now on. For staff and service keys with club:write."
    ),
    body=StagePatch,
    body_examples=examples.STAGE_PATCHES,
    path_parameters=PATH_PARAMETERS,
    answers={
        200: Documented("The stage.", StageResponse, examples.STAGES),
        409: Documented("The name is taken, or the stage is archived.", ErrorBody, examples.REFUSALS),
    },
    tag=TAG,
)
ARCHIVE_STAGE = Route(
    "DELETE",
    f"{PATH}/{{stageId}}",
    delete_stage,
    summary="Archive a stage",
    description=(
        "Nobody enters it any more, and its discount is withdrawn from the shops; who was a member stays on record. "
        "While it has members it is a 409 with code `stage_in_use`: move or cancel them first. Repeating the call is "
        "harmless. For staff and service keys with club:write."
    ),
    path_parameters=PATH_PARAMETERS,
    answers={
        200: Documented("The stage, archived.", StageResponse, examples.STAGES),
        409: Documented("It has members.", ErrorBody, examples.REFUSALS),
    },
    tag=TAG,
)
