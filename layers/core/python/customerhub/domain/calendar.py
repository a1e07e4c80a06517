"""Calendar months. Pure."""

import calendar
from datetime import UTC, datetime


def months_after(moment: datetime, months: int) -> datetime:
    """The same day and time so many calendar months later (earlier where negative), in UTC; the month's last day where
    it has no such day: a month after 31 January is 28 or 29 February."""
    at = moment.astimezone(UTC)
    year, month = divmod(at.year * 12 + at.month - 1 + months, 12)
    last_day = calendar.monthrange(year, month + 1)[1]
    return at.replace(year=year, month=month + 1, day=min(at.day, last_day))
