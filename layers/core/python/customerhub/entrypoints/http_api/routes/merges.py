"""The routes of the function `merges`."""

from customerhub.entrypoints.http_api.merges import MERGE, UNMERGE

MERGE_ROUTES = (MERGE, UNMERGE)
