"""Duties over HTTP: what platforms have passed on that the law wants done."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_duties_app  # noqa: E402
from customerhub.entrypoints.http_api.api import build_api  # noqa: E402
from customerhub.entrypoints.http_api.routes.duties import DUTY_ROUTES  # noqa: E402

handler = build_api(build_duties_app(), DUTY_ROUTES)

gc.freeze()
gc.enable()
