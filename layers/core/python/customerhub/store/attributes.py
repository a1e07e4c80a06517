"""Values as DynamoDB types them.

boto3 has the same, but importing it costs a cold start about 30 ms more than botocore alone.
"""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

Attribute = dict[str, Any]


def typed(value: Any) -> Attribute:
    """The attribute of a plain value: str, bytes, int, Decimal, bool, None, list or dict. Raises TypeError else."""
    for kind, (of, convert) in _KINDS.items():
        if isinstance(value, of):
            return {kind: convert(value)}
    raise TypeError(type(value).__name__)


def plain(attribute: Attribute) -> Any:
    """The plain value of an attribute; a number as Decimal."""
    [(kind, value)] = attribute.items()
    return _PLAIN[kind](value)


_KINDS: dict[str, tuple[type | tuple[type, ...], Callable[[Any], Any]]] = {
    "S": (str, str),
    "B": (bytes, bytes),
    "BOOL": (bool, bool),  # before int, whose subclass it is
    "N": ((int, Decimal), str),
    "NULL": (type(None), lambda _: True),
    "L": (list, lambda values: [typed(value) for value in values]),
    "M": (dict, lambda members: {name: typed(value) for name, value in members.items()}),
}
_PLAIN: dict[str, Callable[[Any], Any]] = {
    "S": str,
    "B": bytes,
    "BOOL": bool,
    "N": Decimal,
    "NULL": lambda _: None,
    "L": lambda values: [plain(value) for value in values],
    "M": lambda members: {name: plain(value) for name, value in members.items()},
}
