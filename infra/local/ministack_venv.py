"""MiniStack's own virtual environment.

MiniStack runs the functions with its own interpreter. In an environment of its own it cannot lend them a package that
their layer lacks, except its own few dependencies.
"""

import hashlib
import shutil
import subprocess
import sys
from pathlib import Path

from infra.local.locks import exclusive
from infra.paths import ROOT

VENV = ROOT / ".local" / "ministack-venv"
REQUIREMENTS = Path(__file__).parent / "ministack" / "requirements.txt"


class InstallationFailedError(Exception):
    """MiniStack could not be installed; the message ends with what pip said."""


def ensure_ministack() -> Path:
    """Install the locked MiniStack, unless that lock is installed already; the interpreter to run it with.

    Safe to call from several processes at once. Raises `InstallationFailedError`.
    """
    python = VENV / "bin" / "python"
    stamp = VENV / "requirements.sha256"
    wanted = hashlib.sha256(REQUIREMENTS.read_bytes() + sys.version.encode()).hexdigest()
    with exclusive(VENV.with_suffix(".lock")):
        if not (stamp.is_file() and stamp.read_text() == wanted):
            shutil.rmtree(VENV, ignore_errors=True)
            _run(sys.executable, "-m", "venv", str(VENV))
            _run(str(python), "-m", "pip", "install", "--require-hashes", "--requirement", str(REQUIREMENTS))
            stamp.write_text(wanted)
    return python


def _run(*command: str) -> None:
    result = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False)
    if result.returncode:
        raise InstallationFailedError(f"{' '.join(command)} failed:\n{result.stdout[-2000:]}")
