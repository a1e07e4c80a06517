"""How a run is asked to end, and how its processes are."""

import os
import signal
import subprocess
from contextlib import suppress
from types import FrameType
from typing import NoReturn

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class StopRequested(BaseException):
    """A signal asks for the end. No error: nothing that handles errors may swallow it."""

    def __init__(self, number: int) -> None:
        super().__init__(number)
        self.exit_status = 128 + number
        """As shells count it."""


def obey_stop_signals() -> None:
    """Have the first signal that asks for the end raise `StopRequested`, wherever the program is."""
    for number in STOP_SIGNALS:
        # `nohup` has a program ignore the end of its terminal.
        if not (number == signal.SIGHUP and signal.getsignal(number) == signal.SIG_IGN):
            signal.signal(number, _request_stop)


def _request_stop(number: int, _: FrameType | None) -> NoReturn:
    # From here on things are being stopped: another signal, or the same one by way of make, must not interrupt that.
    for other in STOP_SIGNALS:
        signal.signal(other, signal.SIG_IGN)
    raise StopRequested(number)


def stop_process(process: subprocess.Popen[bytes], timeout_s: float) -> None:
    """Ask the leader of a session to end, kill it after `timeout_s`, and leave nothing of its session behind."""
    process.terminate()
    with suppress(subprocess.TimeoutExpired):
        process.wait(timeout_s)
    with suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
    if process.stdin:
        process.stdin.close()
