"""What a mail service's answer means: surely not sent, refused, or nobody knows. Invariant 2 leans on it."""

import json
import socket
import threading
from collections.abc import Callable, Iterator
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest

from customerhub.aws.messages import AwsMessenger
from customerhub.errors import InvalidInput, NotSent, RetryLater

Answer = tuple[int, str]


@pytest.fixture
def service(monkeypatch: pytest.MonkeyPatch) -> Iterator[Callable[[Answer], list[str]]]:
    """Makes SES answer that: a status and a code. The calls are listed."""
    for name, value in (("AWS_ACCESS_KEY_ID", "x"), ("AWS_SECRET_ACCESS_KEY", "x"), ("AWS_REGION", "us-east-1")):
        monkeypatch.setenv(name, value)
    monkeypatch.setenv("AWS_DEFAULT_REGION", "us-east-1")
    calls: list[str] = []
    answers: list[Answer] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            calls.append(self.path)
            self.rfile.read(int(self.headers["Content-Length"]))
            status, code = answers[0]
            body = json.dumps({"message": code}).encode()
            self.send_response(status)
            self.send_header("x-amzn-ErrorType", code)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Quiet."""

    server = HTTPServer(("127.0.0.1", 0), Handler)
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{server.server_port}")
    thread = threading.Thread(target=server.serve_forever)
    thread.start()

    def answering(answer: Answer) -> list[str]:
        answers.append(answer)
        return calls

    yield answering
    server.shutdown()
    thread.join()
    server.server_close()


def send() -> None:
    AwsMessenger("hub@example.com", attempts=1).send_email("ann@example.com", "Welcome", "Hello")


@pytest.mark.parametrize(
    ("answer", "error"),
    [
        ((429, "TooManyRequestsException"), NotSent),
        ((400, "LimitExceededException"), NotSent),
        ((400, "MessageRejected"), InvalidInput),
        ((500, "InternalErrorException"), RetryLater),
        ((503, "ServiceUnavailable"), RetryLater),
    ],
)
def test_what_the_service_answers(
    service: Callable[[Answer], list[str]], answer: Answer, error: type[Exception]
) -> None:
    calls = service(answer)
    with pytest.raises(error) as caught:
        send()
    assert type(caught.value) is error
    assert len(calls) == 1, "with one attempt nothing is sent twice by itself"


def test_a_service_that_is_not_reached_has_taken_nothing(
    service: Callable[[Answer], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.socket() as nobody:
        nobody.bind(("127.0.0.1", 0))
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{nobody.getsockname()[1]}")
        with pytest.raises(NotSent):
            send()


def test_a_service_that_falls_silent_may_have_taken_it(
    service: Callable[[Answer], list[str]], monkeypatch: pytest.MonkeyPatch
) -> None:
    with socket.create_server(("127.0.0.1", 0)) as silent:
        monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{silent.getsockname()[1]}")
        with pytest.raises(RetryLater) as caught:
            send()
    assert type(caught.value) is RetryLater
