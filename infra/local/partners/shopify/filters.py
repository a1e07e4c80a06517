"""What the fields of a search can be compared with.

With the traps of real shops: a time without quotes loses its time of day; `>` and `<` of times are `>=` and `<=`; an
e-mail without quotes is split into words.
"""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from infra.local.partners.shopify.collection import View
from infra.local.partners.shopify.refusals import NotModelled


@dataclass(frozen=True)
class Comparison:
    """One `field:value`."""

    field: str
    sign: str
    """`<=`, `>=`, `<`, `>`, or empty."""
    value: str
    quoted: bool


class Filter(Protocol):
    """What a field of a search can be compared with."""

    def matches(self, record: Any, comparison: Comparison, /) -> bool:
        """Whether `record` is meant."""

    def candidates(self, view: View[Any], comparison: Comparison, /) -> set[int] | None:
        """Numbers among which all are that are meant; None where that is no quicker than looking at each."""


Filters = Mapping[str, Filter]


@dataclass(frozen=True)
class TimeFilter:
    """A time, to the second, or to the day where the shop's index has `whole_days` only."""

    attribute: str
    whole_days: bool = False

    def matches(self, record: Any, comparison: Comparison) -> bool:
        """`>` and `<` include the time itself, as real shops have it."""
        told = getattr(record, self.attribute)
        if told is None:
            return False
        start, end = self._span(comparison)
        if comparison.sign.startswith(">"):
            return bool(told >= start)
        return bool(told < end) if comparison.sign.startswith("<") else bool(start <= told < end)

    def candidates(self, _view: View[Any], _comparison: Comparison) -> set[int] | None:
        """No few; see `earliest_change`."""
        return None

    def earliest(self, comparison: Comparison) -> datetime | None:
        """Before when nothing is meant, None where that is not said."""
        return self._span(comparison)[0] if comparison.sign.startswith(">") else None

    def _span(self, comparison: Comparison) -> tuple[datetime, datetime]:
        """From when on, and before when, it is the time that was asked for."""
        text = comparison.value if comparison.quoted else comparison.value.split("T")[0]
        try:
            at = datetime.fromisoformat(text)
        except ValueError:
            raise NotModelled(f"times like {comparison.value!r}") from None
        at = at.astimezone(UTC) if at.tzinfo else at.replace(tzinfo=UTC)
        if self.whole_days or len(text) == len("2026-11-20"):
            day = at.replace(hour=0, minute=0, second=0, microsecond=0)
            return day, day + timedelta(days=1)
        return at, at + timedelta(seconds=1)


@dataclass(frozen=True)
class NumberFilter:
    """A number, such as an id. `key` is the field that the view finds it by."""

    attribute: str
    key: str | None = None

    def matches(self, record: Any, comparison: Comparison) -> bool:
        """As the sign says."""
        told, wanted = getattr(record, self.attribute), _number(comparison)
        if told is None:
            return False
        signs = {">": told > wanted, ">=": told >= wanted, "<": told < wanted, "<=": told <= wanted}
        return bool(signs.get(comparison.sign, told == wanted))

    def candidates(self, view: View[Any], comparison: Comparison) -> set[int] | None:
        """The one with that id."""
        if comparison.sign:
            return None
        if self.key is not None:
            return view.found(self.key, str(_number(comparison)))
        return {_number(comparison)} if self.attribute == "number" else None


def _number(comparison: Comparison) -> int:
    text = comparison.value.rsplit("/", 1)[-1]
    if not text.isdecimal():
        raise NotModelled(f"numbers like {comparison.value!r}")
    return int(text)


@dataclass(frozen=True)
class WordFilter:
    """A text that is compared as a whole, upper and lower case alike. `*` is any, and `ab*` whatever starts so; commas
    separate several where it `is_list`. `key` is the field that the view finds it by."""

    attribute: str
    key: str | None = None
    is_list: bool = False

    def matches(self, record: Any, comparison: Comparison) -> bool:
        """Whether one value is one of those."""
        told = {value.casefold() for value in _texts(getattr(record, self.attribute))}
        return any(_one_is(told, wanted) for wanted in self._wanted(comparison))

    def candidates(self, view: View[Any], comparison: Comparison) -> set[int] | None:
        """By the key."""
        wanted = self._wanted(comparison)
        if self.key is None or any("*" in one for one in wanted):
            return None
        return set().union(*(view.found(self.key, one) for one in wanted))

    def _wanted(self, comparison: Comparison) -> list[str]:
        values = comparison.value.split(",") if self.is_list else [comparison.value]
        return [value.strip().casefold() for value in values]


@dataclass(frozen=True)
class FactFilter:
    """Something that follows from a record, as texts; commas separate several of which one must be there."""

    fact: Callable[[Any], Iterable[str]]

    def matches(self, record: Any, comparison: Comparison) -> bool:
        """Whether one of the wanted texts is among them, upper and lower case alike."""
        told = {text.casefold() for text in self.fact(record)}
        return any(_one_is(told, wanted.strip().casefold()) for wanted in comparison.value.split(","))

    def candidates(self, _view: View[Any], _comparison: Comparison) -> set[int] | None:
        """No few."""
        return None


@dataclass(frozen=True)
class TokenFilter:
    """A text that is split into words unless the search quotes it: `a.b@example.com` without quotes also finds
    `b.a@example.com`."""

    attributes: tuple[str, ...]
    key: str | None = None

    def matches(self, record: Any, comparison: Comparison) -> bool:
        """With quotes the text itself, without them all of its words."""
        told = [value.casefold() for name in self.attributes for value in _texts(getattr(record, name))]
        wanted = comparison.value.casefold()
        if comparison.quoted and self.key is not None:
            return wanted in told
        if "*" in wanted:
            return _one_is(set(told), wanted)
        words = _words(wanted)
        return bool(words) and words <= {word for value in told for word in _words(value)}

    def candidates(self, view: View[Any], comparison: Comparison) -> set[int] | None:
        """By the key, of what is quoted."""
        if self.key is None or not comparison.quoted:
            return None
        return view.found(self.key, comparison.value.casefold())


def _texts(value: Any) -> Iterable[str]:
    if value is None:
        return ()
    return (value,) if isinstance(value, str) else value


def _one_is(told: set[str], wanted: str) -> bool:
    if wanted.endswith("*"):
        return any(value.startswith(wanted[:-1]) for value in told)
    return wanted in told


def _words(text: str) -> set[str]:
    return set(re.findall(r"\w+", text))
