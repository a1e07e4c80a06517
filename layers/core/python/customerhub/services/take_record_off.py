"""The record of a customer that a shop has deleted is taken from the customer."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from customerhub.domain.changes import Changes
from customerhub.domain.club import sync_debts
from customerhub.domain.customer import Customer
from customerhub.domain.ids import ExternalId
from customerhub.domain.link import Link
from customerhub.domain.owing import owe
from customerhub.domain.remote_identity import keys_of_leaving, leave
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.ports.shop_records import KnownRecord
from customerhub.services.attempts import attempts
from customerhub.services.read_known import read_known
from customerhub.services.shop_turn import ShopTurn

UNKNOWN = "unknown_record"
DELETED = "deleted"
RETURNS_AFTER = timedelta(minutes=5)
"""When a member is made anew in a shop: where the record went into another one, the shop says so by then."""


def take_record_off(record: ExternalId, at: datetime, turn: ShopTurn) -> RecordVerdict:
    """Take the record, which was deleted `at` that time, from the customer who has it: UPDATED. Remember that it is
    gone, and whose it was, before that is looked up for good: so nobody who is at the record at the same moment misses
    it, if they look for it after their own write. UNCHANGED where it was taken off before, SKIPPED where it was
    nobody's.

    A member has a record in the shop: so the shop is owed a new one, due after `RETURNS_AFTER`. About five reads, one
    write and one transaction; four reads and one write for a record of nobody's. Raises RetryLater. Idempotent.
    """
    tenant, integration = turn.tenant, turn.integration.id
    found = turn.records.find_records(tenant, integration, [record]).get(record)
    if found is None and turn.records.deleted_customer(tenant.id, integration, record):
        return RecordVerdict(record, Verdict.UNCHANGED)
    turn.records.mark_deleted(tenant.id, integration, record, found.customer.id if found else None)
    customer = attempts(turn.club.clock, _Leaving(record, at, turn).attempt)
    if customer is None:
        return RecordVerdict(record, Verdict.SKIPPED, UNKNOWN)
    if found is None or customer.id != found.customer.id:
        turn.records.mark_deleted(tenant.id, integration, record, customer.id)
    return RecordVerdict(record, Verdict.UPDATED, customer=customer.id)


def find_gone(record: ExternalId, at: datetime, turn: ShopTurn) -> RecordVerdict:
    """The same of a record that was looked for and is not there: SKIPPED `deleted` unless a customer had it."""
    took = take_record_off(record, at, turn)
    return took if took.verdict is Verdict.UPDATED else RecordVerdict(record, Verdict.SKIPPED, DELETED)


def look_back(records: Sequence[ExternalId], turn: ShopTurn) -> None:
    """Of records that came to be known just now, take off again those that were deleted at the same time, which was
    remembered before they were looked up for good. Of one that the shop has all the same it is forgotten: an answer
    had missed it, or it is there again.

    One batch read for each hundred, none for no records; for each that is remembered two more reads, one of them in the
    shop, and what `take_record_off` costs. Raises RetryLater, and what the connector raises. Idempotent.
    """
    deleted = turn.records.are_deleted(turn.tenant.id, turn.integration.id, records) if records else ()
    for record in sorted(deleted):
        if not _is_back(record, turn):
            take_record_off(record, turn.club.clock.now(), turn)


def _is_back(record: ExternalId, turn: ShopTurn) -> bool:
    """Forget that it was deleted, where it is there; unless it is deleted just then, which must not be forgotten."""
    about = (turn.tenant.id, turn.integration.id, record)
    customer = turn.records.deleted_customer(*about)
    if not _is_there(record, turn):
        return False
    turn.records.unmark_deleted(*about)
    if _is_there(record, turn):
        return True
    turn.records.mark_deleted(*about, customer)
    return False


def _is_there(record: ExternalId, turn: ShopTurn) -> bool:
    remote = turn.connector.get_customer(record)
    return remote is not None and remote.id == record


@dataclass(frozen=True)
class _Leaving:
    record: ExternalId
    at: datetime
    turn: ShopTurn

    def attempt(self) -> Customer | None:
        """Whose it was; None where it is nobody's. Raises LostRace when what was read is out of date."""
        turn = self.turn
        known = turn.records.find_records(turn.tenant, turn.integration.id, [self.record]).get(self.record)
        if known is None:
            return None
        customer, changes = self._without(known)
        if customer.membership:
            changes = changes.along_with(self._owed(customer))
        turn.identities.write(turn.tenant, changes, None)
        return customer

    def _without(self, known: KnownRecord) -> tuple[Customer, Changes]:
        turn, customer = self.turn, known.customer
        circumstances = turn.circumstances(self.record)
        stored = read_known(keys_of_leaving(customer, turn.integration.id), turn)
        link = known.link or Link(customer.id, turn.integration.id, self.record, "", circumstances.now)
        standing = known.link or known.standing
        return leave(customer, link, standing, stored, at=self.at, circumstances=circumstances)

    def _owed(self, customer: Customer) -> Changes:
        """To every active shop at once, and to this one a while later. Two round trips."""
        club, here = self.turn.club, self.turn.integration.id
        debts = sync_debts(customer, club.active_integrations(customer.tenant))
        jobs = club.jobs.get_jobs(customer.tenant, [debt.job for debt in debts])
        now = club.clock.now()
        due = ((debt, now + RETURNS_AFTER if debt.integration == here else now) for debt in debts)
        return Changes(jobs=tuple(owe(debt, jobs.get(debt.job), now, due_at) for debt, due_at in due))
