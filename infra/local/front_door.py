"""The plain base URL: passes every request on to the deployed HTTP API, but for what only the local stack has."""

import socket
import threading
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import httpx
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route
from starlette.types import Receive, Scope, Send

IN_FLIGHT = 8
"""Requests passed on at a time; the others wait here.

MiniStack starts a process for each call that finds none free. The processes for thirty-two at once took two cores 14
seconds to start, and then answered no faster than those for eight.
"""
TIMEOUT = httpx.Timeout(60, pool=None)
HOP_BY_HOP = frozenset({b"connection", b"keep-alive", b"te", b"trailer", b"transfer-encoding", b"upgrade"})
"""Headers that speak of one connection only (RFC 9110, section 7.6.1)."""


def front_door(api_url: str, routes: list[Route]) -> Starlette:
    """The application: `routes`, and everything else passed on to `api_url`."""
    gateway = Gateway(api_url)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        await gateway.client.aclose()

    app = Starlette(routes=routes, lifespan=lifespan)
    # Not mounted: no pattern of Starlette's matches a path with a line feed in it.
    app.router.default = gateway
    app.router.redirect_slashes = False
    return app


class Gateway:
    """Passes requests on unchanged: method, path and query as they were sent, headers, body; and so the responses."""

    def __init__(self, api_url: str) -> None:
        self._api = httpx.URL(api_url)
        limits = httpx.Limits(max_connections=IN_FLIGHT, max_keepalive_connections=IN_FLIGHT, keepalive_expiry=60)
        # MiniStack is on this machine: a proxy that the environment names must not come between.
        self.client = httpx.AsyncClient(limits=limits, timeout=TIMEOUT, trust_env=False)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request; with a 502 when MiniStack does not."""
        request = Request(scope, receive)
        try:
            response = await self._pass_on(request)
        except httpx.TransportError as error:
            message = f"The deployed API did not answer: {type(error).__name__}."
            response = JSONResponse({"error": "Bad gateway", "message": message}, 502)
        await response(scope, receive, send)

    async def _pass_on(self, request: Request) -> Response:
        outgoing = httpx.Request(
            request.method,
            self._api,
            headers=_end_to_end(request.headers.raw, b"host", b"content-length"),
            content=await request.body() or None,
            extensions={"target": self._target(request.scope), "timeout": TIMEOUT.as_dict()},
        )
        incoming = await self.client.send(outgoing, stream=True)
        try:
            body = b"".join([part async for part in incoming.aiter_raw()])
        finally:
            await incoming.aclose()
        response = Response(body, incoming.status_code)
        length = (b"content-length", str(len(body)).encode())
        response.raw_headers = [*_end_to_end(incoming.headers.raw, b"content-length", b"date"), length]
        return response

    def _target(self, scope: Scope) -> bytes:
        """The bytes that the client sent: httpx would normalise them."""
        query: bytes = scope["query_string"]
        path: bytes = self._api.raw_path.rstrip(b"/") + scope["raw_path"]
        return path + b"?" + query if query else path


def _end_to_end(headers: list[tuple[bytes, bytes]], *without: bytes) -> list[tuple[bytes, bytes]]:
    dropped = HOP_BY_HOP.union(without)
    return [(name, value) for name, value in headers if name.lower() not in dropped]


class PortBusyError(Exception):
    """Another program listens on the wanted port."""


@contextmanager
def listening(port: int) -> Iterator[socket.socket]:
    """A loopback socket on `port`, any free one for 0, that accepts connections from now on. Raises `PortBusyError`."""
    with socket.socket() as listener:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Its connections inherit this. Headers and body are written one after the other, and would wait 40 ms between.
        listener.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        try:
            listener.bind(("127.0.0.1", port))
            listener.listen(2048)
        except OSError as error:
            raise PortBusyError(f"Port {port} cannot be used ({error.strerror}): choose one with PORT=…") from error
        yield listener


@contextmanager
def serving(app: Starlette, listener: socket.socket) -> Iterator[None]:
    """Serve `app` from a thread until the context ends; calls that are under way are answered first."""
    config = uvicorn.Config(
        app, log_level="warning", access_log=False, timeout_graceful_shutdown=5, server_header=False
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, name="front-door")
    thread.start()
    try:
        yield
    finally:
        server.should_exit = True
        thread.join()
