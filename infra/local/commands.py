"""What `make up` and `make reset` do."""

import os
import shutil
import subprocess
import sys
from contextlib import ExitStack
from pathlib import Path

from infra.bytecode import InterpreterMissingError
from infra.local.demo import published, welcome
from infra.local.deployment import DeploymentFailedError
from infra.local.emulator import MINISTACK_LOCK, EmulatorFailedError, running_emulator
from infra.local.front_door import PortBusyError, listening
from infra.local.hub import HubFailedError, running_hub
from infra.local.locks import AlreadyRunningError, exclusive, single_run
from infra.local.ministack_venv import InstallationFailedError, ensure_ministack
from infra.local.partners.processes import PartnerFailedError, partner_locks
from infra.local.partners.shopify.schema import SchemaUnavailableError
from infra.local.progress import printed
from infra.local.seed import SeedingFailedError
from infra.local.stopping import StopRequested
from infra.paths import ROOT

DEFAULT_PORT = 8787
EXPECTED_ERRORS = (
    AlreadyRunningError,
    DeploymentFailedError,
    EmulatorFailedError,
    HubFailedError,
    InstallationFailedError,
    InterpreterMissingError,
    PartnerFailedError,
    PortBusyError,
    SchemaUnavailableError,
    SeedingFailedError,
    subprocess.CalledProcessError,
)
"""Say in their message all that a person needs to know."""


def run(command: str) -> None:
    """Carry out `up` or `reset`; exit with a message if that fails.

    Environment: `PORT`, and `HUB_LOCAL_DIR`, the directory that holds the data and `demo.json`, `.local` by default.
    """
    directory = Path(os.environ.get("HUB_LOCAL_DIR") or ROOT / ".local").resolve()
    try:
        if command == "up":
            up(directory, _port())
        else:
            reset(directory)
    except EXPECTED_ERRORS as error:
        sys.exit(str(error))


def _port() -> int:
    text = os.environ.get("PORT") or str(DEFAULT_PORT)
    if not (text.isdecimal() and 0 < int(text) < 2**16):
        sys.exit(f"PORT must be a number from 1 to 65535, not {text}.")
    return int(text)


def up(directory: Path, port: int) -> None:
    """Run the hub until a signal asks for its end; raise `StopRequested` only if that comes before it is ready."""
    ready = False
    try:
        with single_run(directory, f"http://127.0.0.1:{port}"), listening(port) as listener:
            (directory / "demo.json").unlink(missing_ok=True)
            with printed("Installing MiniStack"):
                python = ensure_ministack()
            with (
                running_emulator(python, directory, persist=True) as emulator,
                running_hub(emulator, listener, directory / "state", printed) as hub,
                published(hub, directory / "demo.json"),
            ):
                ready = True
                print(welcome(hub), flush=True)
                emulator.wait()
    except StopRequested:
        if ready:
            return
        raise
    raise EmulatorFailedError(f"MiniStack ended by itself; see {directory / 'ministack.log'}")


def reset(directory: Path) -> None:
    """Forget all data and keys. Raises `AlreadyRunningError` while the hub runs."""
    state = directory / "state"
    with ExitStack() as locks:
        locks.enter_context(single_run(directory))
        # A runner that was killed leaves processes that are still saving their state for a moment.
        for lock in (directory / MINISTACK_LOCK, *partner_locks(state / "partners")):
            locks.enter_context(exclusive(lock))
        shutil.rmtree(state, ignore_errors=True)
    print("The local hub has forgotten everything.")
