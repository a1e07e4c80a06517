"""What goes over the wire: requests as endpoints see them, replies, and Commerce7's errors.

Error bodies as observed live in October 2026: the HTTP status is repeated in the body, fields are named one by one.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, TypeVar

from pydantic import BaseModel, ValidationError

Json = dict[str, Any]
Shape = TypeVar("Shape", bound=BaseModel)


@dataclass(frozen=True)
class ApiRequest:
    """One authenticated request. `names` are the variable parts of the path, `body` is the JSON that came, None where
    none did."""

    method: str
    names: Mapping[str, str]
    query: list[tuple[str, str]]
    body: Any

    def value(self, name: str) -> str | None:
        """The first value of a query parameter."""
        return next((value for key, value in self.query if key == name), None)


@dataclass(frozen=True)
class Reply:
    """A status and the JSON that goes with it; None is an empty body."""

    status: int
    body: Json | None


class Commerce7Error(Exception):
    """An answer that is not what was asked for."""

    def __init__(self, status: int, kind: str, message: str, errors: list[tuple[str, str]] | None = None) -> None:
        super().__init__(message)
        self.status = status
        self.kind = kind
        self.message = message
        self.errors = errors or []

    def body(self) -> Json:
        """As Commerce7 writes it."""
        return {
            "statusCode": self.status,
            "type": self.kind,
            "message": self.message,
            "errors": [{"field": field, "message": message} for field, message in self.errors],
        }


def unauthorized() -> Commerce7Error:
    """Wrong credentials, or a tenant that has not installed the app."""
    return Commerce7Error(401, "unauthorized", "Unauthorized user")


def not_found() -> Commerce7Error:
    """No such record, or no such method."""
    return Commerce7Error(404, "notFound", "Document not found or method not found")


def invalid(*errors: tuple[str, str]) -> Commerce7Error:
    """Fields that are wrong, each with the reason."""
    return Commerce7Error(422, "validationError", "One or more elements is missing or invalid", list(errors))


def unknown_parameter(name: str) -> Commerce7Error:
    """A query parameter that the endpoint does not have."""
    return Commerce7Error(422, "validationError", f"Invalid query param: {name}")


def not_unique(field: str) -> Commerce7Error:
    """Another record has that value."""
    return Commerce7Error(422, "validationError", "Database unique constraint error", [(field, "must be unique")])


def not_implemented(what: str) -> Commerce7Error:
    """Commerce7 has it, this double has not; Commerce7 itself never answers so."""
    return Commerce7Error(501, "notImplemented", f"This double of Commerce7 does not implement {what}.")


def checked(shape: type[Shape], content: Any) -> Shape:
    """A body as `shape`. Raises `Commerce7Error`."""
    if not isinstance(content, Mapping):
        raise invalid(("body", "must be a JSON object"))
    try:
        return shape.model_validate(content)
    except ValidationError as error:
        problems = [(_field(one["loc"]), _reason(one["type"], one["msg"])) for one in error.errors()]
        raise invalid(*problems) from error


def _field(place: tuple[int | str, ...]) -> str:
    named = "".join(f"[{part}]" if isinstance(part, int) else f".{part}" for part in place)
    return named.removeprefix(".")


def _reason(kind: str, message: str) -> str:
    known = {"missing": "required", "extra_forbidden": "invalid additional property"}
    return known.get(kind, message)
