"""The routes of the function `integrations`."""

from customerhub.entrypoints.http_api.deliveries import DISCARD_DELIVERY, LIST_DELIVERIES, RETRY_DELIVERY
from customerhub.entrypoints.http_api.integrations import CONNECT, DISCONNECT, GET_INTEGRATION, LIST_INTEGRATIONS
from customerhub.entrypoints.http_api.runs import CANCEL_RUN, GET_RUN, LIST_RUN_RECORDS, LIST_RUNS, START_SYNC

INTEGRATION_ROUTES = (
    CONNECT,
    LIST_INTEGRATIONS,
    GET_INTEGRATION,
    DISCONNECT,
    START_SYNC,
    LIST_DELIVERIES,
    RETRY_DELIVERY,
    DISCARD_DELIVERY,
    LIST_RUNS,
    GET_RUN,
    CANCEL_RUN,
    LIST_RUN_RECORDS,
)
