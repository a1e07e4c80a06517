"""Whose the accounts of platforms are, remembered for a minute: every webhook is told apart by it.

The items are written and read with the integrations (`store/integrations.py`).
"""

import threading
from datetime import datetime, timedelta

from customerhub.domain.integration import Integration, Platform
from customerhub.ports import Clock
from customerhub.store.integrations import DynamoIntegrationStore
from customerhub.store.table import Database

CACHED = timedelta(seconds=60)
MAX_ACCOUNT = 255
"""Characters, as in a host's name. A character has six bytes at most in a key, and a partition key 2,048."""
MAX_KNOWN = 1_000
"""Shops that a process remembers."""


class DynamoShopDirectory:
    """Implements `ports.deliveries.ShopDirectory`. `work` is the physical name of the table. One per process. What is
    nobody's is not remembered: a shop is found as soon as it is connected."""

    def __init__(self, database: Database, work: str, clock: Clock) -> None:
        self._integrations = DynamoIntegrationStore(database, work)
        self._clock = clock
        self._known: dict[tuple[Platform, str], tuple[datetime, Integration]] = {}
        self._lock = threading.Lock()

    def find_shop(self, platform: Platform, account: str, *, fresh: bool = False) -> Integration | None:
        """Two GetItems, or none. Anybody may name an account, of any length: none for what no key can hold."""
        if len(account) > MAX_ACCOUNT:
            return None
        place, now = (platform, account.casefold()), self._clock.now()
        known = None if fresh else self._known.get(place)
        if known and now - known[0] < CACHED:
            return known[1]
        found = self._integrations.find_holder(platform, account)
        with self._lock:
            self._known.pop(place, None)
            if found:
                self._known[place] = now, found
            if len(self._known) > MAX_KNOWN:
                del self._known[next(iter(self._known))]
        return found
