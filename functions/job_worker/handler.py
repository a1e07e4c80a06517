"""What is read from the queue of jobs."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_job_parts  # noqa: E402
from customerhub.entrypoints.queues import build_job_worker  # noqa: E402

handler = build_job_worker(build_job_parts())

gc.freeze()
gc.enable()
