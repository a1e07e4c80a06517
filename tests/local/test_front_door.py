"""The front door, over real connections, before an API that tells what reached it."""

import http.client
import json
import socket
import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import httpx
import pytest
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.front_door import IN_FLIGHT, PortBusyError, front_door, listening, serving


class Api(ThreadingHTTPServer):
    """Answers 418 with what it was sent, to every method; and counts how many requests it has at a time."""

    daemon_threads = True
    request_queue_size = 64

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Answer)
        self.lock = threading.Lock()
        self.now = 0
        self.most = 0
        self.full = threading.Event()


class Answer(BaseHTTPRequestHandler):
    """One connection to the API."""

    protocol_version = "HTTP/1.1"
    server: Api

    def handle_one_request(self) -> None:
        self.raw_requestline = self.rfile.readline()
        if self.raw_requestline and self.parse_request():
            self.answer()
        else:
            self.close_connection = True

    def answer(self) -> None:
        sent = self.rfile.read(int(self.headers.get("Content-Length") or 0))
        if self.path.endswith("/crowd"):
            self.wait_for_the_crowd()
        facts = {"line": self.requestline, "headers": self.headers.items(), "body": sent.hex()}
        body = json.dumps(facts).encode()
        self.send_response(418)
        for name, value in (("Content-Length", str(len(body))), ("Set-Cookie", "a=1"), ("Set-Cookie", "b=2")):
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def wait_for_the_crowd(self) -> None:
        with self.server.lock:
            self.server.now += 1
            self.server.most = max(self.server.most, self.server.now)
            if self.server.now == IN_FLIGHT:
                self.server.full.set()
        self.server.full.wait(10)
        with self.server.lock:
            self.server.now -= 1

    def log_message(self, format: str, *args: Any) -> None:  # the name is the base class's
        pass


@pytest.fixture(scope="module")
def api() -> Iterator[Api]:
    with Api() as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield server
        server.shutdown()


async def local(_: Request) -> Response:
    return JSONResponse("answered here")


@pytest.fixture(scope="module")
def port(api: Api) -> Iterator[int]:
    app = front_door(f"http://127.0.0.1:{api.server_port}/stage", [Route("/local/route", local)])
    with listening(0) as listener, serving(app, listener):
        number: int = listener.getsockname()[1]
        yield number


@pytest.mark.parametrize(
    "target", ["/", "/a%2Fb/../c%zz?x=%20&x=2&", "//double", "/caf%C3%A9?q=a+b%2B", "/local/other"]
)
def test_path_and_query_arrive_as_they_were_sent(port: int, target: str) -> None:
    connection = http.client.HTTPConnection("127.0.0.1", port)
    connection.request("GET", target)
    facts = json.loads(connection.getresponse().read())
    connection.close()

    assert facts["line"] == f"GET /stage{target} HTTP/1.1"


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE", "OPTIONS", "PROPFIND"])
def test_method_headers_and_body_pass_and_so_does_the_answer(port: int, method: str) -> None:
    headers = [("Authorization", "Bearer x"), ("X-Twice", "1"), ("X-Twice", "2"), ("Content-Type", "text/csv")]
    body = b"\x00\xff\r\n"

    response = httpx.request(method, f"http://127.0.0.1:{port}/path", headers=headers, content=body)

    assert response.status_code == 418
    assert response.headers.get_list("set-cookie") == ["a=1", "b=2"]
    assert len(response.headers.get_list("date")) == 1
    facts = response.json()
    assert facts["line"].startswith(f"{method} /stage/path ")
    assert bytes.fromhex(facts["body"]) == body
    arrived = [(name.lower(), value) for name, value in facts["headers"]]
    assert {(name.lower(), value) for name, value in headers} <= set(arrived)


def test_cookies_of_one_caller_do_not_reach_the_next(port: int) -> None:
    httpx.get(f"http://127.0.0.1:{port}/")

    assert "cookie" not in dict(httpx.get(f"http://127.0.0.1:{port}/").json()["headers"])


def test_its_own_routes_are_answered_here(port: int) -> None:
    assert httpx.get(f"http://127.0.0.1:{port}/local/route").json() == "answered here"


def test_a_crowd_waits_here_and_nobody_is_turned_away(api: Api, port: int) -> None:
    statuses: list[int] = []

    def call() -> None:
        statuses.append(httpx.get(f"http://127.0.0.1:{port}/crowd", timeout=30).status_code)

    crowd = [threading.Thread(target=call) for _ in range(3 * IN_FLIGHT)]
    for caller in crowd:
        caller.start()
    for caller in crowd:
        caller.join()

    assert statuses == [418] * (3 * IN_FLIGHT)
    assert api.most == IN_FLIGHT


def test_an_api_that_is_gone_is_a_502() -> None:
    with socket.socket() as unused:
        unused.bind(("127.0.0.1", 0))
        nobody = f"http://127.0.0.1:{unused.getsockname()[1]}"
        with listening(0) as listener, serving(front_door(nobody, []), listener):
            response = httpx.get(f"http://127.0.0.1:{listener.getsockname()[1]}/")

    assert response.status_code == 502
    assert response.json()["error"] == "Bad gateway"


def test_a_busy_port_is_named(port: int) -> None:
    with pytest.raises(PortBusyError, match=f"Port {port} .*PORT="), listening(port):
        pass
