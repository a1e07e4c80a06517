"""The scalars whose values the introspection result does not describe."""

import re
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from graphql import GraphQLError, GraphQLScalarType, GraphQLSchema

COERCIONS = (
    "parse_value",
    "coerce_input_value",
    "parse_literal",
    "coerce_input_literal",
    "serialize",
    "coerce_output_value",
)


def teach_scalars(schema: GraphQLSchema) -> None:
    """Have `schema` read and write times, numbers and texts as Shopify does, and refuse what is none."""
    for name, read in (
        ("DateTime", read_time),
        ("Decimal", read_decimal),
        ("Money", read_decimal),
        ("UnsignedInt64", read_unsigned),
        ("URL", read_text),
    ):
        taught = GraphQLScalarType(name, coerce_output_value=write, coerce_input_value=read)
        for coercion in COERCIONS:
            setattr(schema.type_map[name], coercion, getattr(taught, coercion))


def read_time(value: Any) -> datetime:
    """An ISO 8601 time, in UTC where it names no zone."""
    try:
        told = datetime.fromisoformat(value)
    except (TypeError, ValueError):
        raise GraphQLError(f"invalid DateTime '{value}'") from None
    return told.astimezone(UTC) if told.tzinfo else told.replace(tzinfo=UTC)


def read_decimal(value: Any) -> Decimal:
    """A number, or the text of one."""
    try:
        if isinstance(value, bool) or not isinstance(value, str | int | float):
            raise InvalidOperation
        told = Decimal(str(value))
        if not told.is_finite():
            raise InvalidOperation
    except InvalidOperation:
        raise GraphQLError(f"invalid decimal '{value}'") from None
    return told


def read_unsigned(value: Any) -> int:
    """A whole number from 0 on, or the text of one."""
    if isinstance(value, bool) or not re.fullmatch(r"\d{1,20}", str(value)):
        raise GraphQLError(f"invalid UnsignedInt64 '{value}'")
    return int(value)


def read_text(value: Any) -> str:
    """A text as it is."""
    if not isinstance(value, str):
        raise GraphQLError(f"invalid URL '{value}'")
    return value


def write(value: Any) -> str:
    """Times with whole seconds and a Z; numbers as texts, as JSON would round them."""
    return iso(value) if isinstance(value, datetime) else str(value)


def iso(at: datetime) -> str:
    """As Shopify writes times: `2026-11-20T10:00:00Z`."""
    return at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
