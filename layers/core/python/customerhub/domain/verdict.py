"""What became of one record of a bulk piece of work, and how many there are of each."""

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Verdict(StrEnum):
    """What became of a record; each has exactly one."""

    CREATED = "created"
    UPDATED = "updated"
    UNCHANGED = "unchanged"
    SKIPPED = "skipped"
    CONFLICT = "conflict"
    FAILED = "failed"


VERDICT_LETTERS: Mapping[Verdict, str] = {
    Verdict.CREATED: "c",
    Verdict.UPDATED: "u",
    Verdict.UNCHANGED: "n",
    Verdict.SKIPPED: "s",
    Verdict.CONFLICT: "x",
    Verdict.FAILED: "f",
}
"""As verdicts are stored."""
VERDICTS_BY_LETTER: Mapping[str, Verdict] = {letter: verdict for verdict, letter in VERDICT_LETTERS.items()}


@dataclass(frozen=True)
class Counts:
    """How many records were read (rows, of a file), and how many there are of each verdict; these are counted apart."""

    rows: int = 0
    verdicts: Mapping[Verdict, int] = field(default_factory=dict)

    def plus(self, verdicts: Iterable[Verdict], *, rows: int) -> "Counts":
        """With a page of `rows` records."""
        return Counts(self.rows + rows, dict(Counter(self.verdicts) + Counter(verdicts)))

    def of(self, verdict: Verdict) -> int:
        """How many records have that verdict."""
        return self.verdicts.get(verdict, 0)

    @property
    def is_balanced(self) -> bool:
        """Whether every record that was read has a verdict."""
        return self.rows == sum(self.verdicts.values())
