"""How a file is laid out: encoding, delimiter, headings, and where its rows begin. Found out from its head."""

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from customerhub.domain.imports.encoding import Encoding, detect_encoding
from customerhub.domain.imports.fields import HUB_ROW, Guess, guess_field
from customerhub.domain.imports.reader import START, Place, Row, read_rows
from customerhub.errors import InvalidInput

HEAD_BYTES = 262_144
"""As much of a file as is read to find out."""
DELIMITERS = (",", ";", "\t", "|")
MAX_COLUMNS = 200
MAX_HEADING_CHARACTERS = 100
SAMPLED_ROWS = 50
MAX_HEAD_FAULTS = 100
"""After so many rows that cannot be read the head says enough; each is costly to read."""
_EXCEL_HINT = re.compile(r"sep=(.)", re.IGNORECASE)
"""Excel writes, and reads, the delimiter in a first line of its own."""
_EMAIL = re.compile(r"[^@\s]+@[^@\s.]+(?:\.[^@\s.]+)+")
"""Reads a cell of any length once: no two parts of it can take the same character."""
_NUMBER = re.compile(r"[+(]?[\d][\d\s().+/-]{3,}|\d+")


@dataclass(frozen=True)
class Layout:
    """How to read a file. `columns` is their number; `first` is where the rows of people begin. `is_error_file` says
    that the hub itself wrote it, of rows that failed: its cells are spelled so that no spreadsheet takes one for a
    formula, and are read accordingly."""

    encoding: Encoding
    delimiter: str
    has_header: bool
    columns: int
    first: Place
    is_error_file: bool = False


@dataclass(frozen=True)
class Head:
    """The beginning of a file: its layout, the columns' names, each unlike the others, and its first rows."""

    layout: Layout
    names: tuple[str, ...]
    rows: tuple[Row, ...]

    @property
    def guesses(self) -> tuple[Guess, ...]:
        """What the columns probably are; without headings an e-mail still looks like one."""
        if self.layout.has_header:
            return tuple(guess_field(name.partition(" (")[0] if _is_repeated(name) else name) for name in self.names)
        return tuple(guess_field(self._looks_like(number)) for number in range(len(self.names)))

    def _looks_like(self, column: int) -> str:
        cells = [row.cells[column] for row in self.rows if len(row.cells) > column and row.cells[column].strip()]
        if cells and all(_EMAIL.fullmatch(cell.strip()) for cell in cells):
            return "email"
        if cells and all(len(re.sub(r"\D", "", cell)) >= 7 and _NUMBER.fullmatch(cell.strip()) for cell in cells):
            return "phone"
        return ""


def read_head(
    head: bytes,
    *,
    is_whole: bool,
    encoding: Encoding | None = None,
    delimiter: str | None = None,
    has_header: bool | None = None,
) -> Head:
    """What a file's first bytes tell; `is_whole` where they are all. What is given is not guessed.

    Raises InvalidInput, field `file`: for what is no text, for a file without any row, and for one with more columns
    than anybody's customers have.
    """
    encoding = encoding or detect_encoding(head, is_whole=is_whole)
    hint = _hinted(head, encoding, is_whole=is_whole)
    place = Place(hint.end, hint.number + 1) if hint else START
    delimiter = delimiter or (_hint_of(hint) if hint else None) or _delimiter(head, encoding, place, is_whole=is_whole)
    rows = _rows(head, encoding, delimiter, place, is_whole=is_whole)
    first = next((row for row in rows if any(cell.strip() for cell in row.cells)), None)
    if first is None:
        raise _no_first_row(rows, is_whole=is_whole)
    has_header = _is_header(first) if has_header is None else has_header
    beyond = Place(first.end, first.number + 1) if has_header else Place(first.start, first.number)
    people = tuple(row for row in rows if row.number >= beyond.row)
    columns = len(first.cells) if has_header else max(len(row.cells) for row in people)
    if columns > MAX_COLUMNS:
        raise InvalidInput(f"more than {MAX_COLUMNS} columns", code="too_many_columns", field="file")
    names = _names(first.cells if has_header else [""] * columns)
    is_ours = has_header and any(cell.strip().casefold() == HUB_ROW for cell in first.cells)
    return Head(Layout(encoding, delimiter, has_header, columns, beyond, is_ours), names, people)


def _no_first_row(rows: list[Row], *, is_whole: bool) -> InvalidInput:
    if any(row.fault for row in rows) or not (rows or is_whole):
        return InvalidInput("the file's first row is longer than any honest one", code="row_too_long", field="file")
    return InvalidInput("the file has no rows", code="empty_file", field="file")


def _rows(head: bytes, encoding: Encoding, delimiter: str, place: Place, *, is_whole: bool) -> list[Row]:
    rows: list[Row] = []
    faults = 0
    for row in read_rows([head[place.offset :]], encoding, delimiter, place, is_cut=not is_whole):
        rows.append(row)
        faults += row.fault is not None
        if faults > MAX_HEAD_FAULTS:
            break
    return rows


def _hinted(head: bytes, encoding: Encoding, *, is_whole: bool) -> Row | None:
    """The row that holds nothing but the delimiter."""
    first = next(read_rows([head[:64]], encoding, "\0", is_cut=not is_whole or len(head) > 64), None)
    return first if first and first.cells and _EXCEL_HINT.fullmatch(first.cells[0]) else None


def _hint_of(hint: Row) -> str | None:
    return hint.cells[0][-1] if hint.cells[0][-1] in DELIMITERS else None


def _delimiter(head: bytes, encoding: Encoding, place: Place, *, is_whole: bool) -> str:
    """The one by which most rows have the same number of columns, and more than one."""

    def score(delimiter: str) -> tuple[float, int]:
        rows = [row for row in _rows(head, encoding, delimiter, place, is_whole=is_whole)[:SAMPLED_ROWS] if row.cells]
        counts = Counter(len(row.cells) for row in rows)
        width, times = counts.most_common(1)[0] if counts else (1, 0)
        return (times / len(rows) if width > 1 else 0.0), width

    scores = {delimiter: score(delimiter) for delimiter in DELIMITERS}
    return max(DELIMITERS, key=lambda delimiter: scores[delimiter])


def _is_header(row: Row) -> bool:
    """Whether the file's first row names its columns: no cell of it is somebody's, and one at least says what it is."""
    cells = [cell.strip() for cell in row.cells if cell.strip()]
    if any(_EMAIL.fullmatch(cell) or _NUMBER.fullmatch(cell) for cell in cells):
        return any(guess_field(cell).confidence == 1 for cell in cells) and not any(map(_EMAIL.fullmatch, cells))
    return True


def _names(cells: Sequence[str]) -> tuple[str, ...]:
    """The headings; a blank one is numbered, and so is one that was there before."""
    names: list[str] = []
    taken: set[str] = set()
    for number, cell in enumerate(cells, start=1):
        wanted = " ".join(printable(cell).split())[:MAX_HEADING_CHARACTERS] or f"Column {number}"
        name, again = wanted, 1
        while name in taken:
            again += 1
            name = f"{wanted} ({again})"
        taken.add(name)
        names.append(name)
    return tuple(names)


def printable(text: str) -> str:
    """The text without what no answer can carry: bytes that were no text."""
    return text.encode("utf-8", "replace").decode()


def _is_repeated(name: str) -> bool:
    return re.fullmatch(r".+ \(\d+\)", name) is not None
