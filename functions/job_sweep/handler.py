"""What the schedule wakes up for: jobs that are due and that no message brings."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_job_sweep_app  # noqa: E402
from customerhub.entrypoints.job_sweep import build_job_sweep  # noqa: E402

handler = build_job_sweep(build_job_sweep_app())

gc.freeze()
gc.enable()
