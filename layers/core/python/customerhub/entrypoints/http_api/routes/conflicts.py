"""The routes of the function `conflicts`."""

from customerhub.entrypoints.http_api.conflicts import GET_CONFLICT, LIST_CONFLICTS, RESOLVE_CONFLICT

CONFLICT_ROUTES = (LIST_CONFLICTS, GET_CONFLICT, RESOLVE_CONFLICT)
