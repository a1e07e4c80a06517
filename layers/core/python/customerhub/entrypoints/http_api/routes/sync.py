"""The routes of the function `sync`."""

from customerhub.entrypoints.http_api.sync_health import GET_SYNC_HEALTH
from customerhub.entrypoints.http_api.sync_jobs import (
    DISCARD_JOB,
    DISCARD_JOBS,
    GET_JOB,
    LIST_JOBS,
    PATCH_JOB,
    RETRY_JOB,
    RETRY_JOBS,
)

SYNC_ROUTES = (GET_SYNC_HEALTH, LIST_JOBS, RETRY_JOBS, DISCARD_JOBS, GET_JOB, PATCH_JOB, RETRY_JOB, DISCARD_JOB)
