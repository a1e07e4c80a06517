"""`make up` and `make reset` as a person at a terminal uses them, from processes of their own."""

import json
import os
import re
import shlex
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import httpx
import pytest

from infra.local.emulator import free_port
from infra.paths import CORE_LAYER, ROOT

RUNNER = (sys.executable, "-B", "-m", "infra.local", "up")
"""What `make up` turns into. It tells how it ended; make, which the signal stops as well, does not."""
MAKE = shutil.which("make") or "make"
PS = shutil.which("ps") or "ps"
START_TIMEOUT_S = 180
STOP_TIMEOUT_S = 30


def command_lines() -> list[str]:
    """Of all processes of this machine."""
    if Path("/proc/self").exists():
        return [line for process in Path("/proc").glob("[0-9]*") if (line := command_line(process))]
    return subprocess.run([PS, "-Aww", "-o", "args="], capture_output=True, text=True, check=True).stdout.splitlines()


def command_line(process: Path) -> str:
    with suppress(OSError):  # it ended meanwhile
        return (process / "cmdline").read_text().replace("\0", " ")
    return ""


class Terminal:
    """Runs make for a local directory of the test's own."""

    def __init__(self, directory: Path) -> None:
        self.directory = directory
        self.demo_file = directory / "demo.json"
        self.screen = directory.with_suffix(".screen")
        self.environment = {
            **os.environ,
            "PYTHONPATH": f"{ROOT}{os.pathsep}{CORE_LAYER / 'python'}",
            "HUB_LOCAL_DIR": str(directory),
            "PORT": str(free_port()),
        }

    def make(self, target: str) -> subprocess.CompletedProcess[str]:
        command = [MAKE, "--silent", target]
        return subprocess.run(
            command, cwd=ROOT, env=self.environment, capture_output=True, text=True, timeout=60, check=False
        )

    @contextmanager
    def up(self, *command: str) -> Iterator[subprocess.Popen[bytes]]:
        """`make up`, or another command, in the foreground of a terminal; it is stopped in the end at the latest."""
        with (
            self.screen.open("wb") as screen,
            subprocess.Popen(
                command or [MAKE, "up"],
                cwd=ROOT,
                env=self.environment,
                stdout=screen,
                stderr=screen,
                start_new_session=True,
            ) as process,
        ):
            try:
                yield process
            finally:
                self.signal_group(process, signal.SIGTERM)
                process.wait(STOP_TIMEOUT_S)

    def signal_group(self, process: subprocess.Popen[bytes], number: signal.Signals) -> None:
        if process.poll() is None:
            os.killpg(process.pid, number)

    def wait_for_screen(self, process: subprocess.Popen[bytes], pattern: str) -> None:
        self.wait_until(process, lambda: re.search(pattern, self.screen.read_text()))

    def wait_until_ready(self, process: subprocess.Popen[bytes]) -> dict[str, Any]:
        self.wait_until(process, self.demo_file.exists)
        demo: dict[str, Any] = json.loads(self.demo_file.read_text())
        return demo

    def wait_until(self, process: subprocess.Popen[bytes], condition: Any) -> None:
        deadline = time.monotonic() + START_TIMEOUT_S
        while not condition():
            assert process.poll() is None, self.screen.read_text()
            assert time.monotonic() < deadline, self.screen.read_text()
            time.sleep(0.05)

    def processes(self) -> list[str]:
        """MiniStack and its functions run from files under the directory."""
        return [line for line in command_lines() if f"{self.directory}/" in line]

    def assert_nothing_left(self) -> None:
        assert not self.demo_file.exists()
        assert self.processes() == []
        assert not (self.directory / "tmp").exists()
        with pytest.raises(httpx.ConnectError):
            httpx.get(f"http://127.0.0.1:{self.environment['PORT']}/openapi.json")


@pytest.fixture(scope="module")
def terminal(tmp_path_factory: pytest.TempPathFactory) -> Terminal:
    return Terminal(tmp_path_factory.mktemp("local") / "state")


def look_up(demo: dict[str, Any]) -> dict[str, Any]:
    """The customer of the printed call."""
    printed = shlex.split(demo["curl"])
    answer = subprocess.run([*printed, "--silent", "--show-error"], capture_output=True, text=True, check=True)
    customer: dict[str, Any] = json.loads(answer.stdout)["customer"]
    return customer


def test_a_person_can_start_use_and_stop_the_hub(terminal: Terminal) -> None:
    with terminal.up() as process:
        demo = terminal.wait_until_ready(process)
        base_url = f"http://127.0.0.1:{terminal.environment['PORT']}"

        assert demo["baseUrl"] == base_url
        assert [tenant["id"] for tenant in demo["tenants"]] == ["demo-winery", "demo-store"]
        assert [tenant["issuer"] for tenant in demo["tenants"]] == [
            f"{base_url}/local/idp/demo-winery",
            f"{base_url}/local/idp/demo-store",
        ]
        assert set(demo["partners"]["shopify"]) == {"url", "shopDomain", "accessToken", "webhookSecret"}
        assert set(demo["partners"]["commerce7"]) == {"url", "tenant", "appId", "appSecret"}
        terminal.wait_for_screen(process, "Ctrl-C")
        for fact in (base_url, demo["curl"], *(tenant["serviceKey"] for tenant in demo["tenants"])):
            assert fact in terminal.screen.read_text()

        assert look_up(demo)["isNewAccount"] is True
        assert look_up(demo)["isNewAccount"] is False

        for target in ("up", "reset"):
            refused = terminal.make(target)
            assert refused.returncode != 0
            assert f"running already, at {base_url}" in refused.stderr
        assert terminal.demo_file.exists()

        # To make alone: it hands the signal on and waits.
        process.terminate()
        process.wait(STOP_TIMEOUT_S)
        terminal.assert_nothing_left()


def test_data_and_keys_survive_stops_of_every_kind_until_reset(terminal: Terminal) -> None:
    with terminal.up() as process:
        first = terminal.wait_until_ready(process)
        customer = look_up(first)
        for partner in first["partners"].values():
            httpx.post(f"{partner['url']}/_control/customers", json={"email": "a@example.com"}).raise_for_status()
        terminal.signal_group(process, signal.SIGKILL)
        process.wait()
    # What a killed run could not remove; the next one does before it starts.
    assert terminal.demo_file.exists()
    terminal.demo_file.unlink()

    with terminal.up(*RUNNER) as process:
        second = terminal.wait_until_ready(process)
        known = look_up(second)
        assert second["tenants"] == first["tenants"]
        for name, partner in second["partners"].items():
            assert partner | {"url": ""} == first["partners"][name] | {"url": ""}
            assert len(httpx.get(f"{partner['url']}/_control/state").json()["customers"]) == 1
        assert (known["id"], known["isNewAccount"]) == (customer["id"], False)
        terminal.signal_group(process, signal.SIGINT)
        assert process.wait(STOP_TIMEOUT_S) == 0
        terminal.assert_nothing_left()

    assert terminal.make("reset").returncode == 0
    assert not (terminal.directory / "state").exists()


@pytest.mark.parametrize("moment", ["Installing", "Deploying", "Starting the doubles", "Starting the functions"])
def test_a_stop_while_it_starts_leaves_nothing(tmp_path: Path, moment: str) -> None:
    terminal = Terminal(tmp_path / "state")
    with terminal.up() as process:
        terminal.wait_for_screen(process, moment)
        terminal.signal_group(process, signal.SIGTERM)
        process.wait(STOP_TIMEOUT_S)
        terminal.assert_nothing_left()
        assert process.returncode != 0


def test_a_busy_port_is_named(tmp_path: Path, stack: Any) -> None:
    terminal = Terminal(tmp_path / "state")
    terminal.environment["PORT"] = stack.base_url.rpartition(":")[2]

    refused = terminal.make("up")

    assert refused.returncode != 0
    assert f"Port {terminal.environment['PORT']} cannot be used" in refused.stderr
