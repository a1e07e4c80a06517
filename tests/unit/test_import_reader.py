"""The streaming reader reads what the csv module reads, from any row on, in pieces of any size."""

import csv
import io
import time
from collections.abc import Iterator
from itertools import islice, pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.imports.encoding import Encoding
from customerhub.domain.imports.reader import MAX_ROW_BYTES, MAX_ROW_LINES, START, Fault, Place, Row, read_rows

CODECS = {
    Encoding.UTF_8: "utf-8",
    Encoding.UTF_16_LE: "utf-16-le",
    Encoding.UTF_16_BE: "utf-16-be",
    Encoding.WINDOWS_1252: "windows-1252",
}
CELLS = st.text(alphabet="ab\"',; \n\r\té€", max_size=6)
TABLES = st.lists(st.lists(CELLS, min_size=1, max_size=4), max_size=8)
RAW = st.text(alphabet='ab",\n\r', max_size=40)


def pieces(data: bytes, size: int) -> Iterator[bytes]:
    return (data[start : start + size] for start in range(0, len(data), size))


def read(data: bytes, encoding: Encoding = Encoding.UTF_8, *, place: Place = START, size: int = 7) -> list[Row]:
    return list(read_rows(pieces(data[place.offset :], size), encoding, ",", place))


def written(table: list[list[str]], end: str) -> str:
    text = io.StringIO(newline="")
    csv.writer(text, lineterminator=end).writerows(table)
    return text.getvalue()


def reading_of_csv(text: str) -> list[list[str]]:
    return list(csv.reader(io.StringIO(text, newline="")))


@given(
    TABLES,
    st.sampled_from(list(CODECS)),
    st.sampled_from(["\n", "\r\n", "\r"]),
    st.integers(1, 9),
    st.booleans(),
    st.booleans(),
)
def test_a_file_is_read_as_the_csv_module_reads_it(
    table: list[list[str]], encoding: Encoding, end: str, size: int, has_mark: bool, has_last_end: bool
) -> None:
    text = written(table, end) if has_last_end else written(table, end).removesuffix(end)
    marked = "\ufeff" + text if has_mark and encoding is not Encoding.WINDOWS_1252 and text else text
    rows = read(marked.encode(CODECS[encoding]), encoding, size=size)
    assert [row.cells for row in rows] == reading_of_csv(text)
    assert [row.number for row in rows] == list(range(1, len(rows) + 1))
    assert not any(row.fault for row in rows)


@given(TABLES, st.sampled_from(list(CODECS)), st.sampled_from(["\n", "\r\n", "\r"]), st.integers(1, 9), st.data())
def test_it_goes_on_from_any_row(
    table: list[list[str]], encoding: Encoding, end: str, size: int, data: st.DataObject
) -> None:
    content = written(table, end).encode(CODECS[encoding])
    rows = read(content, encoding)
    if not rows:
        return
    at = data.draw(st.integers(0, len(rows) - 1))
    assert read(content, encoding, place=Place(rows[at].start, rows[at].number), size=size) == rows[at:]
    assert rows[-1].end == len(content)
    assert all(one.end == other.start for one, other in pairwise(rows))


@given(RAW, st.integers(1, 9))
def test_any_text_loses_nothing(text: str, size: int) -> None:
    """Where the csv module sees quotes that close, so do we; what is never closed costs its own line only."""
    data = text.encode()
    rows = read(data, size=size)
    assert b"".join(data[row.start : row.end] for row in rows) == data
    if not any(row.fault for row in rows):
        assert [row.cells for row in rows] == reading_of_csv(text)


@given(RAW, st.integers(0, 40))
def test_of_a_cut_file_only_whole_rows_are_read(text: str, cut: int) -> None:
    data = text.encode()
    whole, part = read(data), list(read_rows([data[:cut]], Encoding.UTF_8, ",", is_cut=True))
    if not any(row.fault for row in [*whole, *part]):
        assert part == whole[: len(part)]


def test_a_quote_that_is_never_closed_costs_its_own_row() -> None:
    rows = read(b'a,b\nc,"d\ne,f\ng,h')
    assert [(row.cells, row.fault) for row in rows] == [
        (["a", "b"], None),
        (['c,"d'], Fault.UNCLOSED_QUOTE),
        (["e", "f"], None),
        (["g", "h"], None),
    ]


def test_a_quote_that_swallows_too_much_costs_its_own_row() -> None:
    others = b"e,f\n" * 100_000
    rows = read(b'c,"d\n' + others + b'g,"h"\n', size=10_000)
    assert (rows[0].fault, len(rows), rows[-1].cells) == (Fault.UNCLOSED_QUOTE, 100_002, ["g", "h"])


@pytest.mark.parametrize("encoding", [Encoding.UTF_8, Encoding.UTF_16_LE])
@pytest.mark.parametrize("end", ["\n", "\r", "\r\n"])
def test_a_line_that_is_too_long_costs_itself(encoding: Encoding, end: str) -> None:
    text = end.join(["a,b", "x" * (3 * MAX_ROW_BYTES), "c,d", ""])
    data = text.encode(CODECS[encoding])
    rows = read(data, encoding, size=100_000)
    assert [(row.cells, row.fault) for row in rows] == [
        (["a", "b"], None),
        ([], Fault.ROW_TOO_LONG),
        (["c", "d"], None),
    ]
    assert (rows[1].end, rows[-1].end) == (rows[2].start, len(data))


def test_a_cell_that_the_csv_module_does_not_take_costs_its_row() -> None:
    rows = read(b"a\n" + b"x" * 140_000 + b"\nb\n", size=50_000)
    assert [row.fault for row in rows] == [None, Fault.ROW_TOO_LONG, None]


def test_bytes_that_are_no_text_cost_their_row() -> None:
    rows = read(b'a,b\n\xff\xfe,"c\nd"\ne,f\n')
    assert [row.fault for row in rows] == [None, Fault.UNDECODABLE, None]
    assert rows[2].cells == ["e", "f"]


def test_half_a_character_of_utf_16_costs_its_row() -> None:
    data = "a\n".encode("utf-16-le") + b"\x00\xd8" + "\nb\n".encode("utf-16-le")
    rows = read(data, Encoding.UTF_16_LE)
    assert [(row.cells, row.fault) for row in rows][::2] == [(["a"], None), (["b"], None)]
    assert rows[1].fault is Fault.UNDECODABLE


def test_a_line_is_utf_8_or_else_windows_1252_where_the_head_did_not_tell() -> None:
    rows = read("Zoë\n".encode() + "Zoë\n".encode("windows-1252"), Encoding.UNDECIDED)
    assert [row.cells for row in rows] == [["Zoë"], ["Zoë"]]


def test_a_nul_is_a_character() -> None:
    assert read(b"a\x00b,c\n")[0].cells == ["a\x00b", "c"]


def test_a_file_whose_every_line_opens_a_quote_is_not_read_over_and_over() -> None:
    lines = 40_000
    started = time.process_time()
    rows = list(islice(read_rows([b'"",x"y,"\n' * lines], Encoding.UTF_8, ","), 200))
    assert {row.fault for row in rows} == {Fault.UNCLOSED_QUOTE}
    assert [row.number for row in rows] == list(range(1, 201))
    assert time.process_time() - started < 3


def test_a_cell_of_many_lines_is_whole() -> None:
    note = "\n".join(["a line"] * (MAX_ROW_LINES - 1))
    (row,) = read(f'ann,"{note}"'.encode())
    assert (row.fault, row.cells) == (None, ["ann", note])
