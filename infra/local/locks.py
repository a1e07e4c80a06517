"""Locks between processes. The system gives one back when its process ends, however it ends: none can be stale."""

import fcntl
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def exclusive(path: Path) -> Iterator[None]:
    """Hold the lock file at `path` until the context ends, after waiting for whoever holds it."""
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield


class AlreadyRunningError(Exception):
    """Another process runs the stack; the message names its base URL."""


@contextmanager
def single_run(directory: Path, base_url: str = "") -> Iterator[None]:
    """Hold `directory` until the context ends. Raises `AlreadyRunningError` if another process does."""
    directory.mkdir(parents=True, exist_ok=True)
    with (directory / "up.lock").open("a+") as lock:
        try:
            fcntl.flock(lock, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            lock.seek(0)
            raise AlreadyRunningError(f"The hub is running already, at {lock.read()}") from error
        lock.truncate(0)
        lock.write(base_url)
        lock.flush()
        yield
