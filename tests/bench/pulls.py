"""Pulls: a shop's customers, end to end, beside the pullers that others use, in one run.

`BENCH_PULL_RECORDS` sets how many customers the shop has; memory is also measured at a tenth of them. Every puller is a
process of its own, asks the same server on the loopback, and is timed from its first request to its end; CPU time is
all of its process's, its start included. The peers are installed by uv, each into an environment of its own under
`.build`; one that cannot be installed is left out, with a line that says so. None of them keeps anything: what the hub
does besides (whose record is it, what has changed, one transaction for each customer) has no peer, and is shown alone.
"""

import json
import os
import subprocess
import sys
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.request import ProxyHandler, build_opener

from infra.local.stopping import stop_process
from infra.local.tables import DynamoDBTables, create_tables
from infra.paths import BUILD, ROOT
from tests.bench.table import print_table

RECORDS = int(os.environ.get("BENCH_PULL_RECORDS", "100000"))
PEERS = {
    "tap-shopify": "tap-shopify==3.13.0",
    "dlt": "dlt==1.31.0",
    "airbyte-source-shopify": "airbyte-source-shopify==4.3.0",
    "singer-sdk": "singer-sdk==0.54.9",
}
BARE = "bare"
BARE_NAME = "bare loop: httpx + pydantic"
PEERS_SCRIPT = Path(__file__).parent / "pulls_peers.py"
ACCOUNTS = ("123456789014", "123456789015")
"""Of their own, one for each size of the shop."""
_OPENER = build_opener(ProxyHandler({}))


@dataclass(frozen=True)
class Measured:
    """One pull of `records` customers."""

    records: int
    seconds: float
    cpu_s: float
    peak_mb: float

    @property
    def speed(self) -> float:
        """Records per second."""
        return self.records / self.seconds


def run(tables: DynamoDBTables) -> None:
    """Print all of it."""
    peers = {name: python for name, package in PEERS.items() if (python := _installed(name, package))}
    sizes = (RECORDS // 10, RECORDS)
    reads, pulls = dict[str, list[Measured]](), dict[str, list[Measured]]()
    for records, account in zip(sizes, ACCOUNTS, strict=True):
        with _running_shop(records) as shop:
            for name, python in peers.items():
                reads.setdefault(name, []).append(_peer(name, python, shop))
            reads.setdefault(BARE_NAME, []).append(_peer(BARE, Path(sys.executable), shop))
            reads.setdefault("the hub's connector, alone", []).append(_ours("read", shop))
            own = create_tables(tables.emulator, account)
            for name, what in _PULLS.items():
                pulls.setdefault(name, []).append(_ours(what, shop, own))
    print(f"Reading {RECORDS:,} customers from a loopback shop, page by page; nothing is kept (dlt: files).\n")
    _print(reads)
    print(f"Pulling {RECORDS:,} customers into the tables (MiniStack, one process for it and one for the worker).\n")
    _print(pulls)


_PULLS = {"initial load: every customer is new": "initial", "all of it again: nothing has changed": "again"}


def _print(measured: Mapping[str, list[Measured]]) -> None:
    fastest = max(large.speed for _, large in measured.values())
    print_table(
        ["puller", "records/s", "of the fastest", "CPU s", f"peak MB at {RECORDS // 10:,}", f"peak MB at {RECORDS:,}"],
        [
            [
                name,
                f"{large.speed:,.0f}",
                f"{large.speed / fastest:.3f}",
                f"{large.cpu_s:.1f}",
                f"{small.peak_mb:.0f}",
                f"{large.peak_mb:.0f}",
            ]
            for name, (small, large) in measured.items()
        ],
    )


def _installed(name: str, package: str) -> Path | None:
    """The interpreter of an environment that has the peer; None where it cannot be had."""
    directory = BUILD / "pull-peers" / package.replace("==", "-")
    python, stamp = directory / "bin" / "python", directory / "installed"
    if not stamp.exists():
        uv = Path(sys.executable).parent / "uv"
        for command in (
            ["venv", "--quiet", "--clear", "--python", sys.executable, str(directory)],
            ["pip", "install", "--quiet", "--python", str(python), package],
        ):
            done = subprocess.run([str(uv), *command], capture_output=True, text=True, check=False)
            if done.returncode:
                reason = (done.stderr.strip().splitlines() or ["no reason given"])[-1]
                print(f"Left out: {name} cannot be installed here ({reason}).\n")
                return None
        stamp.touch()
    return python


@contextmanager
def _running_shop(records: int) -> Iterator[str]:
    """The URL of a shop with so many customers."""
    environment = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), str(ROOT / "layers" / "core" / "python")))}
    command = [sys.executable, "-m", "tests.bench.pulls_shop", str(records)]
    process = subprocess.Popen(command, env=environment, stdout=subprocess.PIPE, start_new_session=True)
    try:
        assert process.stdout
        yield f"http://127.0.0.1:{int(process.stdout.readline())}"
    finally:
        stop_process(process, 5)


def _peer(name: str, python: Path, shop: str) -> Measured:
    return _measured([str(python), str(PEERS_SCRIPT), name, shop], _clean(), shop)


def _ours(what: str, shop: str, tables: DynamoDBTables | None = None) -> Measured:
    environment = {**os.environ, **(tables.environment() if tables else {}), "POWERTOOLS_LOG_LEVEL": "ERROR"}
    return _measured([sys.executable, "-m", "tests.bench.pulls_probe", what, shop], environment, shop)


def _clean() -> dict[str, str]:
    """Nothing of ours on the peers' path, and nobody told that they run."""
    kept = {name: value for name, value in os.environ.items() if name not in ("PYTHONPATH", "VIRTUAL_ENV")}
    return {**kept, "RUNTIME__DLTHUB_TELEMETRY": "false", "DO_NOT_TRACK": "1", "PYTHONWARNINGS": "ignore"}


def _measured(command: list[str], environment: Mapping[str, str], shop: str) -> Measured:
    _asked(shop)
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{command[2:]} failed: {done.stderr[-2000:]}")
    told, seen = json.loads(done.stdout.splitlines()[-1]), _asked(shop)
    seconds = told["ended_at"] - seen["first_at"]
    return Measured(int(seen["served"]), seconds, told["cpu_s"], told["peak_mb"])


def _asked(shop: str) -> dict[str, float]:
    """How many customers the shop has sent since this was asked last, and when the first."""
    with _OPENER.open(f"{shop}/served", timeout=10) as answer:
        told: dict[str, float] = json.load(answer)
        return told
