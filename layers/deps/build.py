"""Installs the pinned dependencies for a target, without Docker and without what a function never reads."""

import shutil
import subprocess
import sys
from pathlib import Path

from uv import find_uv_bin

from infra.targets import Target
from layers.deps.botocore_data import prune_botocore_data

# Scripts and the lock of the installer, which the product does not use.
# Kept although unused by us: dnspython and pycparser, which their dependants import when first needed.
UNREAD = ("bin", ".lock")


def install_dependencies(requirements: Path, directory: Path, target: Target) -> None:
    """Fills `directory` with the packages that `requirements` pins, as wheels of the target's platform.

    Raises subprocess.CalledProcessError if a hash differs or a package has no such wheel.
    """
    # Copies, because links would let the pruning below reach into the cache of the installer.
    command = [find_uv_bin(), "pip", "install", "--quiet", "--no-deps", "--link-mode", "copy"]
    command += ["--target", str(directory), "--requirements", str(requirements)]
    command += ["--require-hashes", "--only-binary", ":all:"]
    command += ["--python", sys.executable, "--python-version", target.python]
    command += ["--python-platform", target.platform] if target.platform else []
    subprocess.run(command, check=True)
    _prune(directory)


def _prune(directory: Path) -> None:
    for name in UNREAD:
        _remove(directory / name)
    for pattern in ("*.pyi", "py.typed"):
        for path in directory.rglob(pattern):
            _remove(path)
    for info in directory.glob("*.dist-info"):
        _keep_name_and_version(info)
    prune_botocore_data(directory / "botocore" / "data")


def _remove(path: Path) -> None:
    shutil.rmtree(path) if path.is_dir() else path.unlink(missing_ok=True)


def _keep_name_and_version(info: Path) -> None:
    # `importlib.metadata.version` is all that pydantic and python-ulid ask for at run time.
    headers, _, _ = (info / "METADATA").read_text().partition("\n\n")
    for path in info.iterdir():
        _remove(path)
    wanted = ("Metadata-Version:", "Name:", "Version:")
    (info / "METADATA").write_text("\n".join(line for line in headers.splitlines() if line.startswith(wanted)) + "\n")
