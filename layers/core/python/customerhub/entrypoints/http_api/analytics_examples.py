"""Examples of the analytics for the OpenAPI document; tests check them against the models."""

from datetime import date, timedelta
from typing import Any

SOURCES: dict[str, Any] = {
    "four customers": {
        "totalCustomers": 4,
        "averagePlatforms": 1.75,
        "sources": [
            {"accountSources": ["chatbot", "webapp"], "customers": 3, "percentage": 75.0},
            {"accountSources": ["chatbot"], "customers": 1, "percentage": 25.0},
        ],
    },
}

_QUIET = {"total": 0, "mergedAccounts": 0, "mergePercentage": 0.0}
_BUSY = {"total": 4, "mergedAccounts": 1, "mergePercentage": 25.0}
_DAYS = [(date(2026, 10, 23) + timedelta(days=number)).isoformat() for number in range(30)]

MERGES: dict[str, Any] = {
    "one busy day": {
        **_BUSY,
        "days": [*({"date": day, **_QUIET} for day in _DAYS[:-1]), {"date": _DAYS[-1], **_BUSY}],
    },
}

QUALITY: dict[str, Any] = {
    "four customers": {
        "totalCustomers": 4,
        "complete": {"customers": 2, "percentage": 50.0},
        "emailOnly": {"customers": 1, "percentage": 25.0},
        "phoneOnly": {"customers": 1, "percentage": 25.0},
        "incomplete": {"customers": 0, "percentage": 0.0},
    },
}
