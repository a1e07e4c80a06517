"""The Retry-After header (RFC 9110, 10.2.3): seconds, or a date."""

import math
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

LONGEST_S = 24 * 3600
"""A partner that asks for more is asked again after a day."""


def retry_after_s(told: str | None, now: datetime) -> int | None:
    """Whole seconds to wait, at least one; None where nothing was told, or nothing that can be read. Shopify writes
    seconds with a fraction."""
    if told is None:
        return None
    seconds = _seconds(told.strip())
    if seconds is None:
        seconds = _until(told.strip(), now)
    if seconds is None or not math.isfinite(seconds):
        return None
    return max(1, min(LONGEST_S, math.ceil(seconds)))


def _seconds(told: str) -> float | None:
    try:
        return float(told)
    except ValueError:
        return None


def _until(told: str, now: datetime) -> float | None:
    try:
        moment = parsedate_to_datetime(told)
    except (ValueError, OverflowError):
        return None
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=UTC)
    return (moment - now).total_seconds()
