"""Merging by staff, and undoing it, over HTTP."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_merges_app  # noqa: E402
from customerhub.entrypoints.http_api.api import build_api  # noqa: E402
from customerhub.entrypoints.http_api.routes.merges import MERGE_ROUTES  # noqa: E402

handler = build_api(build_merges_app(), MERGE_ROUTES)

gc.freeze()
gc.enable()
