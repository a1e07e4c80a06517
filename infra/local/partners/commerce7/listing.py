"""Lists: page style and cursor style, strict about what they are asked.

Page style (`page`, `limit`) answers with `total`. Cursor style (`cursor=start`, then the cursor of the page before)
answers without: the cursor is the id of the next page's first row, and the last page has none. No list of either style
is longer than 50 (a greater or senseless `limit` silently becomes 50).
"""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from itertools import islice
from typing import Any

from infra.local.partners.commerce7.filters import Read, Test, parse_filter
from infra.local.partners.commerce7.table import Row, Table
from infra.local.partners.commerce7.wire import (
    ApiRequest,
    Commerce7Error,
    Json,
    invalid,
    not_implemented,
    unknown_parameter,
)

FIRST_CURSOR = "start"
MAX_LIMIT = 50


@dataclass(frozen=True)
class Column:
    """Something to filter by: how it is read from a row, and how its text is read. Of a list, one value must pass."""

    of: Callable[[Row], Any]
    read: Read


@dataclass(frozen=True)
class Listing:
    """One list: the key of its rows in the answer, what it can be filtered by, which text `q` searches (None: no `q`),
    whether it has cursors, and how a row is shown. `elsewhere` are filters that Commerce7 has and this double has not;
    `ignored` are accepted without effect."""

    key: str
    show: Callable[[Row], Json]
    columns: Mapping[str, Column] = field(default_factory=dict)
    words: Callable[[Row], str] | None = None
    has_cursors: bool = False
    elsewhere: frozenset[str] = frozenset()
    ignored: frozenset[str] = frozenset()

    def answer(self, table: Table, request: ApiRequest) -> Json:
        """The page that was asked for. Raises `Commerce7Error`."""
        test = self._test(request)
        limit = _limit(request.value("limit"))
        cursor = request.value("cursor")
        if cursor is not None:
            start = "" if cursor == FIRST_CURSOR else cursor
            return self._cursor_page((row for row in table.starting_at(start) if test(row)), limit)
        skipped = (_page(request.value("page")) - 1) * limit
        matching = [row for row in table if test(row)]
        rows = [self.show(row) for row in matching[skipped : skipped + limit]]
        return {self.key: rows, "total": len(matching)}

    def _cursor_page(self, rows: Iterable[Row], limit: int) -> Json:
        page = list(islice(rows, limit + 1))
        answer: Json = {self.key: [self.show(row) for row in page[:limit]]}
        return answer if len(page) <= limit else {**answer, "cursor": page[limit]["id"]}

    def _test(self, request: ApiRequest) -> Test:
        names = {name for name, _ in request.query}
        if {"page", "cursor"} <= names:
            raise _both_styles()
        tests = [test for name, value in request.query if (test := self._parameter(name, value))]
        return lambda row: all(test(row) for test in tests)

    def _parameter(self, name: str, value: str) -> Test | None:
        """None where a parameter says nothing about rows."""
        if name in self.columns:
            column = self.columns[name]
            return _on_rows(parse_filter(name, value, column.read), column)
        if name == "q" and (words := self.words):
            wanted = value.casefold().split()
            return lambda row: all(word in words(row) for word in wanted)
        if name in self.elsewhere:
            raise not_implemented(f"the filter {name}")
        if name in {"page", "limit"} | self.ignored or (name == "cursor" and self.has_cursors):
            return None
        raise unknown_parameter(name)


def _on_rows(passes: Test, column: Column) -> Test:
    def test(row: Row) -> bool:
        value = column.of(row)
        return any(passes(one) for one in value) if isinstance(value, list) else passes(value)

    return test


def _both_styles() -> Commerce7Error:
    message = "Can not use both page and cursor for paging"
    return Commerce7Error(422, "validationError", message)


def _limit(written: str | None) -> int:
    if written is None or not written.isdecimal() or not 1 <= int(written) <= MAX_LIMIT:
        return MAX_LIMIT
    return int(written)


def _page(written: str | None) -> int:
    if written is None:
        return 1
    if not written.isdecimal() or int(written) < 1:
        raise invalid(("page", "must be a whole number from 1"))
    return int(written)
