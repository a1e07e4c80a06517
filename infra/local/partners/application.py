"""A double as an ASGI application: the partner's API with faults in front of it, the control surface, its saving."""

import asyncio
import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager
from pathlib import Path

from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.types import ASGIApp, Receive, Scope, Send

from infra.local.partners.bulk import uncollected
from infra.local.partners.catalogue import PartnerName, load_double
from infra.local.partners.clock import PartnerClock
from infra.local.partners.control import PREFIX, ControlSurface
from infra.local.partners.double import Double, Surroundings
from infra.local.partners.faults import Faults, FaultyApi
from infra.local.partners.state_file import read_state, write_state
from infra.local.partners.traffic import Traffic
from infra.local.partners.webhooks import Attempt, Delivery, WebhookSender

Report = Callable[[Delivery, Attempt], None]

SAVE_EVERY_S = 5.0
SHARE_OF_TIME_TO_SAVE = 0.05
"""At most: what there is to save can be large, and nothing is answered meanwhile."""


def application(name: PartnerName, credentials: Mapping[str, str], base_url: str, state_file: Path) -> Starlette:
    """The double with what it knew when it ended last."""
    clock = PartnerClock()
    surroundings = Surroundings(clock, Traffic(), WebhookSender(clock), base_url)
    double = load_double(name).create(credentials, surroundings)
    keeper = Keeper(state_file, double, surroundings)
    with uncollected():
        keeper.load()
    surroundings.webhooks.report = keeper.noting(double.delivered)
    faults = Faults()

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        tasks = [asyncio.create_task(surroundings.webhooks.run()), asyncio.create_task(keeper.run())]
        try:
            yield
        finally:
            for task in tasks:
                task.cancel()
            # Whatever has become of them, what the double knows is saved.
            ended = await asyncio.gather(*tasks, return_exceptions=True)
            keeper.save()
        for failure in ended:
            if isinstance(failure, Exception):
                raise failure

    app = Starlette(
        routes=ControlSurface(double, faults, surroundings).routes(),
        lifespan=lifespan,
        middleware=[Middleware(Noting, keeper=keeper)],
    )
    app.router.default = FaultyApi(double, faults, surroundings.traffic, clock)
    app.router.redirect_slashes = False
    return app


class Noting:
    """ASGI middleware: has the keeper know of every request that may change something."""

    def __init__(self, app: ASGIApp, keeper: "Keeper") -> None:
        self._app = app
        self._keeper = keeper

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Pass the request on."""
        try:
            await self._app(scope, receive, send)
        finally:
            if scope["type"] == "http" and not (scope["method"] == "GET" and scope["path"].startswith(PREFIX)):
                self._keeper.note()


class Keeper:
    """Saves what must outlive the process."""

    def __init__(self, path: Path, double: Double, surroundings: Surroundings) -> None:
        self._path = path
        self._double = double
        self._surroundings = surroundings
        self._changed = False

    def note(self) -> None:
        """Something may have changed."""
        self._changed = True

    def noting(self, report: Report) -> Report:
        """`report`, after which something may have changed."""

        def noted(delivery: Delivery, attempt: Attempt) -> None:
            report(delivery, attempt)
            self.note()

        return noted

    def load(self) -> None:
        """Continue from what was saved last; nothing happens at first."""
        if state := read_state(self._path):
            self._surroundings.clock.load(state["clock"])
            self._surroundings.webhooks.load(state["webhooks"])
            self._double.load(state["records"])

    def save(self) -> None:
        """Save everything, if something may have changed."""
        if not self._changed:
            return
        self._changed = False
        state = {
            "clock": self._surroundings.clock.dump(),
            "webhooks": self._surroundings.webhooks.dump(),
            "records": self._double.dump(),
        }
        write_state(self._path, state)

    async def run(self) -> None:
        """Save from time to time until cancelled: a killed process forgets its last seconds only."""
        pause_s = SAVE_EVERY_S
        while True:
            await asyncio.sleep(pause_s)
            started = time.monotonic()
            self.save()
            pause_s = max(SAVE_EVERY_S, (time.monotonic() - started) / SHARE_OF_TIME_TO_SAVE)
