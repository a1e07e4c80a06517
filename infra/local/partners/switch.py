"""`/local/partners` at the front door: which doubles run, and a switch for each."""

from collections.abc import Sequence

from pydantic import BaseModel, ConfigDict, ValidationError
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.partners.processes import Partner, PartnerFailedError


class SwitchRequest(BaseModel):
    """Body of `PUT /local/partners/{name}`."""

    model_config = ConfigDict(extra="forbid", strict=True)

    running: bool


class PartnerSwitch:
    """Stops a double as an outage would, and starts it with what it knew."""

    def __init__(self, partners: Sequence[Partner]) -> None:
        self._partners = {partner.name.value: partner for partner in partners}

    def routes(self) -> list[Route]:
        """The list and the switches."""
        return [
            Route("/local/partners", self._list),
            Route("/local/partners/{name}", self._show, methods=["GET"]),
            Route("/local/partners/{name}", self._switch, methods=["PUT"]),
        ]

    async def _list(self, _: Request) -> Response:
        return JSONResponse({"partners": {name: _shown(partner) for name, partner in self._partners.items()}})

    async def _show(self, request: Request) -> Response:
        partner = self._partners.get(request.path_params["name"])
        return JSONResponse(_shown(partner)) if partner else self._unknown()

    async def _switch(self, request: Request) -> Response:
        partner = self._partners.get(request.path_params["name"])
        if partner is None:
            return self._unknown()
        try:
            wanted = SwitchRequest.model_validate_json(await request.body())
        except ValidationError as error:
            return _refused([(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()])
        try:
            await run_in_threadpool(partner.start if wanted.running else partner.stop)
        except PartnerFailedError as error:
            return JSONResponse({"error": "Service unavailable", "message": str(error)}, 503)
        return JSONResponse(_shown(partner))

    def _unknown(self) -> Response:
        names = ", ".join(self._partners)
        return JSONResponse({"error": "Not found", "message": f"The partners are {names}."}, 404)


def _shown(partner: Partner) -> dict[str, object]:
    return {"name": partner.name.value, "running": partner.running, "url": partner.url}


def _refused(problems: list[tuple[str, str]]) -> Response:
    """A field is the empty string when the body as a whole is not what it should be."""
    message = "; ".join(f"{field or 'body'}: {problem}" for field, problem in problems)
    fields = [field for field, _ in problems if field]
    return JSONResponse({"error": "Invalid request", "message": message, "fields": fields}, 422)
