"""Webhooks of Shopify over EventBridge."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_inbox_parts  # noqa: E402
from customerhub.entrypoints.webhook_events import build_webhook_events  # noqa: E402

handler = build_webhook_events(build_inbox_parts())

gc.freeze()
gc.enable()
