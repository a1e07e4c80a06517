"""What a shop's record of a person makes of a customer of the hub's. Pure; all that it looks at has been read.

A field follows the shop where the shop has changed it since it was last seen; where it has not, the hub's own value
stays. What the shop withholds, or does not tell, says nothing.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property

from customerhub.domain.address import ADDRESS_PARTS, hub_address
from customerhub.domain.caller import TrustedCaller
from customerhub.domain.changes import NO_CHANGES, Changes
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.contact import read_identifier
from customerhub.domain.customer import (
    MAX_IDENTIFIERS,
    MAX_SOURCES,
    Customer,
    is_same,
    ranked,
    union,
)
from customerhub.domain.events import Circumstances, Event, EventType, change_event
from customerhub.domain.identifier import Claim, Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.identity import Known
from customerhub.domain.ids import CredentialId, CustomerId, IntegrationId, new_household_id
from customerhub.domain.link import Link, deleted_source, external_entry, external_key
from customerhub.domain.names import clean_name, names_agree, names_differ
from customerhub.domain.ownership import MAX_HOLDERS, Customers, follow, with_heirs
from customerhub.domain.patching import conflict_with
from customerhub.domain.records import RecordChange
from customerhub.domain.remote import RemoteCustomer
from customerhub.domain.snapshot import Snapshot, seen
from customerhub.domain.tenant import Tenant
from customerhub.errors import Gone, InvalidInput

MAX_EACH = 10
"""E-mails, and phones, of one record: the hub keeps `MAX_IDENTIFIERS` of a person."""
MAX_PARTIES = 5
"""Others in one conflict: a transaction has 100 items."""


@dataclass(frozen=True)
class Reading:
    """A record as its shop has it, read.

    `seen` is what is kept of it, `base` what was seen of it before (None: nothing). `record` is its id as an
    identifier; `shown` are its e-mails and phones, each in the shop's order; `known` are the keys of those that `base`
    showed. `code` says why some of what the shop has cannot be used, None where all can. `elsewhere` is what other
    shops' records of the same customer show, each with one such shop; it is told where something is released.
    """

    remote: RemoteCustomer
    seen: Snapshot
    base: Snapshot | None
    record: Identifier
    shown: tuple[Identifier, ...]
    known: frozenset[IdentifierKey] = frozenset()
    code: str | None = None
    elsewhere: Mapping[IdentifierKey, IntegrationId] = field(default_factory=dict)

    @property
    def integration(self) -> IntegrationId:
        """Whose record it is."""
        return IntegrationId(self.record.source)

    @property
    def keys(self) -> tuple[IdentifierKey, ...]:
        """Of the record itself, and of all that it shows."""
        return (self.record.key, *(identifier.key for identifier in self.shown))

    def without(self, keys: frozenset[IdentifierKey]) -> "Reading":
        """The reading as if the record did not show these: they are new again when it is read the next time."""
        left_out = {identifier.spelled for identifier in self.shown if identifier.key in keys}
        kept = {name: tuple(t for t in getattr(self.seen, name) if t not in left_out) for name in ("emails", "phones")}
        return replace(
            self,
            seen=replace(self.seen, emails=kept["emails"], phones=kept["phones"]),
            shown=tuple(identifier for identifier in self.shown if identifier.key not in keys),
        )

    def released(self, customer: Customer) -> frozenset[IdentifierKey]:
        """What came to the customer from this shop, was not proven since, and is not shown there any more."""
        return self._unshown(customer) - self.displaced(customer)

    def displaced(self, customer: Customer) -> frozenset[IdentifierKey]:
        """Of what came from this shop, what was shown there until the hub's own word took its place: many a shop has
        one phone of a person. That is no word of the shop's, so that it stays with the customer."""
        fresh = ((i.kind, customer.carries(i.key)) for i in self.shown if i.key not in self.known)
        told = {kind for kind, entry in fresh if entry and entry.owned and not _came_from(entry, self.integration)}
        return frozenset(key for key in self._unshown(customer) if key in self.known and key.kind in told)

    def _unshown(self, customer: Customer) -> frozenset[IdentifierKey]:
        shown = {identifier.key for identifier in self.shown}
        brought = (i.key for i in customer.identifiers if _came_from(i, self.integration))
        return frozenset(key for key in brought if key.kind in (Kind.EMAIL, Kind.PHONE) and key not in shown)

    def unsettled(self, customer: Customer) -> tuple[IdentifierKey, ...]:
        """The keys whose claims tell what taking the record in makes of the customer; none where its identifiers are
        in order."""
        open_keys = (i.key for i in self.shown if self._is_open(i, customer.carries(i.key)))
        return tuple(dict.fromkeys((*open_keys, *sorted(self._unshown(customer)))))

    def _is_open(self, shown: Identifier, carried: Identifier | None) -> bool:
        if carried is None:
            return shown.key not in self.known
        return not carried.owned or carried.grade < shown.grade


def read_record(
    remote: RemoteCustomer, base: Snapshot | None, tenant: Tenant, integration: IntegrationId, now: datetime
) -> Reading:
    """Read a record of that integration, as the word of the shop is believed. What nobody could write to or call, and
    placeholders, are left out."""
    snapshot, source = seen(remote, base), integration
    caller = _shop(tenant, integration)
    key = external_key(integration, remote.id)
    record = Identifier(Kind.EXTERNAL, key.value, key.value, key.value, Grade.ASSERTED, source, now)
    shown, code = _read_all(snapshot, caller, source, now)
    is_unmoved = base is not None and (base.emails, base.phones) == (snapshot.emails, snapshot.phones)
    known = shown if is_unmoved else _read_all(base, caller, source, now)[0] if base else ()
    return Reading(remote, snapshot, base, record, shown, frozenset(i.key for i in known), code)


def shown_by(snapshot: Snapshot, tenant: Tenant, integration: IntegrationId, now: datetime) -> frozenset[IdentifierKey]:
    """The keys of the e-mails and phones that a record was seen with."""
    caller = _shop(tenant, integration)
    return frozenset(identifier.key for identifier in _read_all(snapshot, caller, integration, now)[0])


def is_old(remote: RemoteCustomer, link: Link | None) -> bool:
    """Whether something newer is known of the record already."""
    known = link.remote_updated_at if link else None
    return remote.updated_at is not None and known is not None and remote.updated_at < known


def shows_nothing_new(remote: RemoteCustomer, link: Link | None) -> bool:
    """Whether the record is just as it was seen last."""
    return link is not None and link.seen is not None and seen(remote, link.seen) == link.seen


def has_lost_something(remote: RemoteCustomer, base: Snapshot | None) -> bool:
    """Whether something is empty that was not: a webhook does not say whether it was blanked or is withheld."""
    if base is None:
        return False
    return any(getattr(base, name) and not getattr(remote, name) for name in _MAY_BE_WITHHELD)


_MAY_BE_WITHHELD = ("emails", "phones", "first_name", "last_name", "address")


def carries_unowned(customer: Customer) -> bool:
    """Whether the customer carries an e-mail or phone that is another's: that may have changed."""
    return any(not i.owned and i.kind in (Kind.EMAIL, Kind.PHONE) for i in customer.identifiers)


def adds_nothing(customer: Customer, reading: Reading) -> bool:
    """Whether the customer has all that the record shows, and nothing that it shows no more."""
    missing = any(i.key not in reading.known and not customer.carries(i.key) for i in reading.shown)
    return not missing and not reading.released(customer) and is_same(customer, _with_values(customer, reading))


def whose(reading: Reading, known: Known) -> Customer | None:
    """The customer whom a record speaks of that is nobody's yet; None for somebody new.

    That is the owner of an e-mail; else the one holder of a phone whose name agrees and whose e-mails are not others.
    Of an e-mail that was merely typed that is so for a member alone, for whom the hub looks up, or makes, the record
    with that e-mail: this may be the one. Whoever has a record of the shop already, or no room for one more identifier,
    is somebody else. Raises Gone for somebody who was erased.
    """
    _require_not_erased(reading, known)
    typed = _giving_way(reading, known, None)
    emails = [i for i in reading.shown if i.kind is Kind.EMAIL]
    owners = [(i.key in typed, owner) for i in emails if (owner := known.owner(i))]
    led_to = [owner for is_typed, owner in owners if not is_typed]
    led_to = led_to or [owner for _, owner in owners if owner.membership]
    if led_to:
        return next((owner for owner in led_to if _has_room(owner, reading)), None)
    phones = (i for i in reading.shown if i.kind is Kind.PHONE and i.owned and i.key not in typed)
    for phone in phones:
        found = [h for h in known.holders(phone) if _has_room(h, reading) and _is_same_person(h, reading, emails)]
        if len(found) == 1:
            return found[0]
    return None


@dataclass(frozen=True)
class Contested:
    """An identifier that the record shows and that another record of the same shop has brought to `holder`."""

    key: IdentifierKey
    holder: Customer
    record: Identifier


def contested(reading: Reading, known: Known, customer: Customer) -> tuple[Contested, ...]:
    """What the record shows and another record of the shop has brought to somebody else. That may be so; or the hub has
    not heard yet that the other one shows it no more, so that it is worth a look. What `customer` carries already was
    looked at before."""
    found = []
    for identifier in reading.shown:
        holder = known.owner(identifier)
        entry = holder.carries(identifier.key) if holder else None
        if holder is None or entry is None or customer.carries(identifier.key):
            continue
        record = external_entry(holder, reading.integration)
        if record and record.key != reading.record.key and _came_from(entry, reading.integration):
            found.append(Contested(identifier.key, holder, record))
    return tuple(found)


@dataclass(frozen=True)
class Brought:
    """What taking a record in comes to: the customer, what is to be written, and the conflict that it found, if it
    did. A conflict of customers who are all there already is not among the changes: it is recorded before them, since
    it may be known. `code` says what of the record was left out."""

    customer: Customer
    changes: Changes
    conflict: Conflict | None = None
    code: str | None = None

    @property
    def is_new(self) -> bool:
        """Whether nobody was known."""
        return not self.customer.version

    @property
    def is_changed(self) -> bool:
        """Whether the customer is another than before."""
        return any(one.id == self.customer.id for one in self.changes.customers)


@dataclass(frozen=True)
class Bringing:
    """A record that is brought to `before`, a blank customer where nobody is known. `known` is what is stored of the
    reading's `unsettled` keys, and of the record's own where that is new, with every holder. `link` is the tie to this
    very record, `standing` what else is in its place."""

    reading: Reading
    before: Customer
    known: Known
    circumstances: Circumstances
    link: Link | None = None
    standing: Link | None = None

    def run(self) -> Brought:
        """The customer as the shop has the person, and the writes that make it so."""
        identifiers, code = self._identifiers()
        after = replace(_with_values(self.before, self.reading), identifiers=identifiers)
        after = self._marked(after)
        others = self._others(after)
        losers = self._losers(after)
        parties = losers | self._household(after, others, losers)
        after = parties.get(after.id, after)
        if not self.before.version or not is_same(self.before, after):
            now, source = self.circumstances.now, self.circumstances.source
            parties[after.id] = replace(after, last_updated_via=source, updated_at=now)
        changes = self._written(parties)
        after = parties.get(after.id, after)
        conflict = self._conflict(after, others)
        if conflict and not after.version:
            changes = replace(changes, conflicts=(*changes.conflicts, conflict))
        return Brought(after, changes.along_with(self._tie(after)), conflict, code or self.reading.code)

    @cached_property
    def _had_record(self) -> bool:
        return external_entry(self.before, self.reading.integration) is not None

    def _marked(self, customer: Customer) -> Customer:
        """With what tells that the person came from the shop, and has a record there."""
        here = self.reading.integration
        sources = customer.account_sources
        if not self._had_record:
            sources = union(sources, (here,))[: max(MAX_SOURCES, len(sources))]
        left = tuple(one for one in customer.deleted_from if one != here)
        return replace(customer, account_sources=sources, deleted_from=left)

    def _identifiers(self) -> tuple[tuple[Identifier, ...], str | None]:
        """Those of the customer afterwards, and why one of the record's is not among them."""
        reading, released = self.reading, self.reading.released(self.before)
        entries = {i.key: i for i in _keeping_displaced(self.before, reading) if i.key not in released}
        for entry in self.before.identifiers:
            if entry.key in released and entry.key in reading.elsewhere:
                entries[entry.key] = replace(entry, source=reading.elsewhere[entry.key])
        code: str | None = None
        for shown in (reading.record, *reading.shown):
            carried, owned = entries.get(shown.key), self._may_own(shown)
            if shown.key in self.known.gone:
                code = "person_erased"
            elif carried:
                entries[shown.key] = _believed(carried, shown) if owned else carried
            elif shown.key in reading.known:
                continue  # the hub has taken it away since
            elif len(entries) < MAX_IDENTIFIERS or shown.kind is Kind.EXTERNAL:
                entries[shown.key] = replace(shown, owned=owned)
            else:
                code = "too_many_identifiers"
        return ranked(self._in_order(entries.values())), code

    def _in_order(self, entries: Iterable[Identifier]) -> Iterable[Identifier]:
        """Where the shop has changed its lists, in the shop's order."""
        seen_now, base = self.reading.seen, self.reading.base
        if base is None or (base.emails, base.phones) == (seen_now.emails, seen_now.phones):
            return entries
        places = {identifier.key: place for place, identifier in enumerate(self.reading.shown)}
        return sorted(entries, key=lambda identifier: places.get(identifier.key, len(places)))

    def _may_own(self, shown: Identifier) -> bool:
        claim = self.known.claims.get(shown.key)
        is_free = claim is None or claim.owner == self.before.id or shown.key in self._giving_way
        return shown.owned and is_free and shown.key not in self.known.gone

    @cached_property
    def _giving_way(self) -> frozenset[IdentifierKey]:
        return _giving_way(self.reading, self.known, self.before)

    def _losers(self, after: Customer) -> dict[CustomerId, Customer]:
        """Those who had merely typed what the shop is believed on: they carry it, but own it no more."""
        own = {identifier.key for identifier in after.identifiers if identifier.owned}
        losers: dict[CustomerId, Customer] = {}
        for key in sorted(self._giving_way & own):
            owner = self.known.claims[key].owner
            loser = losers.get(owner, self.known.customers[owner])
            entries = (replace(i, owned=False, preferred=False) if i.key == key else i for i in loser.identifiers)
            losers[owner] = replace(loser, identifiers=ranked(entries), updated_at=self.circumstances.now)
        return losers

    def _others(self, after: Customer) -> dict[IdentifierKey, Customer]:
        """What the customer carries from now on and does not own, and whose it is."""
        fresh = [i for i in after.identifiers if not i.owned and not self.before.carries(i.key)]
        owners = {i.key: owner for i in fresh if (owner := self.known.owner(i))}
        return {key: owner for key, owner in owners.items() if not owner.is_kept_apart_from(after)}

    def _household(
        self, after: Customer, others: Mapping[IdentifierKey, Customer], losers: Customers
    ) -> dict[CustomerId, Customer]:
        """The customer and the holders of a phone that they share from now on, in one household."""
        claims = [self.known.claims[key] for key in others if key.kind is Kind.PHONE]
        shared = [claim for claim in claims if len(claim.holders) < MAX_HOLDERS]
        if not shared:
            return {}
        ids = sorted({holder for claim in shared for holder in claim.holders} - {after.id})
        people = [after, *(losers.get(one, self.known.customers[one]) for one in ids)]
        household = next((one.household_id for one in people if one.household_id), None) or new_household_id()
        joining = (replace(one, household_id=household) for one in people if not one.household_id)
        return {one.id: replace(one, updated_at=self.circumstances.now) for one in joining}

    def _written(self, parties: dict[CustomerId, Customer]) -> Changes:
        """The customers, whoever inherits a phone that one of them has given up, and the claims that say so."""
        held = {key: claim for key, claim in self.known.claims.items() if key in self._named}
        relatives = self.known.customers
        stored = {**relatives, **({self.before.id: self.before} if self.before.version else {})}
        before = {party: stored[party] for party in parties if party in stored}
        after = dict(with_heirs(before, parties, held, relatives))
        for heir in after.keys() - parties.keys():
            after[heir] = replace(after[heir], updated_at=self.circumstances.now)
            before[heir] = stored[heir]
        claims = follow(self._naming(before), self._naming(after), held, self.known.gone)
        return Changes(
            customers=tuple(after.values()),
            claims=tuple(self._without_losers(claim) for claim in claims.put),
            freed=claims.freed,
            events=tuple(self._event(before.get(party), one) for party, one in after.items()),
            conflicts=tuple(self._displacements(after)),
        )

    @cached_property
    def _named(self) -> frozenset[IdentifierKey]:
        """What was read, of which alone the claims can be told: the others are in order."""
        return frozenset((*self.reading.unsettled(self.before), self.reading.record.key))

    def _naming(self, customers: Customers) -> Customers:
        named = self._named
        return {
            one.id: replace(one, identifiers=tuple(i for i in one.identifiers if i.key in named and self._was_read(i)))
            for one in customers.values()
        }

    def _was_read(self, identifier: Identifier) -> bool:
        """The record's id is not read where it is known, and stays as it is then."""
        return identifier.key != self.reading.record.key or not self._had_record

    def _without_losers(self, claim: Claim) -> Claim:
        """Who had merely typed a phone is not found by it any more."""
        if claim.key not in self._giving_way:
            return claim
        return replace(claim, sharers=claim.sharers - {self.known.claims[claim.key].owner})

    def _displacements(self, after: Customers) -> Iterable[Conflict]:
        """Who lost an identifier may be the same person, who had not proven it yet: for review."""
        person = after.get(self.before.id)
        own = {i.key for i in person.identifiers if i.owned} if person else set()
        for key in sorted(self._giving_way & own):
            loser = after[self.known.claims[key].owner]
            if person:
                yield Conflict(person.tenant, ConflictKind.DISPLACED, (person, loser), (key,), self.circumstances)

    def _event(self, before: Customer | None, after: Customer) -> Event:
        is_person = after.id == self.before.id
        via = tuple(key for key in self.reading.keys if after.carries(key)) if is_person else ()
        kind = EventType.CUSTOMER_CREATED if before is None else EventType.CUSTOMER_UPDATED
        if before and self._lost(before, after) & self._giving_way:
            kind = EventType.IDENTIFIER_LOST
        return change_event(kind, before, after, self.circumstances, via)

    def _lost(self, before: Customer, after: Customer) -> frozenset[IdentifierKey]:
        had = {i.key for i in before.identifiers if i.owned}
        return frozenset(had - {i.key for i in after.identifiers if i.owned})

    def _conflict(self, after: Customer, others: Mapping[IdentifierKey, Customer]) -> Conflict | None:
        if not others:
            return None
        parties = tuple({one.id: one for one in others.values()}.values())[:MAX_PARTIES]
        claims = [self.known.claims[key] for key, owner in others.items() if owner in parties]
        return conflict_with(after, parties, claims, self.circumstances)

    def _tie(self, after: Customer) -> Changes:
        """The link as it is to be, of the customer as read: what is seen now must have been taken in. Of one who had no
        record there it is guarded by the customer, who changes too."""
        remote, now = self.reading.remote, self.circumstances.now
        known = self.link or Link(after.id, self.reading.integration, remote.id, "", now)
        link = replace(
            known, written_at=now, remote_updated_at=remote.updated_at, seen=self.reading.seen, deleted_at=None
        )
        if self.before.version and not self._had_record:
            return Changes(records=(link.record,))
        read = self.link or self.standing
        change = RecordChange(link.record, read.record if read else None)
        return Changes(revised=(change,), unchanged=(self.before,))


def leave(
    customer: Customer, link: Link, standing: Link | None, known: Known, *, at: datetime, circumstances: Circumstances
) -> tuple[Customer, Changes]:
    """The customer without the record that `link` names, which was deleted `at` that time, and the writes. `known` is
    what is stored of the record's key and of what the shop had brought: that stays, as the hub's own knowledge, since
    no record can take it back any more. `standing` is the link as it was read, None where there was none."""
    integration, key = link.integration, external_key(link.integration, link.external_id)
    kept = (_kept(entry, integration) for entry in customer.identifiers if entry.key != key)
    after = replace(
        customer,
        identifiers=ranked(kept),
        deleted_from=union(customer.deleted_from, (integration,)),
        last_updated_via=circumstances.source,
        updated_at=circumstances.now,
    )
    before, now = ({one.id: _only(one, known.claims)} for one in (customer, after))
    claims = follow(before, now, known.claims, {})
    gone = replace(link, deleted_at=at, written_at=circumstances.now)
    return after, Changes(
        customers=(after,),
        claims=claims.put,
        freed=claims.freed,
        events=(change_event(EventType.CUSTOMER_UPDATED, customer, after, circumstances, (key,)),),
        revised=(RecordChange(gone.record, standing.record if standing else None),),
    )


def keys_of_leaving(customer: Customer, integration: IntegrationId) -> tuple[IdentifierKey, ...]:
    """The keys of which the claims change when the customer's record there is gone."""
    record = external_entry(customer, integration)
    brought = (i.key for i in customer.identifiers if i.owned and i.source == integration and i != record)
    return tuple(dict.fromkeys((*([record.key] if record else []), *brought)))


def keep_displaced(
    customer: Customer, reading: Reading, claims: Mapping[IdentifierKey, Claim], circumstances: Circumstances
) -> Changes:
    """The writes after which what the hub's word has displaced in the shop is the hub's own knowledge, which no later
    change of the record takes back; none where it displaced nothing. `claims` are those of the identifiers."""
    if not reading.displaced(customer):
        return NO_CHANGES
    after = replace(
        customer,
        identifiers=_keeping_displaced(customer, reading),
        last_updated_via=circumstances.source,
        updated_at=circumstances.now,
    )
    before, now = ({one.id: _only(one, claims)} for one in (customer, after))
    event = change_event(EventType.CUSTOMER_UPDATED, customer, after, circumstances)
    return Changes(customers=(after,), claims=follow(before, now, claims, {}).put, events=(event,))


def seen_after_writing(
    customer: Customer, link: Link | None, reading: Reading
) -> tuple[Snapshot | None, datetime | None]:
    """What is kept as seen of a record that the hub has just written, and when it changed last.

    That is the record as answered, where the customer has all of it: then the shop's word of this very change is known.
    Where somebody has changed the record too, and the hub has not heard of that yet, only the names that were told are:
    the rest is still to be taken in.
    """
    if adds_nothing(customer, reading):
        return reading.seen, reading.remote.updated_at
    base = reading.base
    if base is None or link is None:
        return base, link.remote_updated_at if link else None
    told = {
        name: getattr(reading.seen, name)
        for name in ("first_name", "last_name")
        if (clean_name(getattr(reading.seen, name) or "") or None) == getattr(customer, name)
    }
    return replace(base, **told), link.remote_updated_at


def _shop(tenant: Tenant, integration: IntegrationId) -> TrustedCaller:
    """A shop is believed in what it says of its own customers."""
    return TrustedCaller(tenant, CredentialId(f"integration:{integration}"), frozenset(), 0)


def _read_all(
    snapshot: Snapshot, caller: TrustedCaller, source: str, now: datetime
) -> tuple[tuple[Identifier, ...], str | None]:
    found: dict[IdentifierKey, Identifier] = {}
    code: str | None = None
    for kind, texts in ((Kind.EMAIL, snapshot.emails), (Kind.PHONE, snapshot.phones)):
        for text in texts[:MAX_EACH]:
            try:
                identifier = read_identifier(kind, text, caller, source, now)
            except InvalidInput as refusal:
                code = code or refusal.code
                continue
            if identifier:
                found.setdefault(identifier.key, identifier)
        if len(texts) > MAX_EACH:
            code = code or "too_many_identifiers"
    return tuple(found.values()), code


def _require_not_erased(reading: Reading, known: Known) -> None:
    """A record of somebody who was erased brings nobody back, nor does a phone by which nothing else is told."""
    emails = [i.key for i in reading.shown if i.kind is Kind.EMAIL]
    deciding = [reading.record.key, *(emails or (i.key for i in reading.shown))]
    if any(key in known.gone for key in deciding):
        raise Gone("this person was erased, and can only come back by a proof of the own")


def _giving_way(reading: Reading, known: Known, customer: Customer | None) -> frozenset[IdentifierKey]:
    """Claims that were merely typed, of accounts to which nothing better leads: they give way to the shop's word."""
    claims = [known.claims[i.key] for i in reading.shown if i.owned and i.key in known.claims]
    meant = {claim.owner for claim in claims if claim.grade > Grade.CLAIMED} | ({customer.id} if customer else set())
    return frozenset(claim.key for claim in claims if claim.grade is Grade.CLAIMED and claim.owner not in meant)


def _has_room(customer: Customer, reading: Reading) -> bool:
    return external_entry(customer, reading.integration) is None and len(customer.identifiers) < MAX_IDENTIFIERS


def _is_same_person(holder: Customer, reading: Reading, emails: Sequence[Identifier]) -> bool:
    """Whether a phone tells so: the first names agree, and neither the last names nor the e-mails say otherwise."""
    own = {i.key for i in holder.identifiers if i.kind is Kind.EMAIL}
    stated = {i.key for i in emails}
    is_elsewhere = bool(own and stated) and own.isdisjoint(stated)
    is_named_so = names_agree(reading.seen.first_name, holder.first_name)
    return is_named_so and not names_differ(reading.seen.last_name, holder.last_name) and not is_elsewhere


def _with_values(customer: Customer, reading: Reading) -> Customer:
    """Names and address."""
    base, now = reading.base or Snapshot(), reading.seen
    return replace(
        customer,
        first_name=_name(customer.first_name, base.first_name, now.first_name),
        last_name=_name(customer.last_name, base.last_name, now.last_name),
        address=_address(customer.address, hub_address(base.address), hub_address(now.address)),
    )


def _name(known: str | None, base: str | None, now: str | None) -> str | None:
    """A name that was blanked in the shop is blanked here, unless the hub has another one by now."""
    if now == base:
        return known
    cleaned, before = (clean_name(text or "") or None for text in (now, base))
    return cleaned or (None if known == before else known)


def _address(known: Mapping[str, str], base: Mapping[str, str], now: Mapping[str, str]) -> Mapping[str, str]:
    """A new street is a new address; else the parts that the shop has changed."""
    if now == base:
        return known
    if now.get("line1") and now.get("line1") != base.get("line1"):
        return now
    changed = {part: now.get(part) for part in ADDRESS_PARTS if now.get(part) != base.get(part)}
    merged = {**known, **changed}
    return {part: text for part, text in merged.items() if text}


def _believed(carried: Identifier, shown: Identifier) -> Identifier:
    """An own identifier, as well proven as the shop's word goes."""
    return replace(carried, owned=True, grade=max(carried.grade, shown.grade))


def _came_from(entry: Identifier, integration: IntegrationId) -> bool:
    """Whether the customer has it by that shop's word alone."""
    return entry.source == integration and entry.grade < Grade.VERIFIED


def _keeping_displaced(customer: Customer, reading: Reading) -> tuple[Identifier, ...]:
    """The customer's identifiers, of which the shop does not take back what the hub has displaced there."""
    displaced = reading.displaced(customer)
    return tuple(_kept(i, reading.integration) if i.key in displaced else i for i in customer.identifiers)


def _kept(entry: Identifier, integration: IntegrationId) -> Identifier:
    return replace(entry, source=deleted_source(integration)) if entry.source == integration else entry


def _only(customer: Customer, keys: Mapping[IdentifierKey, Claim]) -> Customer:
    return replace(customer, identifiers=tuple(i for i in customer.identifiers if i.key in keys))
