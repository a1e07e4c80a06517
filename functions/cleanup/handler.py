"""What the schedule wakes up for: erasures that were interrupted, what the law wants done, and customers whom nobody
comes back to."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_cleanup_app  # noqa: E402
from customerhub.entrypoints.cleanup import build_cleanup  # noqa: E402

handler = build_cleanup(build_cleanup_app())

gc.freeze()
gc.enable()
