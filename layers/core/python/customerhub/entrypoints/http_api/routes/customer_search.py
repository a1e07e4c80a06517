"""The routes of the function `customer_search`."""

from customerhub.entrypoints.http_api.customer_search import FIND_CUSTOMERS
from customerhub.entrypoints.http_api.customer_timeline import GET_TIMELINE

CUSTOMER_SEARCH_ROUTES = (FIND_CUSTOMERS, GET_TIMELINE)
