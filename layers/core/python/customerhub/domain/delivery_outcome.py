"""What becomes of a delivery: worked, tried again, parked, told of again, retried by a person. Pure.

Jitter comes in as a number from 0 to 1, so that nothing here is left to chance.
"""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta

from customerhub.domain.attempt import (
    FIRST_CEILING_S,
    LAST_CEILING_S,
    MAX_TURN_CEILING_S,
    PATIENCE,
    RETRIES_EXHAUSTED,
    TOLD,
    WORKER_LOST,
)
from customerhub.domain.delivery import Delivery, DeliveryStatus, in_short
from customerhub.domain.remote import RemoteChange
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.errors import StateConflict

LAST_LOOK = timedelta(days=1)
"""Beyond `PATIENCE`: what still waits then is what its workers die at, since else they would have parked it."""
NOTHING_LEFT = "nothing_left"


def is_due(delivery: Delivery, now: datetime) -> bool:
    """Whether it is to be worked by now."""
    return delivery.status is DeliveryStatus.WAITING and delivery.due_at <= now


def worked(delivery: Delivery, verdicts: Sequence[RecordVerdict], now: datetime) -> Delivery:
    """The delivery after everything that it says was taken in: parked where some of it failed, skipped where none of it
    was news. The reason is that of the verdict that decided."""
    failure = next((one for one in verdicts if one.verdict is Verdict.FAILED), None)
    if failure:
        return parked(delivery, failure.code or "failed", now)
    conflict = next((one for one in verdicts if one.verdict is Verdict.CONFLICT), None)
    if conflict:
        return ended(delivery, DeliveryStatus.DONE, now, conflict.code or Verdict.CONFLICT.value)
    if all(one.verdict in (Verdict.SKIPPED, Verdict.UNCHANGED) for one in verdicts):
        reason = next((one.code or one.verdict.value for one in verdicts), "of_no_concern")
        return ended(delivery, DeliveryStatus.SKIPPED, now, reason)
    return ended(delivery, DeliveryStatus.DONE, now)


def ended(delivery: Delivery, status: DeliveryStatus, now: datetime, reason: str | None = None) -> Delivery:
    """The delivery with nothing left to do, and nothing left of what it said."""
    return replace(
        delivery,
        status=status,
        reason=reason,
        worked_at=now,
        body=None,
        changes=(),
        cursor=None,
        quiet_until=None,
    )


def parked(delivery: Delivery, reason: str, now: datetime) -> Delivery:
    """The delivery that a person must look at. It keeps what it says."""
    return replace(delivery, status=DeliveryStatus.PARKED, reason=reason, worked_at=now, quiet_until=None)


def failed(delivery: Delivery, reason: str, retry_after_s: float, now: datetime, share: float) -> Delivery:
    """The delivery after an attempt that may succeed another time: waiting, at random up to a ceiling that doubles with
    every attempt, beside what the partner asked for; parked where it has been tried for `PATIENCE`."""
    if now - delivery.waits_since >= PATIENCE:
        return parked(replace(delivery, attempts=delivery.attempts + 1), RETRIES_EXHAUSTED, now)
    wait_s = retry_after_s + share * min(FIRST_CEILING_S * 2.0 ** min(delivery.attempts, 20), LAST_CEILING_S)
    return _waiting(replace(delivery, attempts=delivery.attempts + 1, reason=reason), wait_s, now)


def not_ready(delivery: Delivery, retry_after_s: float, now: datetime, share: float) -> Delivery:
    """The delivery whose turn in a partner's allowance has not come. The longer it has waited, the less often it
    asks."""
    age_s = (now - delivery.waits_since).total_seconds()
    wait_s = retry_after_s + share * min(max(age_s / 4, retry_after_s), MAX_TURN_CEILING_S)
    return _waiting(delivery, wait_s, now)


def gone_on(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery that somebody else shall go on with, behind its cursor."""
    return _waiting(delivery, 0, now)


def told_in_short(delivery: Delivery, changes: Sequence[RemoteChange]) -> Delivery:
    """The delivery with what it says in short as well, so that its body may be forgotten."""
    return replace(delivery, changes=tuple(map(in_short, changes)))


def forgotten(delivery: Delivery) -> Delivery:
    """The delivery without what it says of people, as far as it can still be worked by what it says in short: one that
    waits and cannot be read is left as it is.

    So is a request of the law about a person that waits: who that is may be known by the e-mail alone, and it is worked
    soon. Of one that is parked nothing is left: retried without the e-mail, it would be receipted as if nobody had been
    known."""
    if delivery.status is not DeliveryStatus.PARKED and (delivery.is_request_of_law or not delivery.changes):
        return delivery
    if delivery.body is None:
        return delivery
    return replace(delivery, body=None, changes=() if delivery.is_request_of_law else delivery.changes)


def told_of(delivery: Delivery, now: datetime, share: float) -> Delivery:
    """The delivery after the sweep has told a worker of it, which it does the less often the longer it has waited;
    parked where nothing has come of that for too long."""
    if now - delivery.waits_since >= PATIENCE + LAST_LOOK:
        return parked(delivery, WORKER_LOST, now)
    age_s = (now - delivery.waits_since).total_seconds()
    pause_s = min(max(age_s / 2, 300.0), LAST_CEILING_S)
    return replace(delivery, quiet_until=now + timedelta(seconds=pause_s * (0.75 + share / 2)))


def retried(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery as though it came just now. One that waits is tried at once. Raises StateConflict where there is
    nothing left of it to be worked."""
    if delivery.status in (DeliveryStatus.DONE, DeliveryStatus.SKIPPED):
        raise StateConflict(f"the delivery is {delivery.status} already", code="already_worked")
    if not delivery.says_something:
        raise StateConflict("what the delivery said was forgotten", code=NOTHING_LEFT)
    afresh = replace(delivery, status=DeliveryStatus.WAITING, attempts=0, reason=None, retried_at=now, worked_at=None)
    return _waiting(afresh, 0, now)


def discarded(delivery: Delivery, now: datetime) -> Delivery:
    """The delivery that is not to be worked; a discarded one as it is. Raises StateConflict where it was worked."""
    if delivery.status is DeliveryStatus.DISCARDED:
        return delivery
    if delivery.status in (DeliveryStatus.DONE, DeliveryStatus.SKIPPED):
        raise StateConflict(f"the delivery is {delivery.status} already", code="already_worked")
    return ended(delivery, DeliveryStatus.DISCARDED, now)


def _waiting(delivery: Delivery, wait_s: float, now: datetime) -> Delivery:
    due_at = now + timedelta(seconds=wait_s)
    return replace(delivery, status=DeliveryStatus.WAITING, due_at=due_at, quiet_until=due_at + TOLD)
