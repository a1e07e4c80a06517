"""Invariant 8 where nobody waits for an answer: jobs that fail, jobs that a CRM refuses, and spreadsheets.

Every value here holds a word that occurs nowhere else: it must stand neither in what the functions have logged, nor in
what is kept of a failure. The CRM is one that repeats in its errors what it was told, and more.
"""

import json
import threading
import time
import uuid
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest

from infra.local.hub import Hub
from tests.e2e.operator_command import connect_crm, issue_key, register_tenant
from tests.e2e.test_privacy_of_logs import UNREACHABLE

PATIENCE_S = 120
CANARY = f"canary{uuid.uuid4().hex}"
EMAIL = f"{CANARY}@example.com"
PHONE = f"+1415{2_000_000 + uuid.uuid4().int % 7_000_000}"
SECRET = f"secret{uuid.uuid4().hex}"
SIGNATURE = "X-Amz-Signature"


class TalkativeCrm(BaseHTTPRequestHandler):
    """Finds nobody, and says at length why it takes nobody in."""

    def do_GET(self) -> None:
        lists: dict[str, Any] = {"customers": [], "tags": [], "promotions": [], "cursor": None}
        self._answer(200, lists)

    def do_POST(self) -> None:
        told = self.rfile.read(int(self.headers["content-length"])).decode()
        words = f"{EMAIL} {PHONE} {SECRET} {self.headers['authorization']} {told}"
        self._answer(422, {"message": words, "errors": [{"field": f"emails {CANARY}", "message": words}]})

    def _answer(self, status: int, body: Any) -> None:
        content = json.dumps(body).encode()
        self.send_response(status)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(content)))
        self.send_header("x-request-id", EMAIL)
        self.end_headers()
        self.wfile.write(content)

    def log_message(self, *_: Any) -> None:
        """Quiet."""


@contextmanager
def talkative_crm() -> Iterator[str]:
    """Its address, until the context ends."""
    with ThreadingHTTPServer(("127.0.0.1", 0), TalkativeCrm) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_port}"
        finally:
            server.shutdown()
            thread.join()


@dataclass
class Scene:
    """A fresh tenant between a CRM that talks too much and one that is not there. `heard` are answers in which nothing
    personal may stand."""

    hub: Hub
    client: httpx.Client
    tenant: str
    key: str
    heard: dict[str, httpx.Response] = field(default_factory=dict)

    def call(self, method: str, path: str, **options: Any) -> httpx.Response:
        return self.client.request(method, path, headers={"Authorization": f"Bearer {self.key}"}, **options)

    def until(self, ask: Callable[[], httpx.Response], is_done: Callable[[Any], bool]) -> httpx.Response:
        """The first answer that says so."""
        deadline = time.monotonic() + PATIENCE_S
        while not is_done((response := ask()).json()):
            assert time.monotonic() < deadline, response.text
            time.sleep(0.5)
        return response


@pytest.fixture(scope="module")
def scene(stack: Hub) -> Iterator[Scene]:
    tenant = f"talked-of-{uuid.uuid4().hex[:8]}"
    register_tenant(stack, tenant)
    with (
        talkative_crm() as url,
        httpx.Client(base_url=stack.base_url, timeout=60, trust_env=False) as client,
    ):
        scene = Scene(stack, client, tenant, issue_key(stack, tenant))
        stage = scene.call("POST", "/api/stages", json={"name": "Bronze", "discountPercent": 5}).json()["stage"]["id"]
        connect_crm(stack, tenant, "talkative", url, SECRET)
        connect_crm(stack, tenant, "gone", UNREACHABLE, SECRET)
        _enroll_somebody(scene, stage)
        _bring_a_spreadsheet(scene, stage)
        yield scene


def _enroll_somebody(scene: Scene, stage: str) -> None:
    """Whom one CRM refuses and the other does not hear of; and whatever staff say of it."""
    person = {"email": EMAIL, "phone": PHONE, "firstName": CANARY, "lastName": CANARY}
    enrolled = scene.call("POST", "/api/enrollments", json={"stageId": stage, **person}).json()
    customer, enrollment = enrolled["customer"]["id"], enrolled["enrollment"]["id"]
    by_customer = {"customerId": customer}
    # A customer waits for the stage, which one CRM refuses: staff have that tried again and see why.
    stages = scene.until(
        lambda: scene.call("GET", "/api/sync/jobs", params={"kind": "sync_stage"}),
        lambda body: len([job for job in body["jobs"] if job["failures"]]) == 2,
    )
    scene.heard["jobs of the stage"] = stages
    jobs = scene.call("GET", "/api/sync/jobs", params=by_customer)
    scene.heard["jobs of the customer"] = jobs
    job = next(job["id"] for job in jobs.json()["jobs"] if job["kind"] == "sync_customer")
    overrides = {"email": f"{CANARY}@@", "phone": CANARY}
    bad = scene.call("PATCH", f"/api/sync/jobs/{job}", json={"overrides": overrides})
    assert bad.status_code == 422, bad.text
    scene.heard["a bad correction"] = bad
    good = scene.call("PATCH", f"/api/sync/jobs/{job}", json={"overrides": {"firstName": CANARY}})
    assert good.status_code == 200, good.text
    order = {"externalId": CANARY, "total": {"amount": CANARY, "currency": "USD"}, "email": EMAIL}
    scene.heard["a bad order"] = scene.call("POST", "/api/orders", json=order)
    cancelled = scene.call("POST", f"/api/enrollments/{enrollment}/cancel", json={"reason": CANARY})
    assert cancelled.status_code == 200, cancelled.text
    scene.heard["one who is gone"] = scene.call("POST", f"/api/enrollments/{enrollment}/move", json={"stageId": stage})


def _bring_a_spreadsheet(scene: Scene, stage: str) -> None:
    """With every kind of bad row."""
    rows = [
        f"Email,Phone,First,{CANARY},Stage", f"{CANARY}@@example.com,,{CANARY},x,", f"web.{EMAIL},,{CANARY},x,",
        f"b.{EMAIL},{PHONE}000000,{CANARY},=cmd|{CANARY},", f"c.{EMAIL},,{CANARY},x,{CANARY}",
        f"web.{EMAIL},{PHONE},{CANARY},x,", f'd.{EMAIL},,"{CANARY}', f"e.{EMAIL},,{CANARY}\x07,x,",
        f"f.{EMAIL},,{CANARY},x,,,{CANARY}", f'"g.{EMAIL}\nBcc: {EMAIL}",,{CANARY},x,',
    ]  # fmt: skip
    content = "\n".join(rows).encode() + b"\nh@example.com,,\xff\xfe" + CANARY.encode() + b",x,\n"
    announced = scene.call("POST", "/api/imports", json={"fileName": f"{CANARY}.csv", "stageId": stage}).json()
    upload, place = announced["upload"], f"/api/imports/{announced['import']['id']}"
    assert SIGNATURE in upload["url"]
    httpx.request(upload["method"], upload["url"], content=content, headers=upload["headers"]).raise_for_status()
    bad = scene.call("POST", f"{place}/preview", json={"mapping": {CANARY: "nothing"}})
    assert bad.status_code == 422, bad.text
    assert scene.call("POST", f"{place}/preview", json={}).status_code == 200
    assert scene.call("POST", f"{place}/commit", json={}).status_code == 202
    run = scene.until(lambda: scene.call("GET", place), lambda body: body["import"]["finishedAt"])
    assert run.json()["import"]["counts"]["failed"] >= 5, run.text
    scene.heard["verdicts"] = scene.call("GET", f"{place}/rows", params={"limit": 100})
    errors = scene.call("GET", f"{place}/errors").json()["url"]
    assert CANARY in httpx.get(errors).raise_for_status().text


@pytest.fixture(scope="module")
def log(scene: Scene) -> str:
    """What the functions have logged, once the last call is among it."""
    last, deadline = scene.call("GET", "/api/sync/health"), time.monotonic() + PATIENCE_S
    assert last.status_code == 200
    request = scene.call("GET", "/api/stages/none").json()["requestId"]
    while request not in (text := "\n".join(scene.hub.function_logs())):
        assert time.monotonic() < deadline, "the last call was not logged"
        time.sleep(1)
    return text


def _found_in(text: str) -> list[str]:
    return [word for word in (CANARY, PHONE[2:], SECRET) if word in text.lower()]


def test_what_is_kept_of_a_failure_names_no_person(scene: Scene) -> None:
    """Invariant 8."""
    assert {name: _found_in(response.text) for name, response in scene.heard.items() if _found_in(response.text)} == {}
    codes = {f["code"] for job in scene.heard["jobs of the stage"].json()["jobs"] for f in job["failures"]}
    assert codes == {"partner_refused", "partner_unavailable"}


def test_no_line_of_the_workers_names_a_person(log: str) -> None:
    """Invariant 8."""
    for message in ("worked", "sync_stage", "send_welcome", '"ending"'):
        assert message in log, "or else finding nothing would prove nothing"
    assert [line for line in log.splitlines() if _found_in(line)] == []


def test_no_line_holds_what_opens_a_file_or_a_door(scene: Scene, log: str) -> None:
    """Invariant 8: presigned links, keys of callers, credentials of shops."""
    held = [
        scene.key,
        SECRET,
        *(
            value
            for p in scene.hub.partners
            for name, value in p.credentials.items()
            if "secret" in name or "token" in name
        ),
    ]
    assert [value for value in held if value[-43:] in log] == []
    assert SIGNATURE not in log
