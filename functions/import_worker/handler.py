"""What is read from the queue of imports."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_import_worker_app  # noqa: E402
from customerhub.entrypoints.import_worker import build_import_worker  # noqa: E402

handler = build_import_worker(build_import_worker_app())

gc.freeze()
gc.enable()
