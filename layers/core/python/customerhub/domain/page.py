"""A page of a list."""

from dataclasses import dataclass
from typing import Generic, TypeVar

Listed = TypeVar("Listed")

DEFAULT_PAGE_SIZE = 25
MAX_PAGE_SIZE = 100


@dataclass(frozen=True)
class Page(Generic[Listed]):
    """Up to as many items as were asked for, in the order of the list, and fewer where one is no longer what its place
    in the list says. The next page begins beyond the position `after`; None: this is the last one."""

    items: tuple[Listed, ...] = ()
    after: str | None = None
