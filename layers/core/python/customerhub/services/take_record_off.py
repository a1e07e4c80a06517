"""The record of a customer that a shop has deleted is taken from the customer."""

from dataclasses import dataclass
from datetime import datetime

from customerhub.domain.changes import Changes
from customerhub.domain.club import owed, sync_debts
from customerhub.domain.customer import Customer
from customerhub.domain.ids import ExternalId
from customerhub.domain.link import Link
from customerhub.domain.remote_identity import keys_of_leaving, leave
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.ports.shop_records import KnownRecord
from customerhub.services.attempts import attempts
from customerhub.services.read_known import read_known
from customerhub.services.shop_turn import ShopTurn

UNKNOWN = "unknown_record"
DELETED = "deleted"


def take_record_off(record: ExternalId, at: datetime, turn: ShopTurn) -> RecordVerdict:
    """Take the record, which was deleted `at` that time, from the customer who has it: UPDATED. Remember that it is
    gone, and whose it was, before that is looked up for good: so nobody who is at the record at the same moment misses
    it, if they look for it after their own write. UNCHANGED where it was taken off before, SKIPPED where it was
    nobody's.

    A member has a record in the shop: so the shop is owed a new one. About five reads, one write and one transaction;
    four reads and one write for a record of nobody's. Raises RetryLater. Idempotent.
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
        """To every active shop, this one included. Two round trips."""
        club = self.turn.club
        debts = sync_debts(customer, club.active_integrations(customer.tenant))
        jobs = club.jobs.get_jobs(customer.tenant, [debt.job for debt in debts])
        return Changes(jobs=owed(debts, jobs, club.clock.now()))
