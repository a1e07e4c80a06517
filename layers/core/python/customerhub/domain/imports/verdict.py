"""What became of a row."""

import json
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

from customerhub.domain.ids import CustomerId


class Verdict(StrEnum):
    """What became of a row; each has exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    CONFLICT = "conflict"
    FAILED = "failed"


CORRECTABLE = (Verdict.CONFLICT, Verdict.FAILED)
"""What the error file holds."""


@dataclass(frozen=True)
class RowVerdict:
    """The verdict on one row, by its number in the file. `code` says why, `field` what is at fault; `customer` is whom
    the row ended at."""

    row: int
    verdict: Verdict
    code: str | None = None
    field: str | None = None
    customer: CustomerId | None = None


@dataclass(frozen=True)
class Counts:
    """How many rows were read, and how many there are of each verdict; these are counted apart."""

    rows: int = 0
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)

    def plus(self, page: Iterable[RowVerdict], *, rows: int) -> "Counts":
        """With a page of `rows` rows."""
        return Counts(self.rows + rows, dict(Counter(self.verdicts) + Counter(verdict.verdict for verdict in page)))

    def of(self, verdict: Verdict) -> int:
        """How many rows have that verdict."""
        return self.verdicts.get(verdict, 0)

    @property
    def is_balanced(self) -> bool:
        """Whether every row that was read has a verdict."""
        return self.rows == sum(self.verdicts.values())


def from_verdicts(verdicts: Sequence[RowVerdict]) -> str:
    """A page's verdicts as they are stored: the first row's number, then each row's in turn."""
    return json.dumps([_short(verdict) for verdict in verdicts], separators=(",", ":"))


def to_verdicts(text: str, first: int) -> tuple[RowVerdict, ...]:
    """A page's verdicts as they were stored."""
    return tuple(_long(first + number, entry) for number, entry in enumerate(json.loads(text)))


_LETTERS = {Verdict.CREATED: "c", Verdict.UPDATED: "u", Verdict.UNCHANGED: "n"} | {
    Verdict.SKIPPED: "s",
    Verdict.CONFLICT: "x",
    Verdict.FAILED: "f",
}
_VERDICTS = {letter: verdict for verdict, letter in _LETTERS.items()}


def _short(verdict: RowVerdict) -> list[str]:
    entry = [_LETTERS[verdict.verdict], verdict.customer or "", verdict.code or "", verdict.field or ""]
    while not entry[-1]:
        entry.pop()
    return entry


def _long(row: int, entry: list[str]) -> RowVerdict:
    letter, customer, code, about = [*entry, "", "", ""][:4]
    return RowVerdict(row, _VERDICTS[letter], code or None, about or None, CustomerId(customer) if customer else None)
