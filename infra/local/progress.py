"""What the person at the terminal sees while the stack starts."""

import time
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager

Step = Callable[[str], AbstractContextManager[None]]
"""Announces a piece of work that takes as long as the context."""


@contextmanager
def printed(name: str) -> Iterator[None]:
    """Print `name`, and the seconds that it took once it is done."""
    print(f"  {name} …", end="", flush=True)
    started = time.monotonic()
    try:
        yield
    except BaseException:
        print(" not finished", flush=True)
        raise
    print(f" {time.monotonic() - started:.1f} s", flush=True)


@contextmanager
def silent(_: str) -> Iterator[None]:
    """Print nothing."""
    yield
