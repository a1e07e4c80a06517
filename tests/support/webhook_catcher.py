"""Somebody on this machine who takes webhooks and answers 200."""

import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer


class WebhookCatcher:
    """What has come: headers in lower case, the path among them as the entry point gives it, and the raw body."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.caught: list[tuple[Mapping[str, str], bytes]] = []

    def wait_until(self, condition: Callable[[], bool], timeout_s: float = 10) -> None:
        """Return once it holds; fails the test otherwise."""
        deadline = time.monotonic() + timeout_s
        while not condition():
            assert time.monotonic() < deadline, f"{len(self.caught)} webhooks came"
            time.sleep(0.02)

    def settled(self, at_least: int = 0) -> list[tuple[Mapping[str, str], bytes]]:
        """All that came, once so many have and nothing more comes."""
        self.wait_until(lambda: len(self.caught) >= at_least)
        known = -1
        while known != len(self.caught):
            known = len(self.caught)
            time.sleep(0.3)
        return list(self.caught)


@contextmanager
def catching(path: str = "/hooks") -> Iterator[WebhookCatcher]:
    """A catcher on a free port, until the context ends."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()} | {":path": self.path}
            catcher.caught.append((headers, body))
            self.send_response(200)
            self.send_header("content-length", "0")
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
        catcher = WebhookCatcher(f"http://127.0.0.1:{server.server_port}{path}")
        thread = threading.Thread(target=server.serve_forever, daemon=True)
        thread.start()
        try:
            yield catcher
        finally:
            server.shutdown()
            thread.join()
