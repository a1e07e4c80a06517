"""The machine's clock."""

import time
from datetime import UTC, datetime


class SystemClock:
    """Implements `ports.Clock`."""

    def now(self) -> datetime:
        """The present moment, in UTC."""
        return datetime.now(UTC)

    def sleep(self, duration_s: float) -> None:
        """Block this thread."""
        time.sleep(duration_s)
