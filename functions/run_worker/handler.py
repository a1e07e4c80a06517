"""What is read from the queue of runs."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_pull_parts  # noqa: E402
from customerhub.entrypoints.run_worker import build_run_worker  # noqa: E402

handler = build_run_worker(build_pull_parts())

gc.freeze()
gc.enable()
