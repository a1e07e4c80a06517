"""The control surface of a double: what the shop's own staff and the network would do, and what a test wants to see."""

from collections.abc import Awaitable, Callable, Mapping
from functools import wraps
from json import JSONDecodeError
from typing import Any, TypeVar

from pydantic import BaseModel, TypeAdapter, ValidationError
from starlette.requests import Request
from starlette.responses import JSONResponse, Response
from starlette.routing import Route

from infra.local.partners.bulk import uncollected
from infra.local.partners.double import ControlRefused, Double, Surroundings, UnknownRecord
from infra.local.partners.faults import FAULTS, FaultFields, Faults
from infra.local.partners.records import ClockFields, CustomerFields, OrderFields, SeedFields, WebhookFields

PREFIX = "/_control"
Handler = Callable[[Request], Awaitable[Response]]
Input = TypeVar("Input", bound=BaseModel)


class ControlSurface:
    """Everything under `/_control`. It is never counted, never slow and never fails by an injected fault."""

    def __init__(self, double: Double, faults: Faults, surroundings: Surroundings) -> None:
        self._double = double
        self._faults = faults
        self._surroundings = surroundings

    def routes(self) -> list[Route]:
        """One route per path."""
        paths: dict[str, dict[str, Handler]] = {
            "/state": {"GET": self._state},
            "/requests": {"GET": self._requests, "DELETE": self._forget_requests},
            "/customers": {"POST": self._create_customer},
            "/customers/{id:path}": {"PATCH": self._change_customer, "DELETE": self._delete_customer},
            "/orders": {"POST": self._create_order},
            "/seed": {"POST": self._seed},
            "/checkout": {"GET": self._checkout},
            "/faults": {"GET": self._list_faults, "PUT": self._set_faults, "DELETE": self._clear_faults},
            "/webhooks": {"GET": self._network, "PUT": self._set_network},
            "/clock": {"GET": self._time, "PUT": self._set_time},
            "/reset": {"POST": self._reset},
        }
        shared = [route(method, path, answer) for path, answers in paths.items() for method, answer in answers.items()]
        return [*shared, *self._double.controls]

    async def _state(self, request: Request) -> Response:
        state = self._double.state(_limit(request, None))
        surroundings = self._surroundings
        return JSONResponse(
            {
                **state,
                "requests": surroundings.traffic.counts(),
                "webhooks": surroundings.webhooks.counts(),
                "faults": self._faults.listed(),
                "clock": self._clock(),
            }
        )

    async def _requests(self, request: Request) -> Response:
        return JSONResponse({"requests": self._surroundings.traffic.latest(_limit(request, 100) or 0)})

    async def _forget_requests(self, _: Request) -> Response:
        self._surroundings.traffic.clear()
        return Response(status_code=204)

    async def _create_customer(self, request: Request) -> Response:
        return JSONResponse(self._double.create_customer(await control_body(request, CustomerFields)), 201)

    async def _change_customer(self, request: Request) -> Response:
        fields = await control_body(request, CustomerFields)
        return JSONResponse(self._double.change_customer(request.path_params["id"], fields))

    async def _delete_customer(self, request: Request) -> Response:
        self._double.delete_customer(request.path_params["id"])
        return Response(status_code=204)

    async def _create_order(self, request: Request) -> Response:
        fields = await control_body(request, OrderFields)
        if (fields.customer_id is None) == (fields.email is None):
            raise ControlRefused(("customerId", "either this or email says who has ordered"))
        return JSONResponse(self._double.create_order(fields), 201)

    async def _seed(self, request: Request) -> Response:
        fields = await control_body(request, SeedFields)
        with uncollected():
            self._double.seed(fields.customers, fields.orders)
        return JSONResponse({"customers": fields.customers, "orders": fields.orders}, 201)

    async def _checkout(self, request: Request) -> Response:
        email = request.query_params.get("email")
        if not email:
            raise ControlRefused(("email", "whose checkout?"))
        return JSONResponse(self._double.checkout(email))

    async def _list_faults(self, _: Request) -> Response:
        return JSONResponse({"faults": self._faults.listed()})

    async def _set_faults(self, request: Request) -> Response:
        content = await _json(request)
        adapter: TypeAdapter[list[FaultFields]] = FAULTS
        self._faults.set(_checked(adapter, content if isinstance(content, list) else [content]))
        return await self._list_faults(request)

    async def _clear_faults(self, _: Request) -> Response:
        self._faults.clear()
        return Response(status_code=204)

    async def _network(self, _: Request) -> Response:
        return JSONResponse(self._surroundings.webhooks.settings())

    async def _set_network(self, request: Request) -> Response:
        self._surroundings.webhooks.configure(await control_body(request, WebhookFields))
        return await self._network(request)

    async def _time(self, _: Request) -> Response:
        return JSONResponse(self._clock())

    async def _set_time(self, request: Request) -> Response:
        fields = await control_body(request, ClockFields)
        clock = self._surroundings.clock
        if fields.speed is not None:
            clock.run_at(fields.speed)
        clock.advance(fields.advance_seconds or 0)
        return await self._time(request)

    def _clock(self) -> dict[str, Any]:
        clock = self._surroundings.clock
        return {"now": clock.timestamp(), "speed": clock.dump()["speed"]}

    async def _reset(self, _: Request) -> Response:
        surroundings = self._surroundings
        for forgetful in (self._double, surroundings.webhooks, surroundings.clock):
            forgetful.reset()
        surroundings.traffic.clear()
        self._faults.clear()
        return Response(status_code=204)


def route(method: str, path: str, handler: Handler) -> Route:
    """`handler` at `/_control<path>`, with what it refuses as an answer."""

    @wraps(handler)
    async def answer(request: Request) -> Response:
        try:
            return await handler(request)
        except ControlRefused as error:
            return _refused(error.problems)
        except ValidationError as error:
            return _refused([(".".join(map(str, one["loc"])), one["msg"]) for one in error.errors()])
        except UnknownRecord:
            return JSONResponse({"error": "Not found", "message": "There is no record with that id."}, 404)

    return Route(PREFIX + path, answer, methods=[method])


def _refused(problems: Any) -> Response:
    """A field is the empty string when the body as a whole is not what it should be."""
    message = "; ".join(f"{field or 'body'}: {reason}" for field, reason in problems)
    fields = [field for field, _ in problems if field]
    return JSONResponse({"error": "Invalid request", "message": message, "fields": fields}, 422)


async def _json(request: Request) -> Any:
    try:
        return await request.json()
    except (JSONDecodeError, UnicodeDecodeError) as error:
        raise ControlRefused(("", "this is no JSON")) from error


async def control_body(request: Request, shape: type[Input]) -> Input:
    """The body as `shape`. Raises `ControlRefused` and pydantic's ValidationError, which `route` answers."""
    content = await _json(request)
    if not isinstance(content, Mapping):
        raise ControlRefused(("", "this is no JSON object"))
    return shape.model_validate(content)


def _checked(adapter: TypeAdapter[list[FaultFields]], content: list[Any]) -> list[FaultFields]:
    """The place in the list is left out of what is named: most often there is one fault."""
    try:
        return adapter.validate_python(content)
    except ValidationError as error:
        raise ControlRefused(*((".".join(map(str, one["loc"][1:])), one["msg"]) for one in error.errors())) from error


def _limit(request: Request, default: int | None) -> int | None:
    text = request.query_params.get("limit")
    if text is None:
        return default
    if not text.isdecimal():
        raise ControlRefused(("limit", "a whole number"))
    return int(text)
