"""Filters in query parameters: `field=gte:2026-01-01`. Operators as the public documentation has them (gt, gte, lt,
lte, btw), and ne, in, nin and like of Commerce7's own open code (the nofraud app, May 2026)."""

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from infra.local.partners.commerce7.wire import invalid

Test = Callable[[Any], bool]
"""Whether a row's value passes; the value is None where the row has none."""
Read = Callable[[str], Any]
"""A value as it stands in a filter, or the text of a row, made comparable; raises ValueError."""


def text(value: str) -> str:
    """Upper and lower case alike."""
    return value.casefold()


def number(value: str) -> int:
    """Whole numbers: counts and cents."""
    return int(value)


def moment(value: str) -> datetime:
    """A day, which is its first instant, or a time with its zone."""
    at = datetime.fromisoformat(value)
    return at.replace(tzinfo=UTC) if at.tzinfo is None else at


def flag(value: str) -> bool:
    """`true` or `false`."""
    if value not in ("true", "false"):
        raise ValueError(value)
    return value == "true"


ORDERINGS: dict[str, Callable[[Any, Any], bool]] = {
    "gt": lambda value, operand: bool(value > operand),
    "gte": lambda value, operand: bool(value >= operand),
    "lt": lambda value, operand: bool(value < operand),
    "lte": lambda value, operand: bool(value <= operand),
    "ne": lambda value, operand: bool(value != operand),
    "like": lambda value, operand: operand in value,
}


def parse_filter(name: str, written: str, read: Read) -> Test:
    """The test that a filter stands for. Raises `Commerce7Error` naming the parameter."""
    operator, colon, operand = written.partition(":")
    try:
        if not colon or operator not in {*ORDERINGS, "in", "nin", "btw"}:
            wanted = read(written)
            return lambda value: value is not None and _comparable(value, read) == wanted
        return _parse_operator(operator, operand, read)
    except ValueError as error:
        raise invalid((name, "invalid value")) from error


def _parse_operator(operator: str, operand: str, read: Read) -> Test:
    if operator in ("in", "nin"):
        listed = {read(one) for one in operand.split(",")}
        return lambda value: (value is not None and _comparable(value, read) in listed) == (operator == "in")
    if operator == "btw":
        low, high = (read(bound) for bound in _two(operand))
        return lambda value: value is not None and low <= _comparable(value, read) <= high
    if operator == "like" and read is not text:
        raise ValueError(operand)
    wanted, holds = read(operand), ORDERINGS[operator]
    return lambda value: value is not None and holds(_comparable(value, read), wanted)


def _two(operand: str) -> list[str]:
    bounds = operand.split("|")
    if len(bounds) != 2:
        raise ValueError(operand)
    return bounds


def _comparable(value: Any, read: Read) -> Any:
    return read(value) if isinstance(value, str) else value
