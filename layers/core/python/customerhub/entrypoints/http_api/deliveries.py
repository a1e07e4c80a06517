"""`/api/integrations/{integrationId}/deliveries`: webhooks that were received, and what staff do about them."""

from http import HTTPStatus

from customerhub.app import IntegrationsApp
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.delivery_outcome import discarded, retried
from customerhub.domain.ids import DELIVERY_ID_PATTERN, DeliveryId
from customerhub.entrypoints.http_api import delivery_examples as examples
from customerhub.entrypoints.http_api.delivery_models import DeliveriesResponse, OneDeliveryResponse, delivery_body
from customerhub.entrypoints.http_api.integrations import PATH_PARAMETERS, TAG, integration_in_path
from customerhub.entrypoints.http_api.models import ErrorBody
from customerhub.entrypoints.http_api.paging import PAGE_PARAMETERS, read_paging
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Parameter, Request, Response, Route
from customerhub.errors import InvalidInput, NotFound
from customerhub.ports import RateVerdict
from customerhub.services.change_delivery import Change, change_delivery
from customerhub.services.list_deliveries import list_deliveries

PATH = "/api/integrations/{integrationId}/deliveries"
ONE_PARAMETERS = {**PATH_PARAMETERS, "deliveryId": Parameter("As the list names it.")}


def read_deliveries(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call for a page."""
    integration = integration_in_path(request)

    def work(_: RateVerdict) -> Response:
        status = _status(request)
        paging = read_paging(request, PATH, integration, status)
        page = list_deliveries(
            integration,
            status,
            request.caller,
            paging.after,
            paging.limit,
            integrations=app.integrations,
            deliveries=app.care_parts.deliveries,
        )
        bodies = [delivery_body(one) for one in page.items]
        answer = DeliveriesResponse(deliveries=bodies, next_cursor=paging.cursor(page.after))
        return Response(HTTPStatus.OK, answer.model_dump_json())

    return rated(app, request, None, work)


def retry_delivery(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call that has a delivery worked again."""
    return _changed(app, request, retried)


def discard_delivery(app: IntegrationsApp, request: Request) -> Response:
    """Answer one call that puts a delivery away."""
    return _changed(app, request, discarded)


def _changed(app: IntegrationsApp, request: Request, change: Change) -> Response:
    integration, delivery_id = integration_in_path(request), _delivery_id(request)

    def work(verdict: RateVerdict) -> Response:
        delivery: Delivery = change_delivery(
            integration,
            delivery_id,
            change,
            request.caller,
            deliveries=app.care_parts.deliveries,
            queue=app.delivery_queue,
            clock=app.clock,
            before_write=verdict.require,
        )
        return Response(HTTPStatus.OK, OneDeliveryResponse(delivery=delivery_body(delivery)).model_dump_json())

    return rated(app, request, None, work)


def _status(request: Request) -> DeliveryStatus:
    try:
        return DeliveryStatus(request.query.get("status", DeliveryStatus.PARKED))
    except ValueError as error:
        raise InvalidInput("should be one of those that the documentation names", field="status") from error


def _delivery_id(request: Request) -> DeliveryId:
    """The id in the path. Raises NotFound for what cannot be one."""
    text = request.path["deliveryId"]
    if not DELIVERY_ID_PATTERN.fullmatch(text):
        raise NotFound("there is no such delivery")
    return DeliveryId(text)


CONFLICT = Documented("It does not fit what the webhook is by now; `code` says why.", ErrorBody)

LIST_DELIVERIES = Route(
    "GET",
    PATH,
    read_deliveries,
    summary="List webhooks",
    description=(
        "The webhooks of an integration that have a status, parked ones by default: those that came, or were worked, "
        "longest ago first. What they say is not shown. A page may be shorter than `limit`; only a null `nextCursor` "
        "says that it is the last. Those that need nobody any more are forgotten after 30 days. For staff and service "
        "keys with sync:read."
    ),
    path_parameters=PATH_PARAMETERS,
    query={"status": Parameter("`parked` by default.", {"enum": list(DeliveryStatus)}), **PAGE_PARAMETERS},
    answers={200: Documented("The webhooks.", DeliveriesResponse, examples.PAGES)},
    tag=TAG,
)
RETRY_DELIVERY = Route(
    "POST",
    f"{PATH}/{{deliveryId}}/retry",
    retry_delivery,
    summary="Work a webhook again",
    description=(
        "Now, with attempts counted from zero. One that was worked, or of which nothing is left, is a 409. For staff "
        "and service keys with sync:write."
    ),
    path_parameters=ONE_PARAMETERS,
    answers={200: Documented("The webhook, waiting.", OneDeliveryResponse, examples.RETRIED), 409: CONFLICT},
    tag=TAG,
)
DISCARD_DELIVERY = Route(
    "POST",
    f"{PATH}/{{deliveryId}}/discard",
    discard_delivery,
    summary="Put a webhook away",
    description=(
        "It is not worked, and what it says is forgotten. One that was worked is a 409. For staff and service keys "
        "with sync:write."
    ),
    path_parameters=ONE_PARAMETERS,
    answers={200: Documented("The webhook, discarded.", OneDeliveryResponse, examples.DISCARDED), 409: CONFLICT},
    tag=TAG,
)
