"""Webhooks of shops and CRMs over HTTPS."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_inbox_parts  # noqa: E402
from customerhub.entrypoints.webhooks import build_webhooks  # noqa: E402

handler = build_webhooks(build_inbox_parts())

gc.freeze()
gc.enable()
