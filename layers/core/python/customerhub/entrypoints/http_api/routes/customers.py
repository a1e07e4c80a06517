"""The routes of the function `customers`."""

from customerhub.entrypoints.http_api.customer_management import CUSTOMER_MANAGEMENT
from customerhub.entrypoints.http_api.customer_patch import PATCH_CUSTOMER
from customerhub.entrypoints.http_api.customers import GET_CUSTOMER

CUSTOMER_ROUTES = (CUSTOMER_MANAGEMENT, GET_CUSTOMER, PATCH_CUSTOMER)
