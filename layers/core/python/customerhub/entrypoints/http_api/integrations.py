"""`/api/integrations`: shops and CRMs are connected, looked at, and disconnected."""

from http import HTTPStatus

from customerhub.app import IntegrationsApp
from customerhub.domain.caller import Scope
from customerhub.domain.connection import check_account, check_credentials, check_intake
from customerhub.domain.ids import INTEGRATION_ID_PATTERN, IntegrationId, TenantId
from customerhub.domain.integration import Intake, Integration, Platform
from customerhub.entrypoints.http_api import integration_examples as examples
from customerhub.entrypoints.http_api.integration_models import (
    DisconnectedResponse,
    IntegrationRequest,
    IntegrationResponse,
    IntegrationsResponse,
    disconnected_body,
    integration_body,
)
from customerhub.entrypoints.http_api.models import ErrorBody
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route, parse_body
from customerhub.entrypoints.send_jobs import send_jobs
from customerhub.errors import NotFound
from customerhub.ports import RateVerdict
from customerhub.services.connect_integration import check_at_platform, connect_integration, keep_endpoint
from customerhub.services.disconnect_integration import disconnect_integration
from customerhub.services.view_integrations import get_integration_view, list_integration_views, view_integration

PATH = "/api/integrations"
TAG = "Integrations"
PATH_PARAMETERS = {"integrationId": Parameter("As the list names it.")}


def connect(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call that connects a shop or CRM."""
    body = parse_body(IntegrationRequest, request.body())

    def work(verdict: RateVerdict) -> Response:
        request.caller.require(Scope.INTEGRATIONS_WRITE)
        stated = keep_endpoint(_stated(body, request.caller.tenant.id, app), parts=app.connecting)
        credentials = check_credentials(stated.platform, body.credentials)
        verdict.require()
        check_at_platform(stated, credentials, parts=app.connecting)
        connected = connect_integration(stated, credentials, parts=app.connecting, before_write=verdict.require)
        send_jobs(app.job_queue, connected.jobs, request.id)
        view = view_integration(connected.integration, parts=app.care_parts)
        status = HTTPStatus.CREATED if connected.is_new else HTTPStatus.OK
        return Response(status, IntegrationResponse(integration=integration_body(view)).model_dump_json())

    return rated(app, request, None, work)


def read_integrations(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call for all of them."""

    def work(_: RateVerdict) -> Response:
        views = list_integration_views(request.caller, parts=app.care_parts)
        answer = IntegrationsResponse(integrations=[integration_body(view) for view in views])
        return Response(HTTPStatus.OK, answer.model_dump_json())

    return rated(app, request, None, work)


def read_integration(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call for one."""
    name = integration_in_path(request)

    def work(_: RateVerdict) -> Response:
        view = get_integration_view(name, request.caller, parts=app.care_parts)
        return Response(HTTPStatus.OK, IntegrationResponse(integration=integration_body(view)).model_dump_json())

    return rated(app, request, None, work)


def disconnect(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call that disconnects one."""
    name = integration_in_path(request)

    def work(verdict: RateVerdict) -> Response:
        request.caller.require(Scope.INTEGRATIONS_WRITE)
        verdict.require()
        disconnected = disconnect_integration(request.caller.tenant.id, name, parts=app.disconnecting)
        view = view_integration(disconnected.integration, parts=app.care_parts)
        return Response(HTTPStatus.OK, disconnected_body(disconnected, view).model_dump_json())

    return rated(app, request, None, work)


def integration_in_path(request: Request) -> IntegrationId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["integrationId"]
    if not INTEGRATION_ID_PATTERN.fullmatch(text):
        raise NotFound("there is no such integration")
    return IntegrationId(text)


def _stated(body: IntegrationRequest, tenant: TenantId, app: IntegrationsApp) -> Integration:
    platform, intake = Platform(body.platform), Intake(body.intake)
    return Integration(
        tenant,
        IntegrationId(body.id or platform.value),
        platform,
        check_account(platform, body.account),
        app.clock.now(),
        intake=intake,
        event_source=check_intake(platform, intake, body.event_source),
    )


CONNECT = Route(
    "POST",
    PATH,
    connect,
    summary="Connect a shop or CRM",
    description=(
        "Asks the platform whether it takes the credentials (a 422 says that it does not), keeps them, has the "
        "platform report every change to the hub, and pulls all customers, orders and products. All stages and members "
        "are owed to it. The same id again replaces the credentials, and connects anew what was disconnected. An "
        "account belongs to one integration of one merchant. For staff and service keys with integrations:write."
    ),
    body=IntegrationRequest,
    body_examples=examples.REQUESTS,
    answers={
        200: Documented("It was known, and is connected with these credentials.", IntegrationResponse, examples.ONE),
        201: Documented("It is connected.", IntegrationResponse, examples.ONE),
        409: Documented("The account is that of another integration.", ErrorBody, examples.REFUSALS),
    },
    tag=TAG,
)
LIST_INTEGRATIONS = Route(
    "GET",
    PATH,
    read_integrations,
    summary="List shops and CRMs",
    description=(
        "When each was last synced and what came of it, how far both sides differ, how its webhooks are, and what is "
        "wrong. For staff and service keys with sync:read."
    ),
    answers={200: Documented("All of them.", IntegrationsResponse, examples.ALL)},
    tag=TAG,
)
GET_INTEGRATION = Route(
    "GET",
    f"{PATH}/{{integrationId}}",
    read_integration,
    summary="Read a shop or CRM",
    description="One of the list. For staff and service keys with sync:read.",
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("How it is.", IntegrationResponse, examples.ONE)},
    tag=TAG,
)
DISCONNECT = Route(
    "DELETE",
    f"{PATH}/{{integrationId}}",
    disconnect,
    summary="Disconnect a shop or CRM",
    description=(
        "From now on nothing is exchanged with it: no pulls, no jobs, no webhooks, which the platform is asked to "
        "send no more. The answer says what was stopped and what was kept; connecting it again goes on from there. "
        "Repeating the call is harmless. For staff and service keys with integrations:write."
    ),
    path_parameters=PATH_PARAMETERS,
    answers={200: Documented("It is disconnected.", DisconnectedResponse, examples.DISCONNECTED)},
    tag=TAG,
)
