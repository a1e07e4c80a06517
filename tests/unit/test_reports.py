"""Figures as they are shown."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.reports import merges_report, quality_report, shares, sources_report
from customerhub.domain.statistics import EVERYBODY, Figure, Group, Name

TODAY = date(2026, 11, 21)


def came_by(*sources: str) -> Figure:
    return Figure(Group.SOURCES, "[" + ", ".join(f'"{source}"' for source in sources) + "]", Name.CUSTOMERS)


def test_sources_are_sorted_by_frequency_and_averaged() -> None:
    report = sources_report({came_by("chatbot"): 1, came_by("chatbot", "webapp"): 3, came_by("shopify"): 0})
    assert [found.sources for found in report.sets] == [("chatbot", "webapp"), ("chatbot",)]
    assert [found.share.percentage for found in report.sets] == [75.0, 25.0]
    assert (report.total, report.average_platforms) == (4, 1.75)


def test_a_report_of_nobody_is_all_zeros() -> None:
    assert (sources_report({}).total, sources_report({}).average_platforms, sources_report({}).sets) == (0, 0.0, ())
    assert quality_report({}).complete == quality_report({}).incomplete
    assert quality_report({}).complete.percentage == 0.0
    assert merges_report({}, TODAY).total.merge_percentage == 0.0


def test_merges_are_told_of_thirty_days_that_end_today() -> None:
    figures = {
        Figure(Group.DAYS, "2026-11-21", Name.CREATED): 4,
        Figure(Group.DAYS, "2026-11-21", Name.MERGED): 1,
        Figure(Group.DAYS, "2026-10-23", Name.CREATED): 2,
        Figure(Group.DAYS, "2026-10-22", Name.CREATED): 7,
    }
    report = merges_report(figures, TODAY)
    days = dict(report.days)
    assert [*days] == [TODAY - timedelta(days=ago) for ago in reversed(range(30))]
    assert (days[TODAY].total, days[TODAY].merged, days[TODAY].merge_percentage) == (4, 1, 25.0)
    assert days[date(2026, 10, 23)].total == 2
    assert days[date(2026, 11, 1)].total == 0
    assert (report.total.total, report.total.merged, report.total.merge_percentage) == (6, 1, 16.7)


def test_quality_counts_live_customers_alone() -> None:
    names = {Name.COMPLETE: 2, Name.EMAIL_ONLY: 1, Name.PHONE_ONLY: 1, Name.MERGED: 9}
    report = quality_report({Figure(Group.TOTALS, EVERYBODY, name): count for name, count in names.items()})
    assert report.total == 4
    assert (report.complete.percentage, report.phone_only.percentage) == (50.0, 25.0)


@given(st.lists(st.integers(0, 10**9), min_size=1).filter(any))
def test_percentages_add_up_to_a_hundred_and_are_off_by_less_than_a_tenth(counts: list[int]) -> None:
    found = shares(counts)
    assert sum(round(share.percentage * 10) for share in found) == 1000
    for share in found:
        assert abs(share.percentage - 100 * share.customers / sum(counts)) < 0.1 + 1e-9
