"""The rows of a CSV file, read from a stream of bytes, from any row's first byte on, in memory that does not grow.

Python's `csv` module reads the rows. It takes lines one by one, and never one more than the row needs, so that the
bytes of the lines that it took are the bytes of the row.
"""

import csv
import io
import re
from collections.abc import Iterable, Iterator
from enum import StrEnum
from typing import NamedTuple

from customerhub.domain.imports.encoding import BYTE_ORDER_MARK, Encoding

MAX_ROW_BYTES = 262_144
"""An honest row has a few hundred. What a quote that was never closed swallows is bounded by it."""
MAX_ROW_LINES = 300
"""The same of lines: they are read again where the row turns out to have been the first of them alone, and a file in
which every line opens a quote would be read hundreds of times over."""
_SURROGATES = re.compile("[\ud800-\udfff]")


class Fault(StrEnum):
    """Why a row cannot be read."""

    UNDECODABLE = "undecodable"
    """Bytes that are no text in the file's encoding."""
    UNCLOSED_QUOTE = "unclosed_quote"
    """A quotation mark opens a cell and nothing closes it: the row is taken to end with its line."""
    ROW_TOO_LONG = "row_too_long"
    """More than `MAX_ROW_BYTES`, or a cell that is longer than the csv module takes."""


class Place(NamedTuple):
    """The first byte of a row, and the row's number: the file's first row is 1, as a spreadsheet counts."""

    offset: int
    row: int


START = Place(0, 1)


class Row(NamedTuple):
    """One row, empty ones included. `end` is the first byte beyond it. With a fault `cells` are what can be shown."""

    number: int
    start: int
    end: int
    cells: list[str]
    fault: Fault | None = None


def read_rows(
    blocks: Iterable[bytes], encoding: Encoding, delimiter: str, place: Place = START, *, is_cut: bool = False
) -> Iterator[Row]:
    """The rows from `place` on; `blocks` are the bytes from there, in pieces of any size.

    A row that cannot be read has a fault, and those after it are read on. With `is_cut` the bytes end somewhere in the
    middle of the file: a row that is not surely whole is left out.
    """
    lines = _Lines(blocks, encoding, place.offset, is_cut=is_cut)
    reader = csv.reader(lines, delimiter=delimiter)
    number = place.row
    while True:
        start = lines.offset
        fault: Fault | None = None
        lines.begin()
        try:
            cells = next(reader)
        except StopIteration:
            return
        except (csv.Error, _TooLong):
            fault = Fault.UNCLOSED_QUOTE if lines.took_several else Fault.ROW_TOO_LONG
            cells = lines.keep_one()
        else:
            fault = Fault.UNDECODABLE if lines.is_garbled else None
            if lines.has_ended:  # within a quoted cell
                if is_cut:
                    return
                fault, cells = Fault.UNCLOSED_QUOTE, lines.keep_one()
        yield Row(number, start, lines.offset, cells, fault)
        number += 1


class _TooLong(Exception):
    """The row has more bytes or lines than any honest one."""


class _Skipped(NamedTuple):
    """In place of a line that is too long to be kept."""

    size: int


_Line = bytes | _Skipped


class _Lines:
    """Lines as text, for the csv module; `offset` is the first byte beyond those that were taken."""

    def __init__(self, blocks: Iterable[bytes], encoding: Encoding, offset: int, *, is_cut: bool) -> None:
        split = _wide_lines if encoding.unit == 2 else _lines
        self._source = split(blocks, encoding, is_cut=is_cut)
        self._encoding = encoding
        self._put_back: list[_Line] = []
        self._taken: list[_Line] = []
        self._size = 0
        self.offset = offset
        self.is_garbled = False
        self.has_ended = False

    def begin(self) -> None:
        """A new row."""
        self._taken = []
        self._size = 0
        self.is_garbled = False

    @property
    def took_several(self) -> bool:
        """Whether the row has more than one line so far."""
        return len(self._taken) > 1

    def keep_one(self) -> list[str]:
        """Let the row end with its first line, and take the others back; the line as it stands, cut to a length that
        can be shown."""
        first, *others = self._taken
        self._put_back += reversed(others)  # the next one to be taken is the last of the list
        self.offset -= sum(map(_size, others))
        self.has_ended = False
        return [] if isinstance(first, _Skipped) else [self._text(first).rstrip("\r\n")[:1000]]

    def __iter__(self) -> Iterator[str]:
        return self

    def __next__(self) -> str:
        line = self._put_back.pop() if self._put_back else next(self._source, None)
        if line is None:
            self.has_ended = bool(self._taken)
            raise StopIteration
        size = _size(line)
        is_first = self.offset == 0
        self._taken.append(line)
        self.offset += size
        self._size += size
        if isinstance(line, _Skipped) or self._size > MAX_ROW_BYTES or len(self._taken) > MAX_ROW_LINES:
            raise _TooLong
        text = self._text(line)
        return text.removeprefix(BYTE_ORDER_MARK) if is_first else text

    def _text(self, line: bytes) -> str:
        try:
            if self._encoding.unit == 2:
                text = line.decode(self._encoding, "surrogatepass")
                self.is_garbled = self.is_garbled or _SURROGATES.search(text) is not None
                return text
            if self._encoding is Encoding.UNDECIDED:
                return _utf_8_or_else(line)
            return line.decode(self._encoding)
        except UnicodeDecodeError:
            self.is_garbled = True
            codec = Encoding.WINDOWS_1252 if self._encoding is Encoding.UNDECIDED else self._encoding
            return line.decode(codec, "surrogateescape")


def _utf_8_or_else(line: bytes) -> str:
    try:
        return line.decode(Encoding.UTF_8)
    except UnicodeDecodeError:
        return line.decode(Encoding.WINDOWS_1252)


def _size(line: _Line) -> int:
    return line.size if isinstance(line, _Skipped) else len(line)


def _lines(blocks: Iterable[bytes], _encoding: Encoding, *, is_cut: bool) -> Iterator[_Line]:
    """Lines with their ends: LF, CR or both. An end that might be half of one waits for the next block."""
    rest, skipped = b"", 0
    for block in blocks:
        lines = (rest + block).splitlines(keepends=True)
        rest = b"" if not lines or lines[-1].endswith(b"\n") else lines.pop()
        for line in lines:
            yield _Skipped(skipped + len(line)) if skipped or len(line) > MAX_ROW_BYTES else line
            skipped = 0
        if len(rest) > MAX_ROW_BYTES:
            kept = b"\r" if rest.endswith(b"\r") else b""
            rest, skipped = kept, skipped + len(rest) - len(kept)
    if (rest or skipped) and not is_cut:
        yield _Skipped(skipped + len(rest)) if skipped else rest


def _wide_lines(blocks: Iterable[bytes], encoding: Encoding, *, is_cut: bool) -> Iterator[_Line]:
    """The same of UTF-16, where an LF is two bytes. The last byte of an odd number of them is no text, and lost."""
    rest, skipped = b"", 0
    for block in blocks:
        data = rest + block
        whole = _whole_characters(data, encoding)
        lines = _split_wide(data[:whole], encoding)
        is_open = not lines or not lines[-1].endswith("\n".encode(encoding))
        rest = (lines.pop() if lines and is_open else b"") + data[whole:]
        for line in lines:
            yield _Skipped(skipped + len(line)) if skipped or len(line) > MAX_ROW_BYTES else line
            skipped = 0
        if len(rest) > MAX_ROW_BYTES:
            kept = rest[-4 - len(rest) % 2 :]
            rest, skipped = kept, skipped + len(rest) - len(kept)
    if (rest or skipped) and not is_cut:
        for line in _split_wide(rest[: len(rest) - len(rest) % 2], encoding):
            yield _Skipped(skipped + len(line)) if skipped else line
            skipped = 0


def _whole_characters(data: bytes, encoding: Encoding) -> int:
    """How many bytes of `data` are whole characters: an odd byte, or half of a pair, waits for the next block."""
    size = len(data) - len(data) % 2
    high = size - 1 if encoding is Encoding.UTF_16_LE else size - 2
    is_half = size >= 2 and 0xD8 <= data[high] < 0xDC
    return size - 2 if is_half else size


def _split_wide(data: bytes, encoding: Encoding) -> list[bytes]:
    text = io.StringIO(data.decode(encoding, "surrogatepass"), newline="")
    return [line.encode(encoding, "surrogatepass") for line in text]
