"""Every place in a JSON value, and the value with something else there: what tests of hostile input are made of."""

import copy
from collections.abc import Iterator
from typing import Any

Place = tuple[str | int, ...]


def places(node: Any, at: Place = ()) -> Iterator[Place]:
    """The value itself first, then what is in it."""
    yield at
    children = node.items() if isinstance(node, dict) else enumerate(node) if isinstance(node, list) else ()
    for name, child in children:
        yield from places(child, (*at, name))


def with_value(node: Any, at: Place, value: Any) -> Any:
    """A copy of `node` with `value` at that place."""
    if not at:
        return value
    changed = copy.deepcopy(node)
    here = changed
    for name in at[:-1]:
        here = here[name]
    here[at[-1]] = value
    return changed
