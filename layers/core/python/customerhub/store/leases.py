"""Leases: that one worker alone is at something.

PK `T#<tenant>#LEASE#<integration>`, SK `LEASE`: who renews or replaces the credentials of an integration, and until
when nobody else may. Taken and given back by one write each.
"""

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import timedelta

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.errors import LostRace, NotReadyYet, StoreUnavailable
from customerhub.ports import Clock
from customerhub.store import keys
from customerhub.store.table import Database, Delete, Guard, Key, Put, if_absent_or_expired

DURATION = timedelta(seconds=30)
"""Longer than a partner is waited for, twice."""
PAUSE_S = 0.25
PAUSES = 24


class DynamoLeases:
    """Lets one worker at a time be at an integration's credentials. `work` is the physical name of the table."""

    def __init__(self, database: Database, work: str, clock: Clock) -> None:
        self._database = database
        self._work = work
        self._clock = clock

    @contextmanager
    def exclusive(self, tenant: TenantId, integration: IntegrationId) -> Iterator[None]:
        """Nobody else is in here. Waits six seconds at most; raises NotReadyYet beyond that, and StoreUnavailable. Ends
        by itself after half a minute, should the holder die."""
        key, token = keys.credentials_lease(self._work, tenant, integration), secrets.token_hex(16)
        self._take(key, token)
        try:
            yield
        finally:
            # What cannot be given back ends by itself.
            with suppress(LostRace, StoreUnavailable):
                self._database.write_all([Delete(key, _if_held_by(token))])

    def _take(self, key: Key, token: str) -> None:
        for _ in range(PAUSES):
            now_s = int(self._clock.now().timestamp())
            until_s = now_s + int(DURATION.total_seconds())
            try:
                self._database.put(Put(key, {"held_by": token, TTL_ATTRIBUTE: until_s}, _if_free(now_s, token)))
            except LostRace:
                self._clock.sleep(PAUSE_S)
            else:
                return
        raise NotReadyYet("somebody else is renewing the credentials", retry_after_s=2)


def _if_free(now_s: int, token: str) -> Guard:
    """Free, past its time, or already ours: a write may take effect unheard, and be repeated."""
    free = if_absent_or_expired(now_s)
    return Guard(f"{free.condition} OR held_by = :token", {**free.values, ":token": token})


def _if_held_by(token: str) -> Guard:
    return Guard("held_by = :token", {":token": token})
