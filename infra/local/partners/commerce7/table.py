"""Records of one kind in the order of their ids, which is the order of Commerce7's cursor paging."""

from bisect import bisect_left, insort
from collections.abc import Iterable, Iterator
from typing import Any

Row = dict[str, Any]


class Table:
    """Rows by their `id`."""

    def __init__(self, rows: Iterable[Row] = ()) -> None:
        self._rows: dict[str, Row] = {}
        self._ids: list[str] = []
        self.extend(rows)

    def __len__(self) -> int:
        return len(self._ids)

    def __iter__(self) -> Iterator[Row]:
        return self.starting_at("")

    def starting_at(self, row_id: str) -> Iterator[Row]:
        """The rows with that id and greater ones."""
        first = bisect_left(self._ids, row_id)
        return (self._rows[self._ids[place]] for place in range(first, len(self._ids)))

    def get(self, row_id: str) -> Row | None:
        """One row; it may be changed in place."""
        return self._rows.get(row_id)

    def put(self, row: Row) -> None:
        """Add a row, or replace the one with its id."""
        if row["id"] not in self._rows:
            insort(self._ids, row["id"])
        self._rows[row["id"]] = row

    def remove(self, row_id: str) -> None:
        """Remove a row that is there."""
        del self._rows[row_id]
        del self._ids[bisect_left(self._ids, row_id)]

    def extend(self, rows: Iterable[Row]) -> None:
        """Add many rows at once."""
        self._rows.update((row["id"], row) for row in rows)
        self._ids = sorted(self._rows)

    def dump(self) -> list[Row]:
        """All rows."""
        return list(self)
