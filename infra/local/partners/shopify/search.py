"""Shopify's search syntax (shopify.dev/docs/api/usage/search-syntax).

`updated_at:>='2026-11-20T10:00:00Z' AND (tag:vip OR email:"a@example.com") -tag:trade`.
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.local.partners.shopify.collection import View
from infra.local.partners.shopify.filters import Comparison, Filter, Filters, TimeFilter
from infra.local.partners.shopify.predicates import Every, Not, Predicate, Some
from infra.local.partners.shopify.query_words import QueryWords
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
        self._query = query
        self._words = QueryWords(query, TOKEN, lambda _: self._refusal())
        self._filters = filters

    def read(self) -> Predicate:
        predicate = self._some()
        if self._words.peek() is not None:
            raise self._refusal()
        return predicate

    def _some(self) -> Predicate:
        parts = [self._every()]
        while self._words.take("word", "OR"):
            parts.append(self._every())
        return parts[0] if len(parts) == 1 else Some(tuple(parts))

    def _every(self) -> Predicate:
        parts: list[Predicate] = []
        while (word := self._words.peek()) is not None and not word["close"] and word["word"] != "OR":
            if not self._words.take("word", "AND"):
                parts.append(self._one())
        return parts[0] if len(parts) == 1 else Every(tuple(parts))

    def _one(self) -> Predicate:
        if self._words.take("word", "NOT") or self._words.take("minus"):
            return Not(self._one())
        if self._words.take("open"):
            inner = self._some()
            if not self._words.take("close"):
                raise self._refusal()
            return inner
        word = self._words.peek()
        if word is None or not (self._words.take("value") or self._words.take("text")):
            raise self._refusal()
        return self._comparison(word)

    def _comparison(self, word: re.Match[str]) -> Predicate:
        field = word["field"] or "default"
        written = word["value"] or word["text"]
        quoted = written[0] in "\"'"
        value = re.sub(r"\\(.)", r"\1", written[1:-1]) if quoted else written
        if field not in self._filters:
            raise NotModelled(f"searches by {field}")
        return One(self._filters[field], Comparison(field, word["comparison"] or "", value, quoted))

    def _refusal(self) -> NotModelled:
        return NotModelled(f"the search {self._query!r}")
