"""One change that a webhook tells of, brought to the hub."""

from datetime import datetime

from customerhub.domain.delivery import WANTED_BY_LAW
from customerhub.domain.remote import RemoteChange
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.services.bring_record import Word, bring_record
from customerhub.services.settle_record import settle_record
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_in_duty import take_in_duty
from customerhub.services.take_in_merge import take_in_merge
from customerhub.services.take_in_order_change import take_in_order_change
from customerhub.services.take_record_off import find_gone, take_record_off

NO_CONCERN = "no_concern"


def take_in_change(change: RemoteChange, occurred_at: datetime | None, turn: ShopTurn) -> RecordVerdict:
    """What became of the change. `occurred_at` is when it happened, as far as the delivery says.

    Convergent: a delivery that comes late, twice or out of order ends as the shop has the record now. SKIPPED `old` for
    what is older than what is known, `no_concern` for what the hub does nothing about. A delivery that cannot say by
    itself how the record is now (tags, consents, a merge, somebody who is not known yet, an e-mail that is another
    record's) has it read again. Raises RetryLater alone, of the platform too. Idempotent.
    """
    if change.action in WANTED_BY_LAW:
        return take_in_duty(change, occurred_at, turn)
    if change.kind == "order":
        return take_in_order_change(change, occurred_at, turn)
    if change.kind != "customer":
        return RecordVerdict(change.id, Verdict.SKIPPED, NO_CONCERN)
    at = occurred_at or turn.club.clock.now()
    return settle_record(change.id, turn, lambda: _of_customer(change, at, turn))


def _of_customer(change: RemoteChange, at: datetime, turn: ShopTurn) -> RecordVerdict:
    if change.action == "deleted":
        return take_record_off(change.id, at, turn)
    if change.action == "merged":
        return take_in_merge(change.id, change.absorbed, at, turn)
    if change.customer:
        return bring_record(change.customer, Word.TOLD, turn)
    remote = turn.connector.get_customer(change.id)
    if remote and remote.id == change.id:
        return bring_record(remote, Word.READ, turn)
    return find_gone(change.id, at, turn)
