"""A customer record that a shop has deleted leaves its customer, who stays."""

from datetime import datetime

from customerhub.domain.ids import ExternalId
from customerhub.domain.run import RecordVerdict
from customerhub.services.settle_record import settle_record
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_record_off import take_record_off


def take_in_deletion(record: ExternalId, at: datetime, turn: ShopTurn) -> RecordVerdict:
    """Take the record's id from its customer, and remember that it was deleted `at` that time: UPDATED where a customer
    had it, UNCHANGED where that was known, SKIPPED `unknown_record` where it was nobody's.

    E-mails and phones stay with the customer, as what the hub itself knows. A member is owed to the shop anew. Raises
    RetryLater alone. Idempotent.
    """
    return settle_record(record, turn, lambda: take_record_off(record, at, turn))
