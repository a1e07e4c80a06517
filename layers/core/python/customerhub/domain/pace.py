"""A partner's allowance: how much may be asked of it in which time, and how it is shared. Pure.

Whoever wants to ask takes a part of the allowance beforehand, from a state that all share, and is told when to ask:
now, or a little later, when it will have come back.
"""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

MARGIN = 1 / 30
"""The share of a window, or of a bucket, that is left to clocks that differ and to requests that are long on their way:
two seconds of a minute."""
LONGEST_WAY = timedelta(seconds=30)
"""After that a request has been answered, or will never be."""


@dataclass(frozen=True)
class RequestWindow:
    """At most `limit` requests in any `window_s` seconds."""

    limit: int
    window_s: float

    @property
    def length(self) -> timedelta:
        """The window, and the margin."""
        return timedelta(seconds=self.window_s * (1 + MARGIN))

    @property
    def tolerance(self) -> timedelta:
        """How much later than its moment a request may still be sent: half of the margin, the other half is for the
        way."""
        return timedelta(seconds=self.window_s * MARGIN / 2)


@dataclass(frozen=True)
class PointBucket:
    """A bucket of `capacity` points that fills up by `restore_per_s`; what a request costs is known for sure after
    it."""

    capacity: float
    restore_per_s: float


Allowance = RequestWindow | PointBucket


@dataclass(frozen=True)
class AllowanceReport:
    """What an answer said: the points that the request did cost, and what is left. `actual` is None where the request
    was refused, and cost nothing."""

    actual: float | None
    available: float
    capacity: float
    restore_per_s: float


@dataclass(frozen=True)
class Taken:
    """What a request was let through with. `mark` is what had been taken by all up to it, less what was on its way to
    the partner then: of that the partner may not have known yet."""

    cost: float
    at: datetime
    mark: float = 0


@dataclass(frozen=True)
class Settlement:
    """What became, by `reported_at`, of the request that took `taken`; `report` is None where nobody said."""

    taken: Taken
    reported_at: datetime
    report: AllowanceReport | None


@dataclass(frozen=True)
class SentRequests:
    """The moments for which a window's last requests were let through, in order: `limit` of them at most."""

    moments: tuple[datetime, ...] = ()


@dataclass(frozen=True)
class Level:
    """What a bucket holds, less all that was taken and not yet restored: below 0 where some wait for their points.

    `capacity` and `restore_per_s` are what the partner said last. `full_at` is when the bucket was last seen full: what
    was given back for an older request has run over. `taken` is all that was ever taken, and `unanswered` what of it
    the partner may not know yet, with its moment.
    """

    points: float
    at: datetime
    full_at: datetime
    capacity: float
    restore_per_s: float
    taken: float = 0
    unanswered: tuple[tuple[datetime, float], ...] = ()


Pace = SentRequests | Level


@dataclass(frozen=True)
class Turn:
    """When a request may be sent, what it has taken, and the state once it has been let through."""

    at: datetime
    taken: Taken
    pace: Pace


def settle(pace: Pace | None, allowance: Allowance, settlements: Sequence[Settlement], now: datetime) -> Pace:
    """The state as it is at `now`, with what the partner reported; None is an allowance of which nothing was taken."""
    if isinstance(allowance, RequestWindow):
        return _settle_requests(_requests(pace), allowance, settlements, now)
    return _settle_points(_level(pace, allowance, now), settlements, now)


def next_turn(pace: Pace, allowance: Allowance, cost: float, now: datetime) -> Turn:
    """The first moment at which `cost` may be asked for, beside all who were let through before. `pace` is as of
    `now`. What costs more than there ever is waits until there is all."""
    if isinstance(allowance, RequestWindow):
        return _next_request(_requests(pace), allowance, max(1, min(round(cost), allowance.limit)), now)
    return _next_points(_level(pace, allowance, now), cost, now)


def _requests(pace: Pace | None) -> SentRequests:
    return pace if isinstance(pace, SentRequests) else SentRequests()


def _settle_requests(
    sent: SentRequests, window: RequestWindow, settlements: Sequence[Settlement], now: datetime
) -> SentRequests:
    """Without what no longer counts. Where the partner counts more than we do, somebody else asks it too: theirs are
    put to ours."""
    moments = [moment for moment in sent.moments if moment > now - window.length]
    for settlement in settlements:
        if settlement.report and settlement.reported_at > now - window.length:
            foreign = window.limit - len(moments) - max(0, int(settlement.report.available))
            moments += [settlement.reported_at] * foreign
    return SentRequests(tuple(sorted(moments)[-window.limit :]))


def _next_request(sent: SentRequests, window: RequestWindow, count: int, now: datetime) -> Turn:
    """With the last of `count` places; the one that it follows is as many requests ago as the window lets through."""
    moments = sent.moments
    at = now
    for _ in range(count):
        if len(moments) >= window.limit:
            at = max(at, moments[-window.limit] + window.length)
        moments = tuple(sorted((*moments, at))[-window.limit :])
    return Turn(at, Taken(count, now), SentRequests(moments))


def _level(pace: Pace | None, bucket: PointBucket, now: datetime) -> Level:
    if isinstance(pace, Level):
        return pace
    return Level(_usable(bucket.capacity), now, now, bucket.capacity, bucket.restore_per_s)


def _usable(capacity: float) -> float:
    return capacity * (1 - MARGIN)


def _settle_points(level: Level, settlements: Sequence[Settlement], now: datetime) -> Level:
    """Restored up to now. What requests did not cost comes back, unless the bucket has been full meanwhile."""
    level = _restored(level, now)
    for settlement in settlements:
        taken, report = settlement.taken, settlement.report
        others = tuple(each for each in level.unanswered if each != (taken.at, taken.cost))
        level = replace(level, unanswered=others)
        if report is None:
            continue
        if taken.at >= level.full_at:
            level = _filled(level, taken.cost - (report.actual or 0), now)
            level = _at_least(level, _there_is(report, settlement, now) - (level.taken - taken.mark), now)
        level = replace(level, points=min(level.points, _there_is(report, settlement, now)))
        level = _resized(level, report)
    return level


def _there_is(report: AllowanceReport, settlement: Settlement, now: datetime) -> float:
    """What the partner had left, with what has been restored since."""
    since_s = max(0.0, (now - settlement.reported_at).total_seconds())
    return report.available + since_s * report.restore_per_s


def _at_least(level: Level, points: float, now: datetime) -> Level:
    """With what there is for sure: less what the partner may not have known of, and the margin. Where answers were
    lost, that is more than we think."""
    return _filled(level, max(0.0, points - level.capacity * MARGIN - level.points), now)


def _resized(level: Level, report: AllowanceReport) -> Level:
    """The bucket's size as it was told, unless it is no size at all."""
    if report.capacity <= 0 or report.restore_per_s <= 0:
        return level
    return replace(level, capacity=report.capacity, restore_per_s=report.restore_per_s)


def _restored(level: Level, now: datetime) -> Level:
    """A clock that is behind restores nothing."""
    if now <= level.at:
        return level
    unanswered = tuple(each for each in level.unanswered if each[0] > now - LONGEST_WAY)
    restored = (now - level.at).total_seconds() * level.restore_per_s
    return _filled(replace(level, at=now, unanswered=unanswered), restored, now)


def _filled(level: Level, points: float, now: datetime) -> Level:
    filled, full = level.points + points, _usable(level.capacity)
    return replace(level, points=filled) if filled < full else replace(level, points=full, full_at=now)


def _next_points(level: Level, cost: float, now: datetime) -> Turn:
    cost = min(cost, _usable(level.capacity))
    left = level.points - cost
    missing_s = max(0.0, -left / level.restore_per_s)
    on_its_way = sum(other for _, other in level.unanswered)
    after = replace(level, points=left, taken=level.taken + cost, unanswered=(*level.unanswered, (now, cost)))
    turn_at = max(now, level.at) + timedelta(seconds=missing_s)
    return Turn(turn_at, Taken(cost, now, after.taken - on_its_way), after)
