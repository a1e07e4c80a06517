"""The routes of the function `privacy`."""

from customerhub.entrypoints.http_api.erasures import ERASE_CUSTOMER, GET_ERASURE
from customerhub.entrypoints.http_api.exports import EXPORT_CUSTOMER

PRIVACY_ROUTES = (EXPORT_CUSTOMER, ERASE_CUSTOMER, GET_ERASURE)
