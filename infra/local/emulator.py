"""MiniStack as a process: the local stand-in for AWS."""

import shutil
import socket
import subprocess
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from http.client import HTTPException
from pathlib import Path
from typing import Any
from urllib.request import ProxyHandler, build_opener

import boto3
from botocore.config import Config

from infra.local.stopping import stop_process

REGION = "us-east-1"
ACCESS_KEY = "test"
SECRET_KEY = "test"
ACCOUNT = "000000000000"
START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20
"""MiniStack saves its state before it ends."""
MINISTACK_LOCK = "ministack.lock"
"""Held by MiniStack itself, which can outlive a killed runner for as long as it takes to save its state."""
RUN_SCRIPT = Path(__file__).parent / "ministack" / "run.py"


class EmulatorFailedError(Exception):
    """MiniStack did not start; the message names its log file."""


@dataclass(frozen=True)
class Emulator:
    """A running MiniStack."""

    endpoint: str
    process: subprocess.Popen[bytes]

    def wait(self) -> None:
        """Return when MiniStack ends by itself."""
        self.process.wait()

    def client(self, service: str, access_key: str = ACCESS_KEY) -> Any:
        """A boto3 client of `service`; a 12-digit `access_key` is an account of its own."""
        # The stubs accept literal names of services only.
        create: Callable[..., Any] = boto3.client
        return create(
            service,
            endpoint_url=self.endpoint,
            region_name=REGION,
            aws_access_key_id=access_key,
            aws_secret_access_key=SECRET_KEY,
            # A proxy that the environment names must not come between.
            config=Config(s3={"addressing_style": "path"}, max_pool_connections=64, proxies={}),
        )

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to reach this MiniStack through boto3."""
        return {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": ACCESS_KEY,
            "AWS_SECRET_ACCESS_KEY": SECRET_KEY,
            "AWS_DEFAULT_REGION": REGION,
            "AWS_REGION": REGION,
        }


@contextmanager
def running_emulator(python: Path, directory: Path, *, persist: bool) -> Iterator[Emulator]:
    """Run MiniStack on a free loopback port; stop it, its functions and their temporary folders on leaving.

    `python` is the interpreter of `ensure_ministack`. `directory` gets `ministack.log` and, with `persist`, `state/`,
    which the next run continues from. Raises `EmulatorFailedError`.
    """
    scratch = directory / "tmp"
    shutil.rmtree(scratch, ignore_errors=True)
    scratch.mkdir(parents=True)
    port = free_port()
    with (directory / "ministack.log").open("wb") as log:
        process = subprocess.Popen(
            [python, "-B", RUN_SCRIPT, directory / MINISTACK_LOCK],
            env=_environment(port, directory, scratch, persist=persist),
            stdin=subprocess.PIPE,
            stdout=log,
            stderr=subprocess.STDOUT,
            # Ctrl-C reaches the whole process group of a terminal: MiniStack has to outlive its front door.
            start_new_session=True,
        )
    try:
        _wait_until_ready(process, f"http://127.0.0.1:{port}", directory)
        yield Emulator(f"http://127.0.0.1:{port}", process)
    finally:
        stop_process(process, STOP_TIMEOUT_S)
        shutil.rmtree(scratch, ignore_errors=True)


def free_port() -> int:
    """A loopback TCP port that nobody listens on."""
    with socket.socket() as listener:
        listener.bind(("127.0.0.1", 0))
        port: int = listener.getsockname()[1]
        return port


def _environment(port: int, directory: Path, scratch: Path, *, persist: bool) -> dict[str, str]:
    """All of it: MiniStack hands its own environment on to every function, so nothing of the host may be in there."""
    return {
        "PATH": "/usr/bin:/bin",
        "LANG": "C.UTF-8",
        "TMPDIR": str(scratch),
        "BIND_HOST": "127.0.0.1",
        "GATEWAY_PORT": str(port),
        "SFTP_ENABLED": "0",
        "IOT_MTLS_ENABLED": "0",
        "AUTH": "true",
        "PERSIST_STATE": "1" if persist else "0",
        "STATE_DIR": str(directory / "state" / "ministack"),
        "S3_PERSIST": "1" if persist else "0",
        "S3_DATA_DIR": str(directory / "state" / "s3"),
    }


def _wait_until_ready(process: subprocess.Popen[bytes], endpoint: str, directory: Path) -> None:
    opener = build_opener(ProxyHandler({}))
    deadline = time.monotonic() + START_TIMEOUT_S
    while process.poll() is None and time.monotonic() < deadline:
        with suppress(OSError, HTTPException), opener.open(f"{endpoint}/_ministack/health", timeout=1):
            return
        time.sleep(0.05)
    raise EmulatorFailedError(f"MiniStack did not start; see {directory / 'ministack.log'}")
