"""Runs MiniStack until the runner that started it goes away: `run.py <lock file>`.

Started with MiniStack's own interpreter, so it imports nothing of ours.
"""

import fcntl
import hashlib
import json
import os
import signal
import sys
import tempfile
import threading
import time
import zipfile
from collections.abc import Callable
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from ministack import app  # type: ignore[import-not-found]  # is in MiniStack's own environment
from ministack.core import lambda_runtime  # type: ignore[import-not-found]
from ministack.services import lambda_svc, sns, sqs  # type: ignore[import-not-found]


class UnpackedOnce(zipfile.ZipFile):
    """An archive whose content is unpacked once per run, and linked from then on.

    MiniStack unpacks code and layers anew for every process that it starts for a function: the thousands of files of
    the dependency layer cost two of three seconds of each cold start, during which nothing else is served.
    """

    _unpacking = threading.Lock()

    def namelist(self) -> list[str]:
        """The entries at the top: all that `extractall` puts in place."""
        return sorted({name.split("/")[0] for name in super().namelist()})

    def extractall(self, path: str) -> None:  # type: ignore[override]  # MiniStack passes nothing else
        """Link every entry at the top into the directory `path`."""
        unpacked = self._unpacked()
        for name in self.namelist():
            os.symlink(unpacked / name, Path(path, name))
        # MiniStack's copy for this one process; at 40 MB each they fill a disk.
        Path(str(self.filename)).unlink()

    def _unpacked(self) -> Path:
        content = [(entry.filename, entry.CRC, entry.file_size) for entry in self.infolist()]
        directory = Path(tempfile.gettempdir(), "unpacked", hashlib.sha256(repr(content).encode()).hexdigest())
        with self._unpacking:
            if not directory.exists():
                fresh = directory.with_suffix(".fresh")
                super().extractall(fresh, members=super().namelist())
                fresh.rename(directory)
        return directory


class StampedLog:
    """The text messages to one number, each with the time at which it is kept: MiniStack leaves that out."""

    def __init__(self, records: list[dict[str, Any]]) -> None:
        self._records = records

    def append(self, record: dict[str, Any]) -> None:
        """Keep a message."""
        self._records.append({**record, "Timestamp": time.time()})


def honouring_stream_failures(execute: Callable[..., dict[str, Any]]) -> Callable[..., dict[str, Any]]:
    """`execute`, which runs a function, with a record of a table's stream that the function reports as failed made a
    failure of the call.

    MiniStack reads such reports for queues only, and would go on with the next records. AWS repeats from the failed
    one; here the whole batch is repeated.
    """

    def run(function: dict[str, Any], event: dict[str, Any]) -> dict[str, Any]:
        result = execute(function, event)
        records = event.get("Records") or [{}]
        if records[0].get("eventSource") == "aws:dynamodb" and _reports_failures(result.get("body")):
            return {**result, "error": True}
        return result

    return run


def knowing_queues_of_earlier_runs(queue_url: Callable[[str], str]) -> Callable[[str], str]:
    """`queue_url`, which says under which URL MiniStack keeps a queue, with that of a queue which it has restored.

    That one has the port of the run that made the queue. MiniStack looks for it under its own port when it polls for a
    function, and would never again hand a message to one.
    """
    return lambda name: sqs._queue_name_to_url.get(name) or queue_url(name)  # noqa: SLF001


def _reports_failures(body: Any) -> bool:
    answer = json.loads(body) if isinstance(body, str) else body
    return isinstance(answer, dict) and bool(answer.get("batchItemFailures"))


def stop_with_parent() -> None:
    """Ask this process to stop when the parent's end of the pipe closes, however the parent ended.

    A runner that was killed cannot stop MiniStack itself; stopping here also saves the state.
    """
    while os.read(sys.stdin.fileno(), 1):
        pass
    os.kill(os.getpid(), signal.SIGTERM)


def main(lock_file: str) -> None:
    """Wait until no other MiniStack uses the same state, then serve."""
    with open(lock_file, "a") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        threading.Thread(target=stop_with_parent, daemon=True).start()
        # For the module that starts functions, and for no other.
        lambda_runtime.zipfile = SimpleNamespace(**{**vars(zipfile), "ZipFile": UnpackedOnce})
        execute = lambda_svc._execute_function  # noqa: SLF001 - there is no other way in
        lambda_svc._execute_function = honouring_stream_failures(execute)  # noqa: SLF001
        sqs._queue_url = knowing_queues_of_earlier_runs(sqs._queue_url)  # noqa: SLF001
        log_for = sns._sms_log_for  # noqa: SLF001 - there is no other way in
        sns._sms_log_for = lambda number: StampedLog(log_for(number))  # noqa: SLF001
        app.main()


if __name__ == "__main__":
    # Taken off the command line, which MiniStack reads too.
    main(sys.argv.pop())
