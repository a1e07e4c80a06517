"""What is read from the queue of webhooks that were received."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_delivery_parts  # noqa: E402
from customerhub.entrypoints.delivery_worker import build_delivery_worker  # noqa: E402

handler = build_delivery_worker(build_delivery_parts())

gc.freeze()
gc.enable()
