"""Doubles as processes: they really end, and go on with what they knew."""

import json
import socket
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from infra.local.front_door import listening, serving
from infra.local.partners.catalogue import PartnerName
from infra.local.partners.processes import Partner, PartnerFailedError, running_partner
from infra.local.partners.switch import PartnerSwitch
from infra.paths import ROOT
from tests.support.commerce7 import Commerce7Caller


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Commerce7Caller]:
    """A double of this test alone."""
    with running_partner(PartnerName.COMMERCE7, tmp_path) as partner:
        caller = Commerce7Caller(partner)
        with caller.http:
            yield caller


def test_a_stopped_double_refuses_connections_and_goes_on_with_what_it_knew(own: Commerce7Caller) -> None:
    tag, customer = own.tag("VIP"), own.customer("ada@example.com")
    own.give(tag, customer)
    own.promotion(availableTo="Tag", availableToObjectIds=[tag["id"]])
    own.control("POST", "orders", {"email": "ada@example.com", "totalCents": 2500})
    own.ok("POST", "/web-hook", {"object": "Tag", "action": "Create", "url": "http://127.0.0.1:9/x"})
    own.control("PUT", "settings", {"requestsPerMinute": 7})
    own.control("PUT", "clock", {"advanceSeconds": 86_400})
    before = own.state()

    own.partner.stop()
    assert not own.partner.running
    with pytest.raises(httpx.ConnectError):
        own.call("GET", "/customer")
    own.partner.start()

    after = own.state()
    kept = ("customers", "tags", "orders", "promotions", "subscriptions", "settings", "emailsSent", "counts")
    assert {name: after[name] for name in kept} == {name: before[name] for name in kept}
    assert after["clock"]["now"] > before["clock"]["now"]
    assert own.call("POST", "/customer", {"emails": [{"email": "ADA@example.com"}]}).status_code == 422


def test_starting_and_stopping_twice_changes_nothing(own: Commerce7Caller) -> None:
    own.partner.start()
    own.partner.stop()
    own.partner.stop()
    own.partner.start()

    assert own.state()["counts"]["customers"] == 0


def test_webhooks_on_their_way_outlive_the_process(own: Commerce7Caller) -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        url = f"http://127.0.0.1:{unused.getsockname()[1]}/"
        own.ok("POST", "/web-hook", {"object": "Customer", "action": "Create", "url": url})
        own.customer("ada@example.com")
        while own.state()["webhooks"]["failed"] == 0:
            pass
    own.partner.stop()
    own.partner.start()

    assert own.state()["webhooks"]["pending"] == 1


def test_faults_and_counts_end_with_the_process(own: Commerce7Caller) -> None:
    own.control("PUT", "faults", {"mode": "status"})
    own.call("GET", "/customer")
    own.partner.stop()
    own.partner.start()

    state = own.state()
    assert (state["faults"], state["requests"]["total"]) == ([], 0)


def test_a_double_is_reached_from_this_machine_alone(own: Commerce7Caller) -> None:
    port = httpx.URL(own.partner.url).port
    other = socket.gethostbyname(socket.gethostname())
    if other.startswith("127."):
        other = "127.0.0.2"

    with pytest.raises(ConnectionRefusedError), socket.create_connection((other, port or 0), timeout=5):
        pass


def test_a_double_ends_with_whoever_started_it(tmp_path: Path) -> None:
    script = (
        "from pathlib import Path; import os; from infra.local.partners.processes import Partner, PartnerName\n"
        f"partner = Partner(PartnerName.COMMERCE7, Path({str(tmp_path)!r})); partner.start()\n"
        "print(partner.url, flush=True); os._exit(9)\n"
    )
    command = [sys.executable, "-B", "-c", script]
    printed = subprocess.run(command, cwd=ROOT, stdout=subprocess.PIPE, text=True, check=False).stdout

    # It holds this lock until it has saved what it knows.
    with running_partner(PartnerName.COMMERCE7, tmp_path), pytest.raises(httpx.ConnectError):
        httpx.get(printed.strip(), trust_env=False)


def test_credentials_are_made_up_once_and_readable_by_their_owner_alone(tmp_path: Path) -> None:
    first, second = (Partner(PartnerName.COMMERCE7, tmp_path) for _ in range(2))
    first.close()
    second.close()

    assert first.credentials == second.credentials
    assert len(first.credentials["app_secret"]) > 30
    assert stat.S_IMODE((tmp_path / "commerce7.credentials.json").stat().st_mode) == 0o600


def test_the_port_stays_from_run_to_run_while_it_is_free(tmp_path: Path) -> None:
    first = Partner(PartnerName.COMMERCE7, tmp_path)
    again = Partner(PartnerName.COMMERCE7, tmp_path)
    with listening(int(first.url.rpartition(":")[2])):
        other = Partner(PartnerName.COMMERCE7, tmp_path)
    for partner in (first, again, other):
        partner.close()

    assert again.url == first.url
    assert other.url != first.url


def test_a_double_that_cannot_start_names_its_log(tmp_path: Path) -> None:
    (tmp_path / "commerce7.json").write_text("no JSON")

    with (
        pytest.raises(PartnerFailedError, match=r"commerce7\.log"),
        running_partner(PartnerName.COMMERCE7, tmp_path),
    ):
        pass
    assert "JSONDecodeError" in (tmp_path / "commerce7.log").read_text()


def test_a_busy_port_is_named(tmp_path: Path) -> None:
    (tmp_path / "credentials").write_text(json.dumps({"tenant": "t", "app_id": "a", "app_secret": "s"}))
    with listening(0) as listener:
        port = str(listener.getsockname()[1])
        files = ["--state", str(tmp_path / "state"), "--credentials", str(tmp_path / "credentials")]
        result = subprocess.run(
            [sys.executable, "-B", "-m", "infra.local.partners", "commerce7", "--port", port, *files],
            cwd=ROOT,
            capture_output=True,
            text=True,
            check=False,
        )

    assert result.returncode == 1
    assert f"Port {port} cannot be used" in result.stderr


@pytest.fixture
def switches(own: Commerce7Caller) -> Iterator[str]:
    """The front door's own part."""
    app = Starlette(routes=PartnerSwitch([own.partner]).routes())
    with listening(0) as listener, serving(app, listener):
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/local/partners"


def test_the_front_door_stops_and_starts_a_double(own: Commerce7Caller, switches: str) -> None:
    name = f"{switches}/commerce7"
    running = {"name": "commerce7", "running": True, "url": own.partner.url}
    assert httpx.get(switches).json() == {"partners": {"commerce7": running}}

    assert httpx.put(name, json={"running": False}, timeout=30).json() == running | {"running": False}
    with pytest.raises(httpx.ConnectError):
        own.call("GET", "/customer")
    assert httpx.get(name).json()["running"] is False

    assert httpx.put(name, json={"running": True}, timeout=30).json() == running
    assert own.call("GET", "/customer").status_code == 200


@pytest.mark.parametrize("content", [{}, {"running": "no"}, {"running": 1}, {"running": True, "now": True}])
def test_a_switch_takes_true_or_false_and_nothing_else(switches: str, content: dict[str, object]) -> None:
    response = httpx.put(f"{switches}/commerce7", json=content)

    assert response.status_code == 422
    assert response.json()["fields"] == ["now" if "now" in content else "running"]


def test_a_double_that_does_not_come_up_again_is_a_503(own: Commerce7Caller, switches: str, tmp_path: Path) -> None:
    httpx.put(f"{switches}/commerce7", json={"running": False}, timeout=30)
    (tmp_path / "commerce7.json").write_text("no JSON")
    response = httpx.put(f"{switches}/commerce7", json={"running": True}, timeout=60)

    assert response.status_code == 503
    assert "commerce7.log" in response.json()["message"]
    assert httpx.get(f"{switches}/commerce7").json()["running"] is False


def test_an_unknown_partner_is_a_404(switches: str) -> None:
    for method in ("GET", "PUT"):
        response = httpx.request(method, f"{switches}/woo", json={"running": True})
        assert (response.status_code, response.json()["message"]) == (404, "The partners are commerce7.")
