"""Shopify's search syntax (shopify.dev/docs/api/usage/search-syntax), with the traps of real shops.

`updated_at:>='2026-11-20T10:00:00Z' AND (tag:vip OR email:"a@example.com") -tag:trade`. A time without quotes loses its
time of day; `>` and `<` of times are `>=` and `<=`; an e-mail without quotes is split into words.
"""

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol

from infra.local.partners.shopify.collection import View
from infra.local.partners.shopify.refusals import NotModelled

TOKEN = re.compile(
    r"""\s*(?:
        (?P<open>\() | (?P<close>\)) |
        (?P<word>AND|OR|NOT)(?=[\s(]) | (?P<minus>-)(?=\S) |
        (?P<field>[A-Za-z_.]+):\s*(?P<comparison><=|>=|<|>)?\s*(?P<value>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s()]+) |
        (?P<text>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*'|[^\s()]+)
    )""",
    re.VERBOSE,
)


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


class Predicate(Protocol):
    """A search that was understood."""

    def matches(self, record: Any, /) -> bool:
        """Whether `record` is meant."""

    def candidates(self, view: View[Any], /) -> set[int] | None:
        """Numbers among which all are that are meant, or None."""


@dataclass(frozen=True)
class One:
    """A single comparison."""

    filter: Filter
    comparison: Comparison

    def matches(self, record: Any) -> bool:
        """As the field's filter says."""
        return self.filter.matches(record, self.comparison)

    def candidates(self, view: View[Any]) -> set[int] | None:
        """As the field's filter says."""
        return self.filter.candidates(view, self.comparison)


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


def earliest_change(predicate: Predicate) -> datetime | None:
    """Nothing that was changed earlier is meant; None where the search does not say so."""
    if isinstance(predicate, Every):
        known = [at for part in predicate.parts if (at := earliest_change(part)) is not None]
        return max(known, default=None)
    if isinstance(predicate, One) and predicate.comparison.field == "updated_at":
        return predicate.filter.earliest(predicate.comparison) if isinstance(predicate.filter, TimeFilter) else None
    return None


def read_search(query: str | None, filters: Filters) -> Predicate:
    """Understand a search. The `default` filter takes words without a field. Raises `NotModelled`.

    A real shop ignores fields that it does not know and returns everything; the double refuses them.
    """
    return _Reader(query or "", filters).read()


class _Reader:
    def __init__(self, query: str, filters: Filters) -> None:
        self._tokens: Sequence[re.Match[str]] = _tokens(query)
        self._query = query
        self._place = 0
        self._filters = filters

    def read(self) -> Predicate:
        predicate = self._some()
        if self._peek() is not None:
            raise NotModelled(f"the search {self._query!r}")
        return predicate

    def _some(self) -> Predicate:
        parts = [self._every()]
        while self._next_is("word", "OR"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _every(self) -> Predicate:
        parts: list[Predicate] = []
        while (token := self._peek()) is not None and not token["close"] and token["word"] != "OR":
            if not self._next_is("word", "AND"):
                parts.append(self._one())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _one(self) -> Predicate:
        if self._next_is("word", "NOT") or self._next_is("minus", "-"):
            return Not(self._one())
        if self._next_is("open", "("):
            inner = self._some()
            if not self._next_is("close", ")"):
                raise NotModelled(f"the search {self._query!r}")
            return inner
        token = self._peek()
        if token is None or not (token["value"] or token["text"]):
            raise NotModelled(f"the search {self._query!r}")
        self._place += 1
        return self._comparison(token)

    def _comparison(self, token: re.Match[str]) -> Predicate:
        field = token["field"] or "default"
        written = token["value"] or token["text"]
        quoted = written[0] in "\"'"
        value = re.sub(r"\\(.)", r"\1", written[1:-1]) if quoted else written
        if field not in self._filters:
            raise NotModelled(f"searches by {field}")
        return One(self._filters[field], Comparison(field, token["comparison"] or "", value, quoted))

    def _peek(self) -> re.Match[str] | None:
        return self._tokens[self._place] if self._place < len(self._tokens) else None

    def _next_is(self, kind: str, text: str) -> bool:
        token = self._peek()
        if token is None or token[kind] != text:
            return False
        self._place += 1
        return True


def _tokens(query: str) -> list[re.Match[str]]:
    tokens, place = [], 0
    text = query.rstrip()
    while place < len(text):
        token = TOKEN.match(text, place)
        if token is None:
            raise NotModelled(f"the search {query!r}")
        tokens.append(token)
        place = token.end()
    return tokens


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
