"""One record of a shop, brought to a verdict whatever it meets."""

from collections.abc import Callable

from customerhub.domain.ids import ExternalId
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.errors import (
    Gone,
    NotReadyYet,
    Parked,
    PartnerUnavailable,
    Refused,
    RetryLater,
    StateConflict,
    UnreadableRecord,
)
from customerhub.services.shop_turn import ShopTurn

TRIES = 5
"""Of one record, while a store does not answer; after that the page, or the delivery, is left for later."""
UNREADABLE = "unreadable_record"


def settle_record(record: ExternalId, turn: ShopTurn, settle: Callable[[], RecordVerdict]) -> RecordVerdict:
    """What `settle` says of the record, which may be called again. A record that cannot be taken in has a verdict too,
    so that it keeps no other from being taken in: SKIPPED for an erased person, CONFLICT, or FAILED with a code.
    Raises RetryLater alone: once `settle` has met it `TRIES` times in a row; of the platform at once, which has said
    when it is to be asked again, or has kept us waiting for long enough."""
    for tried in range(1, TRIES + 1):
        try:
            return settle()
        except (UnreadableRecord, Refused, Parked) as refusal:
            return _refused(record, refusal)
        except (PartnerUnavailable, NotReadyYet):
            raise
        except RetryLater as fault:
            if tried == TRIES:
                raise
            turn.club.clock.sleep(min(fault.retry_after_s, 0.1 * 2**tried))
        except Exception as error:
            turn.unforeseen(error, record)
            return RecordVerdict(record, Verdict.FAILED, "internal_error")
    raise AssertionError("the last try returns or raises")


def unreadable(record: ExternalId) -> RecordVerdict:
    """The verdict on a record that the platform shows, and that cannot be read."""
    return RecordVerdict(record, Verdict.FAILED, UNREADABLE)


def _refused(record: ExternalId, refusal: UnreadableRecord | Refused | Parked) -> RecordVerdict:
    if isinstance(refusal, UnreadableRecord):
        return unreadable(record)
    if isinstance(refusal, Parked):
        return RecordVerdict(record, Verdict.FAILED, refusal.reason)
    if isinstance(refusal, Gone):
        return RecordVerdict(record, Verdict.SKIPPED, refusal.code)
    verdict = Verdict.CONFLICT if isinstance(refusal, StateConflict) else Verdict.FAILED
    return RecordVerdict(record, verdict, refusal.code)
