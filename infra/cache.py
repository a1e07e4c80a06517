"""Directories that are made again only when their inputs changed."""

import fcntl
import hashlib
import shutil
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from infra.paths import BUILD, ROOT


def digest(paths: Iterable[Path], *words: str) -> str:
    """Returns a hash over the names and contents of the files in `paths` (directories are walked) and over `words`."""
    hasher = hashlib.sha256("\0".join(words).encode())
    for path in sorted(_files(paths)):
        hasher.update(f"\0{path.relative_to(ROOT)}\0".encode())
        hasher.update(hashlib.sha256(path.read_bytes()).digest())
    return hasher.hexdigest()


def _files(paths: Iterable[Path]) -> Iterator[Path]:
    for path in paths:
        found = path.rglob("*") if path.is_dir() else [path]
        yield from (file for file in found if file.is_file() and "__pycache__" not in file.parts)


def key_file(directory: Path) -> Path:
    """Returns the file that holds the key that `directory` was made from."""
    return directory.with_name(f"{directory.name}.key")


def make_once(directory: Path, key: str, make: Callable[[Path], None]) -> Path:
    """Fills `directory` by calling `make` with an empty one, unless it was made from the same `key` before.

    A `make` that fails or is killed leaves the old directory as it was.
    """
    stamp = key_file(directory)
    if directory.is_dir() and stamp.is_file() and stamp.read_text() == key:
        return directory
    directory.parent.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=directory.parent) as scratch:
        fresh = Path(scratch, "fresh")
        fresh.mkdir()
        make(fresh)
        stamp.unlink(missing_ok=True)
        shutil.rmtree(directory, ignore_errors=True)
        fresh.rename(directory)
    stamp.write_text(key)
    return directory


@contextmanager
def exclusive(work: str) -> Iterator[None]:
    """Lets one process at a time do `work`; the others wait, then find it done."""
    BUILD.mkdir(exist_ok=True)
    with (BUILD / f"{work}.lock").open("w") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
