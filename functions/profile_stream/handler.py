"""Counts what changes at customers' profiles."""

import gc

gc.disable()  # a collection during init costs more than it frees; what init made is frozen below

from customerhub.bootstrap import build_profile_stream_app  # noqa: E402
from customerhub.entrypoints.profile_stream import build_profile_stream  # noqa: E402

handler = build_profile_stream(build_profile_stream_app())

gc.freeze()
gc.enable()
