"""The file of rows that failed: corrected by hand, and sent again as a new import.

A spreadsheet takes a cell for a formula that begins with `=`, `+`, `-`, `@` (in Japan the wide ones, too) or with what
parts cells and lines, and a formula in a stranger's file can read others' cells out. Such a cell gets an apostrophe in
front of it; one that has apostrophes there already gets one more, so that taking one away again gives the cell back as
it was.
"""

import csv
import io
import re
from collections.abc import Iterable

from customerhub.domain.imports.fields import HUB_COLUMNS, is_hub_column
from customerhub.domain.imports.verdict import RowVerdict

_BEGINS = "=+@\t\r\n\uff1d\uff0b\uff0d\uff20-"
_FORMULA = re.compile(f"'*[{_BEGINS}]")
_DEFUSED = re.compile(f"'+[{_BEGINS}]")


def defused(cell: str) -> str:
    """The cell so that no spreadsheet takes it for a formula."""
    return f"'{cell}" if _FORMULA.match(cell) else cell


def restored(cell: str) -> str:
    """The cell as it was before it was defused."""
    return cell[1:] if _DEFUSED.match(cell) else cell


class ErrorFile:
    """Writes the file, row by row; `names` are the columns of the file that it is about. UTF-8 with a byte order mark,
    by which Excel knows it."""

    def __init__(self, names: Iterable[str], delimiter: str, *, is_again: bool) -> None:
        self._names = list(names)
        self._kept = [number for number, name in enumerate(self._names) if not is_hub_column(name)]
        self._is_again = is_again
        self._text = io.StringIO(newline="")
        self._writer = csv.writer(self._text, delimiter=delimiter)

    def header(self) -> bytes:
        """The first row: the columns' names and the hub's own."""
        kept = [self._defuse(self._names[number]) for number in self._kept]
        return b"\xef\xbb\xbf" + self._written([*kept, *HUB_COLUMNS])

    def row(self, cells: list[str], verdict: RowVerdict) -> bytes:
        """A row that failed, with its number in the file that it came from, and what became of it. Cells for which
        there is no column come last."""
        padded = cells + [""] * (len(self._names) - len(cells))
        kept = [self._defuse(padded[number]) for number in self._kept]
        beyond = map(self._defuse, padded[len(self._names) :])
        ours = str(verdict.row), verdict.verdict, verdict.code or "", verdict.field or ""
        return self._written([*kept, *ours, *beyond])

    def _defuse(self, cell: str) -> str:
        """Of an error file that is sent again the cells are defused already, or were made harmless by hand."""
        return defused(restored(cell)) if self._is_again else defused(cell)

    def _written(self, cells: list[str]) -> bytes:
        self._text.seek(0)
        self._text.truncate()
        self._writer.writerow(cells)
        return self._text.getvalue().encode("utf-8", "replace")
