"""`GET /api/sync/health`: how the work towards shops and CRMs is going."""

from http import HTTPStatus

from customerhub.app import SyncApp
from customerhub.entrypoints.http_api import sync_examples as examples
from customerhub.entrypoints.http_api.rated import rated
from customerhub.entrypoints.http_api.route import Documented, Request, Response, Route
from customerhub.entrypoints.http_api.sync_models import SyncHealthResponse, health_body
from customerhub.ports import RateVerdict
from customerhub.services.report_sync_health import report_sync_health

TAG = "Sync"


def read_sync_health(app: SyncApp, request: Request) -> Response:
    """Answer one call."""

    def work(_: RateVerdict) -> Response:
        health = report_sync_health(request.caller, desk=app.desk)
        return Response(HTTPStatus.OK, health_body(health).model_dump_json())

    return rated(app, request, None, work)


GET_SYNC_HEALTH = Route(
    "GET",
    "/api/sync/health",
    read_sync_health,
    summary="Health of the work towards shops and CRMs",
    description=(
        "Per integration and in total: customers synced and pending, jobs by status, attempts and how many of them "
        "failed, the last success, the queue's length and age, and the platform's response times over the last 24 "
        "hours (the middle of a bucket 19 % wide). For staff and service keys with sync:read."
    ),
    answers={200: Documented("The figures.", SyncHealthResponse, examples.HEALTH)},
    tag=TAG,
)
