"""The routes of the function `duties`."""

from customerhub.entrypoints.http_api.duties import FULFIL_DUTY, GET_DUTY, LIST_DUTIES

DUTY_ROUTES = (LIST_DUTIES, GET_DUTY, FULFIL_DUTY)
