"""Stages, enrollments and orders over HTTP."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_club_app  # noqa: E402
from customerhub.entrypoints.http_api.api import build_api  # noqa: E402
from customerhub.entrypoints.http_api.routes.club import CLUB_ROUTES  # noqa: E402

handler = build_api(build_club_app(), CLUB_ROUTES)

gc.freeze()
gc.enable()
