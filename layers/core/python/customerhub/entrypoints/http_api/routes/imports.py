"""The routes of the function `imports`."""

from customerhub.entrypoints.http_api.imports import (
    CANCEL_IMPORT,
    COMMIT_IMPORT,
    GET_IMPORT,
    GET_IMPORT_ERRORS,
    LIST_IMPORT_ROWS,
    LIST_IMPORTS,
    PREVIEW_IMPORT,
    START_IMPORT,
)

IMPORT_ROUTES = (
    START_IMPORT,
    LIST_IMPORTS,
    GET_IMPORT,
    PREVIEW_IMPORT,
    COMMIT_IMPORT,
    CANCEL_IMPORT,
    LIST_IMPORT_ROWS,
    GET_IMPORT_ERRORS,
)
