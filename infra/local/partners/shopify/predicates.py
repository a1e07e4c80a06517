"""What was understood of a query: which records it means."""

from dataclasses import dataclass
from typing import Any, Protocol

from infra.local.partners.shopify.collection import View


class Predicate(Protocol):
    """A search that was understood."""

    def matches(self, record: Any, /) -> bool:
        """Whether `record` is meant."""

    def candidates(self, view: View[Any], /) -> set[int] | None:
        """Numbers among which all are that are meant, or None."""


@dataclass(frozen=True)
class Every:
    """All of its parts; with none, everything."""

    parts: tuple[Predicate, ...]

    def matches(self, record: Any) -> bool:
        """Whether every part does."""
        return all(part.matches(record) for part in self.parts)

    def candidates(self, view: View[Any]) -> set[int] | None:
        """The fewest of any part."""
        known = [found for part in self.parts if (found := part.candidates(view)) is not None]
        return min(known, key=len) if known else None


@dataclass(frozen=True)
class Some:
    """Any of its parts."""

    parts: tuple[Predicate, ...]

    def matches(self, record: Any) -> bool:
        """Whether one part does."""
        return any(part.matches(record) for part in self.parts)

    def candidates(self, view: View[Any]) -> set[int] | None:
        """Those of all parts together."""
        every: set[int] = set()
        for part in self.parts:
            found = part.candidates(view)
            if found is None:
                return None
            every |= found
        return every


@dataclass(frozen=True)
class Not:
    """What its part does not mean."""

    part: Predicate

    def matches(self, record: Any) -> bool:
        """Whether the part does not."""
        return not self.part.matches(record)

    def candidates(self, _view: View[Any]) -> set[int] | None:
        """No few."""
        return None


EVERYTHING = Every(())
