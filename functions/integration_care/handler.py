"""What the schedule does for integrations."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_integration_care_app  # noqa: E402
from customerhub.entrypoints.integration_care import build_integration_care  # noqa: E402

handler = build_integration_care(build_integration_care_app())

gc.freeze()
gc.enable()
