"""Integrations, their webhooks and their runs over HTTP."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_integrations_app  # noqa: E402
from customerhub.entrypoints.http_api.api import build_api  # noqa: E402
from customerhub.entrypoints.http_api.routes.integrations import INTEGRATION_ROUTES  # noqa: E402

handler = build_api(build_integrations_app(), INTEGRATION_ROUTES)

gc.freeze()
gc.enable()
