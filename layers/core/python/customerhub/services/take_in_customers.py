"""A shop's customer records, each brought to the hub as the shop has it now, and what became of each."""

from collections.abc import Collection, Iterable, Mapping, Sequence
from concurrent.futures import Executor
from dataclasses import dataclass
from datetime import timedelta

from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.identity import Known
from customerhub.domain.ids import ExternalId
from customerhub.domain.imports.grouping import in_groups
from customerhub.domain.remote import RemoteCustomer
from customerhub.domain.remote_identity import Reading, carries_unowned, is_old, read_record, shows_nothing_new
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.errors import LostRace
from customerhub.ports.shop_records import KnownRecord
from customerhub.services.bring_record import OLD, Company, Glimpse, Word, bring_record
from customerhub.services.read_known import read_known
from customerhub.services.settle_record import settle_record
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_record_off import look_back

LOOKED_BACK_AT = timedelta(minutes=30)
"""For that long a record is looked back at: whoever has lost a page is followed by somebody else by then."""


def take_in_customers(customers: Sequence[RemoteCustomer], turn: ShopTurn, threads: Executor) -> list[RecordVerdict]:
    """The verdict on each record, in order. Convergent: however often and in whatever order records are heard of, the
    hub ends as the shop has them.

    Records that name the same identifier are worked in their order, the others side by side. A page costs a batch read
    for each hundred records and one for each fifty customers; where something is new, one for each hundred identifiers
    of those records, and one transaction for each. Raises RetryLater where the store or the platform does not answer,
    and nothing else: some of the records may have been taken in by then, which does no harm to the next attempt. The
    jobs that came to be owed are in `turn.jobs`.
    """
    ids = list(dict.fromkeys(customer.id for customer in customers))
    page = _Page(turn, turn.records.find_records(turn.tenant, turn.integration.id, ids))
    return page.taken_in(customers, threads)


@dataclass(frozen=True)
class _Listed:
    """A record of the page that is to be worked, what it shows, and of what the claims are to be read."""

    place: int
    remote: RemoteCustomer
    reading: Reading
    unsettled: tuple[IdentifierKey, ...]

    @property
    def keys(self) -> frozenset[IdentifierKey]:
        """All that it names: now, and when it was seen last."""
        return self.reading.known.union(self.reading.keys)


@dataclass(frozen=True)
class _Page:
    turn: ShopTurn
    known: Mapping[ExternalId, KnownRecord]

    def taken_in(self, customers: Sequence[RemoteCustomer], threads: Executor) -> list[RecordVerdict]:
        """The verdicts, in order."""
        verdicts = {place: verdict for place, one in enumerate(customers) if (verdict := self._at_once(one))}
        rest = [self._listed(place, one) for place, one in enumerate(customers) if place not in verdicts]
        groups = in_groups([(one, one.keys) for one in rest])
        alone = [group[0] for group in groups if len(group) == 1]
        glimpses = self._glimpses(alone)
        company = Company({one.remote.id: one.remote for one in rest})
        try:
            for worked in threads.map(lambda group: self._work(group, glimpses, company), groups):
                verdicts |= worked
        finally:
            self._look_back(verdicts.values())
        return [_told(verdicts[place], company) for place in range(len(customers))]

    def _at_once(self, remote: RemoteCustomer) -> RecordVerdict | None:
        """The verdict on a record that nothing is to be done about."""
        known = self.known.get(remote.id)
        if known is None:
            return None
        link, customer = known.link, known.customer
        if is_old(remote, link):
            return RecordVerdict(remote.id, Verdict.SKIPPED, OLD, customer.id)
        is_known = shows_nothing_new(remote, link) and link and link.remote_updated_at == remote.updated_at
        if not is_known or carries_unowned(customer):
            return None
        return RecordVerdict(remote.id, Verdict.UNCHANGED, customer=customer.id)

    def _listed(self, place: int, remote: RemoteCustomer) -> _Listed:
        turn, known = self.turn, self.known.get(remote.id)
        base = known.link.seen if known and known.link else None
        reading = read_record(remote, base, turn.tenant, turn.integration.id, turn.club.clock.now())
        unsettled = reading.unsettled(known.customer) if known else reading.keys
        return _Listed(place, remote, reading, unsettled)

    def _glimpses(self, listed: Collection[_Listed]) -> Mapping[ExternalId, Glimpse]:
        """What there is of records that have nothing in common with others, read all at once."""
        turn = self.turn
        unknown = [one.remote.id for one in listed if one.remote.id not in self.known]
        deleted = turn.records.are_deleted(turn.tenant.id, turn.integration.id, unknown) if unknown else frozenset()
        stored = self._stored({key for one in listed for key in one.unsettled})
        if stored is None:
            return {}
        return {
            one.remote.id: Glimpse(self.known.get(one.remote.id), one.reading, stored, one.remote.id in deleted)
            for one in listed
        }

    def _stored(self, keys: Collection[IdentifierKey]) -> Known | None:
        """None where somebody was merged or erased just then: each record is read by itself then."""
        try:
            return read_known(keys, self.turn)
        except LostRace:
            return None

    def _work(
        self,
        group: Sequence[_Listed],
        glimpses: Mapping[ExternalId, Glimpse],
        company: Company,
    ) -> dict[int, RecordVerdict]:
        return {one.place: self._settle(one, glimpses.get(one.remote.id), company) for one in group}

    def _settle(self, one: _Listed, glimpse: Glimpse | None, company: Company) -> RecordVerdict:
        once = [glimpse]

        def settle() -> RecordVerdict:
            first = once.pop() if once else None
            return bring_record(one.remote, Word.LISTED, self.turn, glimpse=first, company=company, looks_back=False)

        return settle_record(one.remote.id, self.turn, settle)

    def _look_back(self, verdicts: Iterable[RecordVerdict]) -> None:
        """At the records that came to be known: here, or a while ago, whoever did that may not have come so far."""
        look_back([one.id for one in verdicts if one.customer and self._is_fresh(one.id)], self.turn)

    def _is_fresh(self, record: ExternalId) -> bool:
        known = self.known.get(record)
        if known is None:
            return True
        return known.link is not None and known.link.written_at > self.turn.club.clock.now() - LOOKED_BACK_AT


def _told(verdict: RecordVerdict, company: Company) -> RecordVerdict:
    """What became of the record, also where that was before its turn."""
    if verdict.verdict is not Verdict.UNCHANGED:
        return verdict
    return company.before_their_turn.get(verdict.id, verdict)
