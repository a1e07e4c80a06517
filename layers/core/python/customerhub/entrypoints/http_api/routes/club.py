"""The routes of the function `club`."""

from customerhub.entrypoints.http_api.enrolling import BULK_ENROLL, ENROLL
from customerhub.entrypoints.http_api.enrollments import (
    CANCEL_ENROLLMENT,
    GET_ENROLLMENT,
    LIST_ENROLLMENTS,
    MOVE_ENROLLMENT,
)
from customerhub.entrypoints.http_api.orders import TELL_ORDER
from customerhub.entrypoints.http_api.stages import (
    ARCHIVE_STAGE,
    CREATE_STAGE,
    GET_STAGE,
    LIST_STAGES,
    PATCH_STAGE,
)

CLUB_ROUTES = (
    CREATE_STAGE,
    LIST_STAGES,
    GET_STAGE,
    PATCH_STAGE,
    ARCHIVE_STAGE,
    ENROLL,
    LIST_ENROLLMENTS,
    BULK_ENROLL,
    GET_ENROLLMENT,
    MOVE_ENROLLMENT,
    CANCEL_ENROLLMENT,
    TELL_ORDER,
)
