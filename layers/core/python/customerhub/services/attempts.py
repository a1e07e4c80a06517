"""Trying again: a lost race is read and decided again, a bounded number of times."""

import random
from collections.abc import Callable
from typing import TypeVar

from customerhub.errors import LostRace, TooMuchContention
from customerhub.ports import Clock

MAX_ATTEMPTS = 60
"""An attempt mostly loses because another call won, so that a crowd of racing calls comes through."""
MAX_PAUSE_S = 0.25

_T = TypeVar("_T")


def attempts(clock: Clock, attempt: Callable[[], _T]) -> _T:
    """What `attempt` returns, which reads, decides and writes once; called again whenever it raises LostRace.

    Pauses in between, at random up to a bound that doubles from 5 ms to `MAX_PAUSE_S`. Raises TooMuchContention after
    `MAX_ATTEMPTS`, and at once whatever else `attempt` raises.
    """
    for number in range(MAX_ATTEMPTS):
        try:
            return attempt()
        except LostRace:
            ceiling_s = min(MAX_PAUSE_S, 0.005 * 2**number)
            clock.sleep(random.uniform(0, ceiling_s))  # noqa: S311 - spreads retries, guards nothing
    raise TooMuchContention("other calls changed the same customer all the time")
