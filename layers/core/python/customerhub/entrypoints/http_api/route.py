"""A route: how it is served and how it is documented, in one value."""

import base64
import binascii
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from pydantic import BaseModel, ValidationError

from customerhub.app import App
from customerhub.domain.caller import Caller
from customerhub.errors import MalformedRequest, RequestTooLarge

_Model = TypeVar("_Model", bound=BaseModel)
AnyApp = TypeVar("AnyApp", bound=App)

MAX_BODY_BYTES = 65_536
"""An honest request has a few hundred bytes."""


class InvalidBodyError(Exception):
    """The body is not what the route's model says; `error` names every field at fault."""

    def __init__(self, error: ValidationError) -> None:
        super().__init__("invalid body")
        self.error = error


@dataclass(frozen=True)
class Request:
    """One HTTP request: API Gateway's event (payload 2.0) and the caller that the authorizer found."""

    caller: Caller
    event: Mapping[str, Any]

    @property
    def id(self) -> str:
        """API Gateway's id of the request."""
        return str(self.event["requestContext"]["requestId"])

    @property
    def path(self) -> Mapping[str, str]:
        """The path's parameters."""
        return self.event.get("pathParameters") or {}

    @property
    def query(self) -> Mapping[str, str]:
        """The query string's parameters; one that is repeated has its values joined by commas."""
        return self.event.get("queryStringParameters") or {}

    def header(self, name: str) -> str | None:
        """A header by its lower-case name."""
        value: str | None = self.event.get("headers", {}).get(name)
        return value

    def body(self) -> bytes:
        """The body's bytes. Raises RequestTooLarge beyond `MAX_BODY_BYTES`."""
        text = self.event.get("body") or ""
        try:
            body = base64.b64decode(text) if self.event.get("isBase64Encoded") else text.encode()
        except (binascii.Error, UnicodeEncodeError) as error:
            raise MalformedRequest("the body is not valid UTF-8", field="body") from error
        if len(body) > MAX_BODY_BYTES:
            raise RequestTooLarge(f"the body is longer than {MAX_BODY_BYTES} bytes", field="body")
        return body


def parse_body(model: type[_Model], body: bytes) -> _Model:
    """The body read as `model`. Raises InvalidBodyError."""
    try:
        return model.model_validate_json(body)
    except ValidationError as error:
        raise InvalidBodyError(error) from error


@dataclass(frozen=True)
class Response:
    """An HTTP response; `body` is text of `content_type`, or `is_base64` of any bytes."""

    status: int
    body: str
    headers: Mapping[str, str] = field(default_factory=dict)
    content_type: str = "application/json"
    is_base64: bool = False


@dataclass(frozen=True)
class Documented:
    """A status that a route answers with: when, the body's model, and examples by name."""

    when: str
    model: type[BaseModel]
    examples: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Parameter:
    """A value in a request's header, path or query: text that is not empty, unless its JSON Schema says otherwise."""

    description: str
    schema: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class Route(Generic[AnyApp]):
    """`handle` answers requests on `method` and `path`, which are spelled as in `deployment.HTTP_ROUTES`.

    `answers` are those of success and conflict; the errors that every route may give are documented once. `headers`
    (besides Authorization), `path_parameters` and `query` go by name; `tag` is the chapter of the documentation.
    """

    method: str
    path: str
    handle: Callable[[AnyApp, Request], Response]
    summary: str
    description: str
    answers: Mapping[int, Documented]
    body: type[BaseModel] | None = None
    body_examples: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, Parameter] = field(default_factory=dict)
    path_parameters: Mapping[str, Parameter] = field(default_factory=dict)
    query: Mapping[str, Parameter] = field(default_factory=dict)
    tag: str = "Customers"

    @property
    def key(self) -> str:
        """As API Gateway names the route in its events."""
        return f"{self.method} {self.path}"
