"""Calendar months."""

import calendar
from datetime import UTC, datetime, timedelta, timezone

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.calendar import months_after

MOMENTS = st.integers(0, 4_102_444_800_000_000).map(
    lambda at: datetime(2000, 1, 1, tzinfo=UTC) + timedelta(microseconds=at)
)


@pytest.mark.parametrize(
    ("start", "months", "end"),
    [
        ("2026-01-31", 1, "2026-02-28"),
        ("2028-01-31", 1, "2028-02-29"),
        ("2028-02-29", 12, "2029-02-28"),
        ("2028-02-29", 48, "2032-02-29"),
        ("2026-08-31", 1, "2026-09-30"),
        ("2026-11-25", 2, "2027-01-25"),
        ("2026-03-31", -1, "2026-02-28"),
        ("2026-01-15", -1, "2025-12-15"),
        ("2026-01-15", 0, "2026-01-15"),
    ],
)
def test_the_same_day_or_the_last_one(start: str, months: int, end: str) -> None:
    moment = datetime.fromisoformat(f"{start}T23:59:59.999999+00:00")
    assert months_after(moment, months).isoformat() == f"{end}T23:59:59.999999+00:00"


def test_months_are_counted_in_utc() -> None:
    evening = datetime(2026, 1, 31, 22, tzinfo=timezone(timedelta(hours=-5)))
    assert months_after(evening, 1) == datetime(2026, 3, 1, 3, tzinfo=UTC)


@given(MOMENTS, st.integers(-120, 120))
def test_it_is_that_month_and_never_a_later_day(moment: datetime, months: int) -> None:
    end = months_after(moment, months)
    assert (end.year * 12 + end.month) - (moment.year * 12 + moment.month) == months
    assert end.time() == moment.time()
    assert end.day == min(moment.day, calendar.monthrange(end.year, end.month)[1])


@given(MOMENTS, MOMENTS, st.integers(0, 120))
def test_who_begins_later_does_not_end_earlier(one: datetime, other: datetime, months: int) -> None:
    first, second = sorted((one, other))
    assert months_after(first, months) <= months_after(second, months)
