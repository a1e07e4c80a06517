"""Every route that asks for a credential, in the order of the OpenAPI document. A function that serves some of them
imports those alone."""

from customerhub.entrypoints.http_api.routes.analytics import ANALYTICS_ROUTES
from customerhub.entrypoints.http_api.routes.club import CLUB_ROUTES
from customerhub.entrypoints.http_api.routes.conflicts import CONFLICT_ROUTES
from customerhub.entrypoints.http_api.routes.customer_search import CUSTOMER_SEARCH_ROUTES
from customerhub.entrypoints.http_api.routes.customers import CUSTOMER_ROUTES
from customerhub.entrypoints.http_api.routes.duties import DUTY_ROUTES
from customerhub.entrypoints.http_api.routes.imports import IMPORT_ROUTES
from customerhub.entrypoints.http_api.routes.integrations import INTEGRATION_ROUTES
from customerhub.entrypoints.http_api.routes.merges import MERGE_ROUTES
from customerhub.entrypoints.http_api.routes.privacy import PRIVACY_ROUTES
from customerhub.entrypoints.http_api.routes.sync import SYNC_ROUTES
from customerhub.entrypoints.http_api.routes.verifications import VERIFICATION_ROUTES

ALL_ROUTES = (
    *CUSTOMER_ROUTES,
    *MERGE_ROUTES,
    *CONFLICT_ROUTES,
    *CUSTOMER_SEARCH_ROUTES,
    *PRIVACY_ROUTES,
    *DUTY_ROUTES,
    *VERIFICATION_ROUTES,
    *ANALYTICS_ROUTES,
    *CLUB_ROUTES,
    *IMPORT_ROUTES,
    *SYNC_ROUTES,
    *INTEGRATION_ROUTES,
)
