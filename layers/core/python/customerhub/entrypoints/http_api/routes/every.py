"""Every route that asks for a credential, in the order of the OpenAPI document. A function that serves some of them
imports those alone."""

from customerhub.entrypoints.http_api.routes.customers import CUSTOMER_ROUTES

ALL_ROUTES = (*CUSTOMER_ROUTES,)
