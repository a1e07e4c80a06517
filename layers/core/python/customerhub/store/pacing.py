"""Allowances of partners, shared by all workers.

PK `T#<tenant>#PACE#<integration>`, SK `PACE`: what was taken of one integration's allowance. Written once per request,
under its version; forgotten a day after the last. What answers report is written along with the next request of the
same process.
"""

import random
import secrets
import threading
from collections import deque
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from customerhub.deployment import TTL_ATTRIBUTE
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.domain.integration import Integration
from customerhub.domain.pace import (
    Allowance,
    AllowanceReport,
    Level,
    Pace,
    RequestWindow,
    SentRequests,
    Settlement,
    Taken,
    Turn,
    next_turn,
    settle,
)
from customerhub.errors import LostRace, NotReadyYet, StoreUnavailable
from customerhub.ports import Clock
from customerhub.store import keys
from customerhub.store.table import Database, Item, Put, if_version

PATIENCE_S = 5.0
"""How long a request waits for its turn. A worker that would wait longer has something better to do."""
LONGEST_PATIENCE_S = 15.0
"""The same of a request that costs many points. It may wait for these besides: else it would never be its turn, while
many cheap ones come between."""
ATTEMPTS = 40
"""How often a write is tried that other workers were faster with."""
LONGEST_PAUSE_S = 0.2
KEPT = timedelta(days=1)
UNSETTLED = 500
"""Reports that wait for the next request; what is beyond is not given back."""


@dataclass(frozen=True)
class _Stored:
    """The item as it was read or written last."""

    pace: Pace | None
    version: int
    token: str = ""


class DynamoPacer:
    """Implements `ports.partners.Pacer` for one integration. One thread takes and reports for a request."""

    def __init__(
        self, database: Database, work: str, clock: Clock, tenant: TenantId, integration: IntegrationId
    ) -> None:
        self._database = database
        self._key = keys.pace(work, tenant, integration)
        self._clock = clock
        self._lock = threading.Lock()
        self._stored: _Stored | None = None
        self._unsettled: deque[Settlement] = deque(maxlen=UNSETTLED)
        self._thread = threading.local()

    def take(self, allowance: Allowance, cost: int) -> None:
        """One PutItem where nobody else takes at the same time; a GetItem and another PutItem for each who does."""
        self._settle(None)
        for _ in range(ATTEMPTS):
            turn = self._let_through(allowance, cost)
            wait_s = (turn.at - self._clock.now()).total_seconds()
            if wait_s > 0:
                self._clock.sleep(wait_s)
            if not _is_late(allowance, turn, self._clock.now()):
                return
        raise NotReadyYet("every turn that came was missed")

    def report(self, allowance: Allowance, report: AllowanceReport) -> None:  # noqa: ARG002 - known since it was taken
        """Kept until the next request."""
        self._settle(report)

    def _settle(self, report: AllowanceReport | None) -> None:
        """What became of this thread's last request, unless that is told already."""
        taken: Taken | None = getattr(self._thread, "taken", None)
        if taken:
            self._thread.taken = None
            with self._lock:
                self._unsettled.append(Settlement(taken, self._now(), report))

    def _let_through(self, allowance: Allowance, cost: int) -> Turn:
        with self._lock:
            for attempt in range(ATTEMPTS):
                now = self._now()
                turn = self._try(allowance, cost, now)
                if turn:
                    self._thread.taken = turn.taken
                    return turn
                self._clock.sleep(random.uniform(0, min(LONGEST_PAUSE_S, 0.01 * 2**attempt)))  # noqa: S311 - jitter
        raise NotReadyYet("others took from the allowance every time")

    def _try(self, allowance: Allowance, cost: int, now: datetime) -> Turn | None:
        """None where somebody else was faster. What is remembered decides only where it lets the request through."""
        stored, is_current = (self._stored, False) if self._stored else (self._read(), True)
        settlements = tuple(self._unsettled)
        pace = settle(stored.pace, allowance, settlements, now)
        turn = next_turn(pace, allowance, cost, now)
        if turn.at - now <= _patience(turn):
            return turn if self._write(stored, turn.pace, now) else None
        if not is_current:
            self._stored = None
            return self._try(allowance, cost, now)
        if settlements and not self._write(stored, pace, now):
            return None
        wait = turn.at - now
        raise NotReadyYet("the partner's allowance is used up", retry_after_s=-(-wait // timedelta(seconds=1)))

    def _write(self, stored: _Stored, pace: Pace, now: datetime) -> bool:
        """Whether `pace` has taken the place of what was `stored`, and the reports are settled.

        A write may take effect unheard, and fail when it is repeated: the token tells it as ours. One whose effect
        stays unknown gives nothing back, lest it be given back twice.
        """
        written = _Stored(pace, stored.version + 1, secrets.token_hex(4))
        try:
            self._stored = self._replace(stored, written, now)
        except StoreUnavailable:
            self._stored = None
            self._unsettled.clear()
            raise
        if self._stored.token != written.token:
            return False
        self._unsettled.clear()
        return True

    def _replace(self, stored: _Stored, written: _Stored, now: datetime) -> _Stored:
        """What is stored now."""
        try:
            self._database.put(Put(self._key, _from_stored(written, now), if_version(stored.version)))
        except LostRace:
            return self._read()
        return written

    def _read(self) -> _Stored:
        item = self._database.get(self._key)
        return _to_stored(item) if item else _Stored(None, 0)

    def _now(self) -> datetime:
        """In milliseconds, as it is stored."""
        now = self._clock.now()
        return now.replace(microsecond=now.microsecond // 1000 * 1000)


class DynamoPacers:
    """The pacers of all integrations, one each. `work` is the physical name of the table."""

    def __init__(self, database: Database, work: str, clock: Clock) -> None:
        self._database = database
        self._work = work
        self._clock = clock
        self._pacers: dict[tuple[TenantId, IntegrationId], DynamoPacer] = {}
        self._lock = threading.Lock()

    def of(self, integration: Integration) -> DynamoPacer:
        """The one pacer of an integration in this process."""
        place = integration.tenant, integration.id
        with self._lock:
            if place not in self._pacers:
                self._pacers[place] = DynamoPacer(self._database, self._work, self._clock, *place)
            return self._pacers[place]


def _patience(turn: Turn) -> timedelta:
    own_s = turn.taken.cost / turn.pace.restore_per_s if isinstance(turn.pace, Level) else 0
    return timedelta(seconds=min(PATIENCE_S + own_s, LONGEST_PATIENCE_S))


def _is_late(allowance: Allowance, turn: Turn, now: datetime) -> bool:
    """Whether another turn must be taken. Points that were taken are there later as well."""
    return isinstance(allowance, RequestWindow) and now > turn.at + allowance.tolerance


def _from_stored(stored: _Stored, now: datetime) -> Item:
    state: Item = {"moments": [], "level": None}
    match stored.pace:
        case SentRequests(moments):
            state["moments"] = [_ms(moment) for moment in moments]
        case Level() as level:
            state["level"] = {
                "points": _number(level.points),
                "at": _ms(level.at),
                "full_at": _ms(level.full_at),
                "capacity": _number(level.capacity),
                "restore_per_s": _number(level.restore_per_s),
                "taken": _number(level.taken),
                "unanswered": [[_ms(moment), _number(cost)] for moment, cost in level.unanswered],
            }
    expires_at_s = int((now + KEPT).timestamp())
    return {**state, "version": stored.version, "token": stored.token, TTL_ATTRIBUTE: expires_at_s}


def _to_stored(item: Item) -> _Stored:
    level: dict[str, Any] | None = item["level"]
    pace: Pace = SentRequests(tuple(map(_moment, item["moments"])))
    if level:
        pace = Level(
            float(level["points"]),
            _moment(level["at"]),
            _moment(level["full_at"]),
            float(level["capacity"]),
            float(level["restore_per_s"]),
            float(level["taken"]),
            tuple((_moment(moment), float(cost)) for moment, cost in level["unanswered"]),
        )
    return _Stored(pace, int(item["version"]), item["token"])


def _ms(moment: datetime) -> int:
    return round(moment.timestamp() * 1000)


def _moment(ms: Decimal) -> datetime:
    return datetime.fromtimestamp(int(ms) / 1000, UTC)


def _number(value: float) -> Decimal:
    return Decimal(f"{value:.3f}")
