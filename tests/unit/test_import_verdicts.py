"""Verdicts, counts that balance, groups of rows, and the file of rows that failed."""

import csv
import io

from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.ids import CustomerId
from customerhub.domain.imports.error_file import ErrorFile, defused, restored
from customerhub.domain.imports.grouping import in_groups
from customerhub.domain.imports.verdict import RowVerdict, from_verdicts, to_verdicts
from customerhub.domain.verdict import Counts, Verdict

CODES = st.sampled_from([None, "invalid_email", "shared_phone"])
FIELDS = st.sampled_from([None, "email", "phone"])
CUSTOMERS = st.sampled_from([None, CustomerId("6f1c7a52-0a4e-4c36-9b0e-2f6f0f6d8a11")])
VERDICTS = st.lists(st.tuples(st.sampled_from(Verdict), CODES, FIELDS, CUSTOMERS), max_size=20).map(
    lambda entries: tuple(RowVerdict(number, *entry) for number, entry in enumerate(entries, start=7))
)


@given(VERDICTS)
def test_verdicts_are_stored_as_they_are(verdicts: tuple[RowVerdict, ...]) -> None:
    assert to_verdicts(from_verdicts(verdicts), 7) == verdicts


@given(st.lists(VERDICTS, max_size=5))
def test_counts_balance_exactly_where_every_row_has_a_verdict(pages: list[tuple[RowVerdict, ...]]) -> None:
    """Design §5: in = created + updated + unchanged + skipped + conflict + failed, or it is not green."""
    counts = Counts()
    for page in pages:
        counts = counts.plus((one.verdict for one in page), rows=len(page))
    assert counts.is_balanced
    assert counts.rows == sum(counts.of(verdict) for verdict in Verdict)
    assert not counts.plus([], rows=1).is_balanced


@given(st.lists(st.lists(st.integers(0, 9), max_size=3), max_size=12))
def test_groups_share_nothing_and_keep_their_order(names: list[list[int]]) -> None:
    groups = in_groups(list(enumerate(names)))
    assert sorted(row for group in groups for row in group) == list(range(len(names)))
    assert all(group == sorted(group) for group in groups)
    named = [{name for row in group for name in names[row]} for group in groups]
    assert all(one.isdisjoint(other) for at, one in enumerate(named) for other in named[at + 1 :])


def test_rows_are_linked_through_others() -> None:
    assert in_groups([("a", "1"), ("b", "2"), ("c", "12"), ("d", "3")]) == [["a", "b", "c"], ["d"]]


@given(st.text(alphabet="'=+-@\t\r\n\uff1d\uff20ab", max_size=6))
def test_a_cell_is_no_formula_and_comes_back_as_it_was(cell: str) -> None:
    assert restored(defused(cell)) == cell
    assert not defused(cell).startswith(("=", "+", "-", "@", "\t", "\r", "\n", "\uff1d", "\uff20"))


def table(content: bytes) -> list[list[str]]:
    assert content.startswith(b"\xef\xbb\xbf")
    return list(csv.reader(io.StringIO(content.decode("utf-8-sig"), newline="")))


def test_the_file_of_failed_rows_has_their_columns_and_the_hubs() -> None:
    error_file = ErrorFile(("Email", "=Name"), ",", is_again=False)
    verdict = RowVerdict(3, Verdict.FAILED, "invalid_email", "email")
    content = error_file.header() + error_file.row(["bob", '=HYPERLINK("x")', "beyond"], verdict)
    content += error_file.row(["@x"], RowVerdict(9, Verdict.CONFLICT, "several_accounts"))
    assert table(content) == [
        ["Email", "'=Name", "hub_row", "hub_verdict", "hub_reason", "hub_field"],
        ["bob", '\'=HYPERLINK("x")', "3", "failed", "invalid_email", "email", "beyond"],
        ["'@x", "", "9", "conflict", "several_accounts", ""],
    ]


def test_sent_again_it_has_the_hubs_columns_once() -> None:
    names = ("Email", "hub_row", "hub_verdict", "hub_reason", "hub_field")
    error_file = ErrorFile(names, ",", is_again=True)
    cells = ["'+x", "3", "failed", "invalid_email", "email"]
    content = error_file.header() + error_file.row(cells, RowVerdict(2, Verdict.FAILED, "invalid_email", "email"))
    assert table(content)[1] == ["'+x", "2", "failed", "invalid_email", "email"]
