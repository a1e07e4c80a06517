"""Every route that asks for a credential, in the order of the OpenAPI document."""

from customerhub.entrypoints.http_api.customer_management import CUSTOMER_MANAGEMENT
from customerhub.entrypoints.http_api.customers import GET_CUSTOMER

CUSTOMER_ROUTES = (CUSTOMER_MANAGEMENT, GET_CUSTOMER)
