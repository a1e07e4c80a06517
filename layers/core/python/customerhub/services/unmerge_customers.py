"""Staff take a merge back."""

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.customer import Alias, Customer, StoredCustomer
from customerhub.domain.events import Circumstances, Event, EventType
from customerhub.domain.ids import CustomerId, MergeId
from customerhub.domain.merge import MergeRecord
from customerhub.domain.records import Record
from customerhub.domain.unmerge import Assignments, LaterRecord, Scene, Separation, separate, undo
from customerhub.errors import Gone, InvalidInput, LostRace
from customerhub.ports import TimelineStore
from customerhub.services.attempts import attempts
from customerhub.services.find_customer import find_customer
from customerhub.services.merge_customers import MergeParts

EVENTS_PER_PAGE = 100
RECORDS_PER_MOVE = 33
"""Up to three writes each, in a transaction of 100."""
MAX_RECORDS = 1_000_000


@dataclass(frozen=True)
class Unmerged:
    """What an undoing does, or did. It is `done` unless it was a dry run, or a person must assign something first."""

    record: MergeRecord
    separation: Separation
    done: bool


def unmerge_customers(
    customer_id: CustomerId,
    merge_id: MergeId | None,
    assigned: Assignments,
    caller: Caller,
    circumstances: Circumstances,
    *,
    parts: MergeParts,
    timeline: TimelineStore,
    dry_run: bool,
    keep_apart: bool,
    before_write: Callable[[], object] = lambda: None,
) -> Unmerged:
    """Undo a merge: without `merge_id` the one that absorbed the customer of that id, or the only one into it, unless
    it was taken out of another one since: a call that is repeated must not undo a second merge.

    Both are as they were, and have what was edited since and can be told to be theirs; what cannot is listed, and
    nothing is done until it is `assigned`. Records that came since and belong to another are moved first, which nobody
    can see while the merge holds; the rest is one transaction. A repeated call finds it done. With `keep_apart` no call
    merges the customers again.
    Merges may be undone in any order: later ones are kept as they would have been without it.
    Raises Forbidden, NotFound, Gone, TooMuchContention, and InvalidInput where there is nothing to undo, and for an
    assignment that is none.
    """
    caller.require(Scope.CUSTOMERS_MERGE)
    call = _Call(
        customer_id, merge_id, assigned, caller, circumstances, parts, timeline, dry_run, keep_apart, before_write
    )
    return attempts(parts.clock, call.attempt)


@dataclass(frozen=True)
class _Lineage:
    """The live customer in whom a merge lives on, the merges that led there, and since when it lived in whom."""

    survivor: Customer
    merges: tuple[MergeRecord, ...]
    lived_in: Mapping[CustomerId, datetime]


@dataclass(frozen=True)
class _Call:
    customer_id: CustomerId
    merge_id: MergeId | None
    assigned: Assignments
    caller: Caller
    circumstances: Circumstances
    parts: MergeParts
    timeline: TimelineStore
    dry_run: bool
    keep_apart: bool
    before_write: Callable[[], object]

    def attempt(self) -> Unmerged:
        """Read, decide, move and write once."""
        record = self._record()
        if record.undone_at:
            return self._done_before(record)
        scene = self._scene(record)
        separation = separate(scene, self.assigned)
        _check_assignments(self.assigned, separation)
        if self.dry_run or separation.unassigned:
            return Unmerged(record, separation, done=False)
        self.before_write()
        self._move(separation.moved)
        changes = undo(scene, separation, self.circumstances, keep_apart=self.keep_apart)
        self.parts.identities.write(self.caller.tenant, changes, None)
        self._move(self._stragglers(scene))
        return Unmerged(replace(record, undone_at=self.circumstances.now), separation, done=True)

    def _record(self) -> MergeRecord:
        live = find_customer(self.customer_id, self.caller, store=self.parts.identities)
        stored = self._stored([self.customer_id]).get(self.customer_id)
        record = self._asked_for(stored, live) if stored else None
        if record is None:
            raise InvalidInput("there is no such merge to undo", code="nothing_to_undo", field="mergeId")
        return record

    def _asked_for(self, stored: StoredCustomer, live: Customer) -> MergeRecord | None:
        ledger, tenant = self.parts.ledger, live.tenant
        if self.merge_id:
            found = (ledger.get_merge(tenant, customer_id, self.merge_id) for customer_id in live.ids)
            return next((record for record in found if record), None)
        if isinstance(stored, Alias):
            return ledger.get_merge(tenant, stored.merged_into, stored.merge)
        holding = ledger.holding_merges(tenant, live.id)
        if len(holding) > 1 or any(self._was_separated_since(record) for record in holding):
            ids = ", ".join(record.id for record in holding)
            raise InvalidInput(f"say which merge is to be undone: one of {ids}", code="which_merge", field="mergeId")
        return holding[0] if holding else None

    def _was_separated_since(self, record: MergeRecord) -> bool:
        """Whether this may be the repetition of a call that has undone another merge."""
        events = self._own_events(record.survivor.id, record.merged_at, None)
        return any(event.type is EventType.CUSTOMER_UNMERGED for event in events)

    def _scene(self, record: MergeRecord) -> Scene:
        lineage = self._lineage(record)
        survivor = lineage.survivor
        stored = self._stored([c.id for c in (*record.absorbed, *record.bystanders)])
        aliases = {i: a for i, a in stored.items() if isinstance(a, Alias) and a.merge == record.id}
        bystanders = {i: c for i, c in stored.items() if isinstance(c, Customer) and c.id != survivor.id}
        if len(aliases) < len(record.absorbed):
            raise LostRace("somebody else undoes this merge")
        images = (survivor, record.survivor, *record.absorbed, *record.bystanders)
        keys = sorted({identifier.key for image in images for identifier in image.identifiers})
        reading = self.parts.identities.read_identity(self.caller.tenant, keys, None)
        sharers = {sharer for claim in reading.claims.values() for sharer in claim.sharers}
        relatives = self._stored(sorted(sharers - {survivor.id, *bystanders}))
        return Scene(
            record,
            survivor,
            aliases,
            bystanders,
            relatives={i: c for i, c in relatives.items() if isinstance(c, Customer)},
            claims=reading.claims,
            gone=reading.gone,
            events=self._events_since(record),
            records=self._records_since(lineage),
            later=lineage.merges,
        )

    def _lineage(self, record: MergeRecord) -> _Lineage:
        """From the merge to the live customer in whom it lives on."""
        customer_id, version = record.survivor.id, record.survivor.version
        merges: list[MergeRecord] = []
        lived_in = {customer_id: record.merged_at}
        while True:
            holding = self.parts.ledger.holding_merges(self.caller.tenant.id, customer_id)
            merges += (merge for merge in holding if merge.survivor.version > version)
            stored = self._stored([customer_id]).get(customer_id)
            if isinstance(stored, Customer):
                return _Lineage(stored, tuple(merges), lived_in)
            merge = self._merge_of(stored)
            merges.append(merge)
            customer_id, version = merge.survivor.id, merge.survivor.version
            lived_in[customer_id] = merge.merged_at

    def _merge_of(self, stored: StoredCustomer | None) -> MergeRecord:
        if not isinstance(stored, Alias):
            raise Gone("this person was erased")
        merge = self.parts.ledger.get_merge(stored.tenant, stored.merged_into, stored.merge)
        if merge is None or merge.undone_at:
            raise LostRace("a later merge is being undone")
        return merge

    def _stored(self, ids: Sequence[CustomerId]) -> Mapping[CustomerId, StoredCustomer]:
        return self.parts.identities.get_customers(self.caller.tenant.id, ids) if ids else {}

    def _events_since(self, record: MergeRecord) -> tuple[Event, ...]:
        """What was done to the survivor since the merge, in whomever it was at that time; the oldest first."""
        found = self._events_of(record.survivor.id, record.merged_at, None)
        return tuple(sorted(found, key=lambda event: event.id))

    def _events_of(self, customer_id: CustomerId, since: datetime, until: datetime | None) -> Iterator[Event]:
        own = sorted(self._own_events(customer_id, since, until), key=lambda event: event.circumstances.now)
        yield from own
        for number, event in enumerate(own):
            if event.type is EventType.CUSTOMER_ABSORBED:
                back = (e.circumstances.now for e in own[number:] if e.type is EventType.CUSTOMER_UNMERGED)
                into, at = CustomerId(str(event.after["merged_into"])), event.circumstances.now
                yield from self._events_of(into, at, next(back, until))

    def _own_events(self, customer_id: CustomerId, since: datetime, until: datetime | None) -> Iterator[Event]:
        before: str | None = None
        while True:
            page = self.timeline.read_events(self.caller.tenant.id, [customer_id], before, EVENTS_PER_PAGE)
            recent = [event for event in page.items if event.circumstances.now >= since]
            yield from (event for event in recent if until is None or event.circumstances.now <= until)
            before = page.after
            if before is None or len(recent) < len(page.items):
                return

    def _records_since(self, lineage: _Lineage) -> tuple[Record, ...]:
        """What was written to those in whom the merge lived, while it did."""
        records = self.parts.records.list_records(self.caller.tenant.id, list(lineage.lived_in), MAX_RECORDS)
        return tuple(one for one in records if one.written_at >= lineage.lived_in[one.customer])

    def _move(self, records: Sequence[LaterRecord]) -> None:
        for owner in dict.fromkeys(later.owner for later in records if later.owner):
            moved = [later.record for later in records if later.owner == owner]
            for start in range(0, len(moved), RECORDS_PER_MOVE):
                batch = moved[start : start + RECORDS_PER_MOVE]
                self.parts.records.move(self.caller.tenant.id, batch, owner)

    def _stragglers(self, scene: Scene) -> tuple[LaterRecord, ...]:
        """What was written to the survivor while the merge was being undone."""
        records = self._records_since(self._lineage(scene.record))
        return separate(replace(scene, records=records), self.assigned).moved

    def _done_before(self, record: MergeRecord) -> Unmerged:
        ids = [customer.id for customer in (record.survivor, *record.absorbed)]
        stored = self._stored(ids)
        customers = tuple(c for i in ids if isinstance(c := stored.get(i), Customer))
        return Unmerged(record, Separation(customers, (), (), ()), done=True)


def _check_assignments(assigned: Assignments, separation: Separation) -> None:
    known = {*(edit.id for edit in separation.edits), *(later.id for later in separation.records)}
    parties = {customer.id for customer in separation.customers}
    if not known.issuperset(assigned):
        raise InvalidInput("names something that was not edited since the merge", field="assign")
    if not parties.issuperset(assigned.values()):
        raise InvalidInput(f"every value is one of {', '.join(sorted(parties))}", field="assign")
