"""What the statistics say: counts and their shares, ready to be shown."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from customerhub.domain.statistics import EVERYBODY, Figure, Figures, Group, Name, sources_of

MERGE_DAYS = 30


@dataclass(frozen=True)
class Share:
    """So many customers, and which part of all they are, in percent with one decimal."""

    customers: int
    percentage: float


@dataclass(frozen=True)
class SourceSet:
    """Customers who came by exactly these sources."""

    sources: tuple[str, ...]
    share: Share


@dataclass(frozen=True)
class SourcesReport:
    """Live customers by their set of sources, the most frequent first; sources per customer with two decimals."""

    total: int
    average_platforms: float
    sets: tuple[SourceSet, ...]


@dataclass(frozen=True)
class AccountCount:
    """Accounts that were created, those among them that were merged into another since, and their part in percent."""

    total: int
    merged: int

    @property
    def merge_percentage(self) -> float:
        """With one decimal; 0 of nothing."""
        return round(100 * self.merged / self.total, 1) if self.total else 0.0


@dataclass(frozen=True)
class MergesReport:
    """Each day, the oldest first, days without accounts included, and all of them together."""

    days: tuple[tuple[date, AccountCount], ...]
    total: AccountCount


@dataclass(frozen=True)
class QualityReport:
    """By which ways live customers can be reached."""

    total: int
    complete: Share
    email_only: Share
    phone_only: Share
    incomplete: Share


def sources_report(figures: Figures) -> SourcesReport:
    """The report of the figures of SOURCES. Sets that nobody has any more are left out."""
    counts = {sources_of(figure.subject): count for figure, count in figures.items() if count}
    total = sum(counts.values())
    platforms = sum(len(sources) * count for sources, count in counts.items())
    sets = [SourceSet(*pair) for pair in zip(counts, shares(list(counts.values())), strict=True)]
    return SourcesReport(
        total,
        round(platforms / total, 2) if total else 0.0,
        tuple(sorted(sets, key=lambda found: (-found.share.customers, found.sources))),
    )


def first_merge_day(today: date) -> date:
    """The first of the days that a report of merges tells of; `today` is the last."""
    return today - timedelta(days=MERGE_DAYS - 1)


def merges_report(figures: Figures, today: date) -> MergesReport:
    """The report of the figures of DAYS."""
    days = [first_merge_day(today) + timedelta(days=number) for number in range(MERGE_DAYS)]
    counts = [AccountCount(_of_day(figures, day, Name.CREATED), _of_day(figures, day, Name.MERGED)) for day in days]
    total = AccountCount(sum(count.total for count in counts), sum(count.merged for count in counts))
    return MergesReport(tuple(zip(days, counts, strict=True)), total)


def quality_report(figures: Figures) -> QualityReport:
    """The report of the figures of TOTALS."""
    names = (Name.COMPLETE, Name.EMAIL_ONLY, Name.PHONE_ONLY, Name.INCOMPLETE)
    counts = [figures.get(Figure(Group.TOTALS, EVERYBODY, name), 0) for name in names]
    return QualityReport(sum(counts), *shares(counts))


def shares(counts: Sequence[int]) -> Sequence[Share]:
    """Each count with its percentage of all. Percentages are rounded to tenths so that they add up to 100, by the
    largest remainder; of nothing, each is 0."""
    total = sum(counts)
    if not total:
        return [Share(count, 0.0) for count in counts]
    tenths = [count * 1000 // total for count in counts]
    remainders = sorted(range(len(tenths)), key=lambda number: -(counts[number] * 1000 % total))
    for number in remainders[: 1000 - sum(tenths)]:
        tenths[number] += 1
    return [Share(count, tenth / 10) for count, tenth in zip(counts, tenths, strict=True)]


def _of_day(figures: Figures, day: date, name: Name) -> int:
    return figures.get(Figure(Group.DAYS, day.isoformat(), name), 0)
