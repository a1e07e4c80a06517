"""Bytecode compiled at build: a function without it spends most of its cold start compiling."""

import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from infra.targets import LOCAL, Target


class InterpreterMissingError(Exception):
    """No interpreter of the target's Python version is installed; the message says how to get one."""


def interpreter(target: Target) -> str:
    """Returns the path of an installed interpreter of the target's version.

    Raises InterpreterMissingError if there is none: bytecode of another version is ignored by Python.
    """
    if target.python == LOCAL.python:
        return sys.executable
    found = subprocess.run(
        [find_uv_bin(), "python", "find", "--no-python-downloads", "--no-project", target.python],
        capture_output=True,
        text=True,
        check=False,
    )
    if found.returncode:
        raise InterpreterMissingError(
            f"Packaging for Lambda needs Python {target.python} to compile the bytecode. "
            f"Install it, for example with: {Path(find_uv_bin())} python install {target.python}"
        )
    return found.stdout.strip()


def compile_tree(tree: Path, target: Target) -> None:
    """Writes the bytecode of every module under `tree` beside it, the same bytes for the same sources.

    Unchecked hashes make it valid whatever time stamps packing and unpacking leave on the sources; a fixed hash seed
    and a stripped path make it reproducible.
    """
    if not target.bytecode:
        return
    command = [interpreter(target), "-P", "-m", "compileall", "-q", "--invalidation-mode", "unchecked-hash"]
    subprocess.run([*command, "-s", str(tree), "-p", "/", str(tree)], check=True, cwd="/", env={"PYTHONHASHSEED": "0"})
