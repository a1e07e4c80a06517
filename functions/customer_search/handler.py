"""Search, lists and timelines over HTTP."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_search_app  # noqa: E402
from customerhub.entrypoints.http_api.api import build_api  # noqa: E402
from customerhub.entrypoints.http_api.routes.customer_search import CUSTOMER_SEARCH_ROUTES  # noqa: E402

handler = build_api(build_search_app(), CUSTOMER_SEARCH_ROUTES)

gc.freeze()
gc.enable()
