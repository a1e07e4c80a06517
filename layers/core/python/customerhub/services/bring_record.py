"""One customer record of a shop, brought to the hub's customer, or to a new one."""

from collections.abc import Collection, Mapping
from dataclasses import dataclass, field, replace
from enum import Enum, auto

from customerhub.domain.changes import Changes
from customerhub.domain.customer import Customer, new_customer
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.identity import Known
from customerhub.domain.ids import CustomerId, ExternalId, IntegrationId, new_customer_id
from customerhub.domain.link import Link, external_entry, external_id_of, known_to
from customerhub.domain.records import RecordChange
from customerhub.domain.remote import RemoteCustomer
from customerhub.domain.remote_identity import (
    Bringing,
    Brought,
    Contested,
    Reading,
    carries_unowned,
    contested,
    has_lost_something,
    is_old,
    read_record,
    shown_by,
    shows_nothing_new,
    whose,
)
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.errors import LostRace
from customerhub.ports.shop_records import KnownRecord
from customerhub.services.attempts import attempts
from customerhub.services.read_known import read_known
from customerhub.services.shop_turn import ShopTurn
from customerhub.services.take_record_off import find_gone, look_back, take_record_off

OLD = "old"


class Word(Enum):
    """How the hub came by what a shop says of a record."""

    TOLD = auto()
    """By a webhook: it may be late, does not tell everything, and does not say what it withholds."""
    LISTED = auto()
    """On a page of a list: it may be some time old."""
    READ = auto()
    """Just now, by the record's id."""


@dataclass(frozen=True)
class Company:
    """Records that were listed along with one another, and the verdicts on those that were taken in before their turn,
    since another one had led to them."""

    listed: Mapping[ExternalId, RemoteCustomer] = field(default_factory=dict)
    before_their_turn: dict[ExternalId, RecordVerdict] = field(default_factory=dict)


@dataclass(frozen=True)
class Glimpse:
    """What was read of a record beforehand, together with others: of it an attempt may go out once, since every write
    is guarded. `known` is None for a record that is nobody's yet, `reading` is what it shows, `stored` what there is of
    its identifiers, and `is_deleted` says whether it was heard that the shop has deleted it."""

    known: KnownRecord | None
    reading: Reading
    stored: Known
    is_deleted: bool = False


def bring_record(
    remote: RemoteCustomer,
    word: Word,
    turn: ShopTurn,
    *,
    glimpse: Glimpse | None = None,
    company: Company | None = None,
    looks_back: bool = True,
) -> RecordVerdict:
    """Take the record in, and say what came of it.

    The record is brought to the customer who has its id, else to the owner of an e-mail, else of a phone by an agreeing
    name, else to a new one. What another owns is carried, for review; but where another record of this shop has brought
    it there, that one is looked at first, in the `company` of this one or on the platform, since an e-mail may have
    moved from one to the other. A record that came to be known is looked back at (unless the caller does that): the
    shop may have deleted it while it was taken in.

    A known record costs two reads and one transaction, and one or two more reads where its identifiers change; a new
    one the same; with a `glimpse` one transaction. Nothing is written where nothing is new. Raises RetryLater, and what
    the connector raises; LostRace never. Idempotent.
    """
    return _Record(remote, word, turn, company or Company(), glimpse, looks_back=looks_back).taken_in()


def note(known: KnownRecord, remote: RemoteCustomer, turn: ShopTurn) -> None:
    """Keep when the record changed last, where nothing else is new. One transaction; none where that is known."""
    link = known.link
    if link is None or remote.updated_at is None or remote.updated_at == link.remote_updated_at:
        return
    later = replace(link, remote_updated_at=remote.updated_at, written_at=turn.club.clock.now())
    changes = Changes(revised=(RecordChange(later.record, link.record),))
    turn.club.identities.write(turn.tenant, changes, None)


@dataclass
class _Record:
    """One record under way. `looked_at` are the records that were, of all those that this one has led to; `again` those
    of them that want something that was not free then. With `waits` it is itself such a one: what another record of the
    shop holds is left out for now."""

    remote: RemoteCustomer
    word: Word
    turn: ShopTurn
    company: Company
    glimpse: Glimpse | None = None
    looked_at: set[ExternalId] = field(default_factory=set)
    again: list[ExternalId] = field(default_factory=list)
    waits: bool = False
    looks_back: bool = True
    fresh_id: CustomerId = field(default_factory=new_customer_id)

    def taken_in(self) -> RecordVerdict:
        """The verdict, once those that this record has led to are taken in as well."""
        self.looked_at.add(self.remote.id)
        verdict = attempts(self.turn.club.clock, self._attempt)
        while self.again and not self.waits:
            self._look_at(self.again.pop(), waits=False)
        return verdict

    def _attempt(self) -> RecordVerdict:
        """Read, decide and write once. Raises LostRace when what was read is out of date."""
        glimpse, self.glimpse = self.glimpse, None
        known = glimpse.known if glimpse else self._find()
        return self._of_known(known, glimpse) if known else self._of_unknown(glimpse)

    def _find(self) -> KnownRecord | None:
        turn = self.turn
        return turn.records.find_records(turn.tenant, turn.integration.id, [self.remote.id]).get(self.remote.id)

    def _of_known(self, known: KnownRecord, glimpse: Glimpse | None) -> RecordVerdict:
        link, customer = known.link, known.customer
        if is_old(self.remote, link):
            return RecordVerdict(self.remote.id, Verdict.SKIPPED, OLD, customer.id)
        if shows_nothing_new(self.remote, link) and not carries_unowned(customer):
            note(known, self.remote, self.turn)
            return RecordVerdict(self.remote.id, Verdict.UNCHANGED, customer=customer.id)
        if self._is_doubtful(link):
            return self._refreshed()
        reading = glimpse.reading if glimpse else self._read(link)
        stored = self._stored(reading.unsettled(customer), glimpse)
        return self._brought(reading, customer, stored, known)

    def _of_unknown(self, glimpse: Glimpse | None) -> RecordVerdict:
        if self.word is Word.TOLD or (self.word is Word.LISTED and self._was_deleted(glimpse)):
            return self._refreshed()
        reading = glimpse.reading if glimpse else self._read(None)
        stored = self._stored(reading.keys, glimpse)
        if reading.record.key in stored.claims:
            raise LostRace("the record is somebody's by now")
        found = whose(reading, stored)
        return self._brought(reading, found or self._blank(reading), stored, None)

    def _is_doubtful(self, link: Link | None) -> bool:
        """Whether it is better read again: two versions of one moment differ, or something may be withheld."""
        if self.word is Word.READ or (link and shows_nothing_new(self.remote, link)):
            return False
        base = link.seen if link else None
        if self.word is Word.TOLD and (base is None or has_lost_something(self.remote, base)):
            return True
        return base is not None and link is not None and link.remote_updated_at == self.remote.updated_at

    def _refreshed(self) -> RecordVerdict:
        """The verdict on the record as it is now."""
        remote = self.turn.connector.get_customer(self.remote.id)
        if remote is None or remote.id != self.remote.id:
            return find_gone(self.remote.id, self.turn.club.clock.now(), self.turn)
        self.remote, self.word = remote, Word.READ
        return self._attempt()

    def _was_deleted(self, glimpse: Glimpse | None) -> bool:
        if glimpse:
            return glimpse.is_deleted
        turn = self.turn
        return bool(turn.records.are_deleted(turn.tenant.id, turn.integration.id, [self.remote.id]))

    def _read(self, link: Link | None) -> Reading:
        turn = self.turn
        base = link.seen if link else None
        return read_record(self.remote, base, turn.tenant, turn.integration.id, turn.club.clock.now())

    def _blank(self, reading: Reading) -> Customer:
        return new_customer(self.turn.tenant.id, self.fresh_id, reading.integration, self.turn.club.clock.now())

    def _stored(self, keys: Collection[IdentifierKey], glimpse: Glimpse | None) -> Known:
        """What is stored of those keys, with their holders; read now where it was not beforehand."""
        return glimpse.stored if glimpse else read_known(keys, self.turn)

    def _brought(self, reading: Reading, customer: Customer, stored: Known, known: KnownRecord | None) -> RecordVerdict:
        if reading.released(customer):
            reading = replace(reading, elsewhere=self._shown_elsewhere(customer))
        doubtful = contested(reading, stored, customer)
        if doubtful and self.waits:
            self.again.append(self.remote.id)
            reading = reading.without(frozenset(one.key for one in doubtful))
        elif self._has_looked_at_others(doubtful):
            return self._attempt()
        link, standing = (known.link, known.standing) if known else (None, None)
        circumstances = self.turn.circumstances(self.remote.id)
        brought = Bringing(reading, customer, stored, circumstances, link, standing).run()
        if known and not brought.is_changed and reading.seen == reading.base:
            note(known, self.remote, self.turn)
            return RecordVerdict(self.remote.id, Verdict.UNCHANGED, customer=customer.id)
        self._write(brought)
        if known is None and self.looks_back:
            look_back([self.remote.id], self.turn)
        return RecordVerdict(self.remote.id, *_verdict(brought, known), brought.customer.id)

    def _shown_elsewhere(self, customer: Customer) -> Mapping[IdentifierKey, IntegrationId]:
        """What the customer's records in other shops show. Two reads for each of these."""
        turn, now = self.turn, self.turn.club.clock.now()
        shown: dict[IdentifierKey, IntegrationId] = {}
        for other in known_to(customer):
            entry = external_entry(customer, other)
            if entry is None or not entry.owned or other == turn.integration.id:
                continue
            record = external_id_of(entry)
            known = turn.records.find_records(turn.tenant, other, [record]).get(record)
            if known and known.link and known.link.seen:
                keys = shown_by(known.link.seen, turn.tenant, other, now)
                shown |= dict.fromkeys(keys, other)
        return shown

    def _write(self, brought: Brought) -> None:
        turn, conflict = self.turn, brought.conflict
        if conflict and brought.customer.version:
            turn.identities.record_conflict(turn.tenant, conflict)
        turn.identities.write(turn.tenant, brought.changes, None)

    def _has_looked_at_others(self, doubtful: Collection[Contested]) -> bool:
        """Whether another record has been taken in, so that all is to be read again. This one is read anew then too: of
        the two it may be the one that is out of date."""
        others = dict.fromkeys(external_id_of(one.record) for one in doubtful if self._is_worth_a_look(one))
        if not others:
            return False
        if self.word is not Word.READ and any(other not in self.company.listed for other in others):
            self._read_anew()
        for other in others:
            self._look_at(other, waits=True)
        return True

    def _is_worth_a_look(self, one: Contested) -> bool:
        """Shops have each e-mail once. A phone may well be shared: whoever gives it up leaves it to the others."""
        other = external_id_of(one.record)
        return other not in self.looked_at and (one.key.kind is Kind.EMAIL or other in self.company.listed)

    def _read_anew(self) -> None:
        remote = self.turn.connector.get_customer(self.remote.id)
        if remote and remote.id == self.remote.id:
            self.remote, self.word = remote, Word.READ

    def _look_at(self, other: ExternalId, *, waits: bool) -> None:
        """Take in another record as it is now."""
        self.looked_at.add(other)
        listed = self.company.listed.get(other)
        remote = listed or self.turn.connector.get_customer(other)
        if remote is None or remote.id != other:
            take_record_off(other, self.turn.club.clock.now(), self.turn)
            return
        word = Word.LISTED if listed else Word.READ
        one = _Record(remote, word, self.turn, self.company, looked_at=self.looked_at, again=self.again, waits=waits)
        verdict = one.taken_in()
        if verdict.verdict is not Verdict.UNCHANGED:
            self.company.before_their_turn.setdefault(other, verdict)


def _verdict(brought: Brought, known: KnownRecord | None) -> tuple[Verdict, str | None]:
    if brought.conflict:
        return Verdict.CONFLICT, brought.conflict.kind
    if not brought.customer.version:
        return Verdict.CREATED, brought.code
    is_news = brought.is_changed or (known is not None and known.link is not None and known.link.seen is not None)
    return (Verdict.UPDATED if is_news else Verdict.UNCHANGED), brought.code
