"""Connections that the application can drop: ASGI itself lets it only answer."""

import asyncio
from typing import Any

from starlette.types import Receive, Scope
from uvicorn.protocols.http.h11_impl import H11Protocol

CONNECTION = "customer_hub.connection"
"""Under this name a request's `state` holds the connection that it came on."""


class DroppableProtocol(H11Protocol):
    """uvicorn's own protocol, which hands the connection on to the application."""

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as uvicorn does
        """Note the connection for all requests that come on it."""
        self.app_state: dict[str, Any] = {**self.app_state, CONNECTION: transport}
        super().connection_made(transport)


async def drop_connection(scope: Scope, receive: Receive) -> None:
    """Close the connection of a request that was read to its end, without an answer; return when it is closed."""
    scope["state"][CONNECTION].abort()
    while (await receive())["type"] != "http.disconnect":
        pass
