"""What Shopify refuses, and what the double does not know."""

from collections.abc import Sequence
from dataclasses import dataclass

from graphql import GraphQLError


@dataclass(frozen=True)
class Problem:
    """One user error: the path of the field in the input, the message, and the code where the payload has one."""

    field: tuple[str, ...] | None
    message: str
    code: str = "INVALID"


class Refused(Exception):
    """A mutation is refused with user errors, and has had no effect."""

    def __init__(self, *problems: Problem) -> None:
        super().__init__("; ".join(problem.message for problem in problems))
        self.problems = problems


def refuse_if(problems: Sequence[Problem]) -> None:
    """Raise `Refused` if there are any."""
    if problems:
        raise Refused(*problems)


class NotModelled(GraphQLError):
    """The real Shopify answers this; the double cannot, and says so instead of making something up."""

    def __init__(self, what: str) -> None:
        super().__init__(
            f"The Shopify double does not model {what}.", extensions={"code": "NOT_MODELLED_BY_THE_DOUBLE"}
        )


class BadRequest(GraphQLError):
    """Shopify refuses the arguments of a field."""

    def __init__(self, message: str, code: str = "BAD_REQUEST") -> None:
        super().__init__(message, extensions={"code": code})


class AccessDenied(GraphQLError):
    """The app lacks a scope, or the approval for protected data."""

    def __init__(self, message: str, required: str | None = None) -> None:
        extensions: dict[str, str] = {
            "code": "ACCESS_DENIED",
            "documentation": "https://shopify.dev/api/usage/access-scopes",
        }
        if required is not None:
            extensions["requiredAccess"] = required
        super().__init__(message, extensions=extensions)
