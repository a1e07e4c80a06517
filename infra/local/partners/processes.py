"""Doubles as processes of this run: started, really stopped, and started again with what they knew."""

import json
import os
import secrets
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterable, Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx

from infra.local.emulator import free_port
from infra.local.partners.catalogue import DoubleKind, PartnerName, load_double
from infra.local.stopping import stop_process
from infra.paths import CORE_LAYER, ROOT

START_TIMEOUT_S = 30
STOP_TIMEOUT_S = 20


class PartnerFailedError(Exception):
    """A double did not start; the message names its log file."""


class Partner:
    """One double: a fixed port for as long as this object lives, and at most one process.

    What its process needs is fetched when this is made. `directory` keeps the credentials, which are made up at the
    first start, the port of the last run, which is taken again if it is free, the state and the log. Methods may be
    called from several threads.
    """

    def __init__(self, name: PartnerName, directory: Path) -> None:
        kind = load_double(name)
        kind.prepare()
        self.name = name
        self.credentials: Mapping[str, str] = _credentials(kind, directory / f"{name}.credentials.json")
        self._directory = directory
        self._port = _port(directory / f"{name}.port")
        self._process: subprocess.Popen[bytes] | None = None
        # A client loads the certificates of the whole world when it is made; a kept connection would outlive a process.
        self._http = httpx.Client(
            base_url=self.url, timeout=60, trust_env=False, limits=httpx.Limits(max_keepalive_connections=0)
        )
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        """Under which it answers: the partner's API and `/_control`."""
        return f"http://127.0.0.1:{self._port}"

    @property
    def running(self) -> bool:
        """Whether there is a process."""
        return self._process is not None and self._process.poll() is None

    def start(self) -> None:
        """Start it and wait until it answers; nothing happens if it runs. Raises `PartnerFailedError`."""
        with self._lock:
            if not self.running:
                self.launch()
                self.wait_until_ready()

    def launch(self) -> None:
        """Start it without waiting."""
        log = self._directory / f"{self.name}.log"
        with log.open("ab") as output:
            self._process = subprocess.Popen(
                self._command(),
                cwd=ROOT,
                env={"PATH": os.defpath, "PYTHONPATH": f"{ROOT}:{CORE_LAYER / 'python'}"},
                stdin=subprocess.PIPE,
                stdout=output,
                stderr=subprocess.STDOUT,
                # Ctrl-C reaches the whole process group of a terminal; this one ends when it is told to.
                start_new_session=True,
            )

    def wait_until_ready(self) -> None:
        """Return when it answers. Raises `PartnerFailedError`."""
        deadline = time.monotonic() + START_TIMEOUT_S
        while self.running and time.monotonic() < deadline:
            with suppress(httpx.TransportError):
                self.control("GET", "clock").raise_for_status()
                return
            time.sleep(0.05)
        raise PartnerFailedError(f"The double of {self.name} did not start; see {self._directory / self.name}.log")

    def stop(self) -> None:
        """Have it save what it knows and end; nothing happens if it does not run. From then on connections to it are
        refused."""
        with self._lock:
            if self._process is not None:
                stop_process(self._process, STOP_TIMEOUT_S)
                self._process = None

    def control(self, method: str, path: str, json: Any = None) -> httpx.Response:
        """Call `/_control/<path>` of the running double."""
        return self._http.request(method, f"/_control/{path}", json=json)

    def close(self) -> None:
        """Stop it for good."""
        self.stop()
        self._http.close()

    def _command(self) -> list[str]:
        files = {"--state": f"{self.name}.json", "--credentials": f"{self.name}.credentials.json"}
        words = [word for option, file in files.items() for word in (option, str(self._directory / file))]
        command = [sys.executable, "-B", "-m", "infra.local.partners", self.name.value, "--port", str(self._port)]
        return [*command, *words, "--until-input-ends"]


@contextmanager
def running_partner(name: PartnerName, directory: Path) -> Iterator[Partner]:
    """One double, until the context ends. Raises `PartnerFailedError`."""
    with running_partners(directory, [name]) as (partner,):
        yield partner


@contextmanager
def running_partners(directory: Path, names: Iterable[PartnerName] = tuple(PartnerName)) -> Iterator[list[Partner]]:
    """Those doubles, started side by side, until the context ends. Raises `PartnerFailedError`."""
    with ExitStack() as stack:
        partners = [Partner(name, directory) for name in names]
        for partner in partners:
            stack.callback(partner.close)
            partner.launch()
        for partner in partners:
            partner.wait_until_ready()
        yield partners


def partner_locks(directory: Path) -> list[Path]:
    """The files that doubles hold locked until they have saved what they know."""
    return [directory / f"{name}.lock" for name in PartnerName]


def _port(path: Path) -> int:
    """The one of the last run, or a free one: whoever knows the double by its URL need not be told anew."""
    port = int(path.read_text()) if path.exists() else 0
    with socket.socket() as probe:
        try:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind(("127.0.0.1", port))
        except OSError:
            port = 0
    port = port or free_port()
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text(str(port))
    return port


def _credentials(kind: DoubleKind, path: Path) -> dict[str, str]:
    """Those of earlier runs, or new ones."""
    if not path.exists():
        path.parent.mkdir(parents=True, exist_ok=True)
        fresh = path.with_suffix(f".{secrets.token_hex(4)}.tmp")
        fresh.touch(mode=0o600)
        fresh.write_text(json.dumps(kind.made_up_credentials()))
        os.replace(fresh, path)
    credentials: dict[str, str] = json.loads(path.read_text())
    return credentials
