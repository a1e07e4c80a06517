"""What became of a row."""

import json
from collections.abc import Sequence
from dataclasses import dataclass

from customerhub.domain.ids import CustomerId
from customerhub.domain.verdict import VERDICT_LETTERS, VERDICTS_BY_LETTER, Verdict

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


def from_verdicts(verdicts: Sequence[RowVerdict]) -> str:
    """A page's verdicts as they are stored: the first row's number, then each row's in turn."""
    return json.dumps([_short(verdict) for verdict in verdicts], separators=(",", ":"))


def to_verdicts(text: str, first: int) -> tuple[RowVerdict, ...]:
    """A page's verdicts as they were stored."""
    return tuple(_long(first + number, entry) for number, entry in enumerate(json.loads(text)))


def _short(verdict: RowVerdict) -> list[str]:
    entry = [VERDICT_LETTERS[verdict.verdict], verdict.customer or "", verdict.code or "", verdict.field or ""]
    while not entry[-1]:
        entry.pop()
    return entry


def _long(row: int, entry: list[str]) -> RowVerdict:
    letter, customer, code, about = [*entry, "", "", ""][:4]
    return RowVerdict(
        row, VERDICTS_BY_LETTER[letter], code or None, about or None, CustomerId(customer) if customer else None
    )
