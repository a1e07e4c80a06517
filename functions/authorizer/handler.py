"""The Lambda authorizer."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_credential_app  # noqa: E402
from customerhub.entrypoints.authorizer import build_authorizer  # noqa: E402

handler = build_authorizer(build_credential_app())

gc.freeze()
gc.enable()
