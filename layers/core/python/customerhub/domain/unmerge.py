"""Taking a merge back: each customer as it was, and what was edited since with the one whom it belongs to. Pure."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from customerhub.domain.changes import Changes, Claims
from customerhub.domain.customer import Alias, Customer, ranked
from customerhub.domain.events import Circumstances, Event, EventType, change_event
from customerhub.domain.facets import Facet, differing, facets, facets_of, identifier_key, with_facet
from customerhub.domain.identifier import Claim, IdentifierKey
from customerhub.domain.ids import CustomerId
from customerhub.domain.merge import MergeRecord, absorb
from customerhub.domain.ownership import Customers, follow, with_heirs
from customerhub.domain.records import Record, RecordKind

Assignments = Mapping[str, CustomerId]
"""What a person decided: the id of an edit or a record, and whose it is."""

MEMBERSHIP: Facet = ("membership",)

_MERGING = frozenset({EventType.CUSTOMER_MERGED, EventType.CUSTOMER_ABSORBED, EventType.CUSTOMER_UNMERGED})


@dataclass(frozen=True)
class Scene:
    """All that an undoing looks at, as stored now.

    `survivor` is the live customer in whom the merge of `record` lives on, and `later` the merges that led there since:
    of the same customer with others, or of it into another; the oldest first. `aliases` stand for those whom the merge
    absorbed, `bystanders` are those of the record who are still live, and `relatives` the other sharers of the claims;
    `claims` and `gone` are of every identifier in the record's images and in these. `events` are those of the customers
    in whom the merge lived since, the oldest first; `records` were written to these since.
    """

    record: MergeRecord
    survivor: Customer
    aliases: Mapping[CustomerId, Alias]
    bystanders: Customers
    relatives: Customers
    claims: Claims
    gone: Mapping[IdentifierKey, int]
    events: Sequence[Event]
    records: Sequence[Record]
    later: Sequence[MergeRecord] = ()


@dataclass(frozen=True)
class Edit:
    """Something that was changed since the merge. `owners` are those with whom it stays; none while nobody can tell."""

    facet: Facet
    owners: tuple[CustomerId, ...]

    @property
    def id(self) -> str:
        """By which a person assigns it."""
        return ":".join(self.facet)


@dataclass(frozen=True)
class LaterRecord:
    """A record that came since the merge, and whose it is; None while nobody can tell."""

    record: Record
    owner: CustomerId | None

    @property
    def id(self) -> str:
        """By which a person assigns it."""
        return f"{self.record.kind}:{self.record.id}"


@dataclass(frozen=True)
class Separation:
    """What an undoing does: who the customers are, first the one in whom the merge lived on; and the `later` merges as
    they would have been without it. `taken_back` came with the merging call, and is nobody's who was there before."""

    customers: tuple[Customer, ...]
    edits: tuple[Edit, ...]
    records: tuple[LaterRecord, ...]
    taken_back: tuple[Facet, ...]
    later: tuple[MergeRecord, ...] = ()

    @property
    def unassigned(self) -> tuple[str, ...]:
        """What a person must assign before it can be carried out."""
        edits = (edit.id for edit in self.edits if not edit.owners)
        return (*edits, *(later.id for later in self.records if later.owner is None))

    @property
    def moved(self) -> tuple[LaterRecord, ...]:
        """Records that leave the collection that they were written to, for that of one who goes."""
        gone = {customer.id for customer in self.customers[1:]}
        return tuple(later for later in self.records if later.owner in gone)


def separate(scene: Scene, assigned: Assignments) -> Separation:
    """Who the customers are without the merge.

    An edit of what one of them had before stays with that one. What is new belongs to the one by whose identifiers the
    request that brought it named the customer, if it named one only; else to whom `assigned` says. What later merges
    brought stays where it is.
    """
    teller = _Teller(scene, dict(assigned))
    stages = _stages(scene)
    edits = teller.edits(stages)
    survivor, later = _relived(scene, stages, edits)
    others = [_left(image, stages, edits, scene) for image in scene.record.absorbed]
    records = tuple(LaterRecord(record, teller.owner_of_record(record)) for record in scene.records)
    customers = _without_ended(_one_owner_each((survivor, *others)), scene, edits)
    return Separation(customers, edits, records, _taken_back(scene, edits), later)


def undo(scene: Scene, separation: Separation, circumstances: Circumstances, *, keep_apart: bool) -> Changes:
    """The writes. With `keep_apart` the customers are never merged again."""
    parties = _kept_apart(separation.customers) if keep_apart else separation.customers
    bystanders = {b.id: _given_back(b, scene) for b in scene.bystanders.values()}
    before = {scene.survivor.id: scene.survivor, **scene.bystanders}
    restored = {customer.id: customer for customer in (*parties, *bystanders.values())}
    after = with_heirs(before, restored, scene.claims, scene.relatives)
    before |= {heir: scene.relatives[heir] for heir in after if heir in scene.relatives}
    claims = follow(before, after, scene.claims, scene.gone)
    put = {claim.key: claim for claim in claims.put} | _claims_as_before(scene, after)
    changed = tuple(c for c in after.values() if c.id in before and c not in (*parties, before[c.id]))
    return Changes(
        customers=(*parties, *changed),
        claims=tuple(claim for claim in put.values() if claim != scene.claims.get(claim.key)),
        freed=tuple(claim for claim in claims.freed if claim.key not in put),
        events=tuple(_event(customer, scene, circumstances) for customer in parties),
        undone=(replace(scene.record, undone_at=circumstances.now), *separation.later),
    )


@dataclass(frozen=True)
class _Stage:
    """The time from one merge to the next: the customer as the one left it, and as the next one, or today, found it.
    `merge` is the next one; None for today."""

    start: Customer
    end: Customer
    merge: MergeRecord | None

    @property
    def changed(self) -> list[Facet]:
        """What was edited in that time."""
        return differing(facets(self.start), facets(self.end))


def _stages(scene: Scene) -> tuple[_Stage, ...]:
    stages: list[_Stage] = []
    start = scene.record.merged
    for merge in scene.later:
        end = next(image for image in _images(merge) if image.id == start.id)
        stages.append(_Stage(start, end, merge))
        start = merge.merged
    return (*stages, _Stage(start, scene.survivor, None))


@dataclass
class _Teller:
    """Tells whose an edit is: one of those whom the merge absorbed, or the survivor's with all that joined it later."""

    scene: Scene
    assigned: dict[str, CustomerId]
    _sides: dict[CustomerId, tuple[Customer, ...]] = field(init=False)
    _holders: dict[IdentifierKey, frozenset[CustomerId]] = field(init=False)
    _by_request: dict[Facet, CustomerId | None] = field(init=False, default_factory=dict)

    def __post_init__(self) -> None:
        record = self.scene.record
        joined = _joined_later(self.scene)
        self._sides = {image.id: (image,) for image in record.absorbed}
        self._sides[record.survivor.id] = (record.survivor, *joined)
        keys = {i.key for side in self._sides.values() for image in side for i in image.identifiers}
        self._holders = {key: self._holding(key) for key in keys}
        self._assign_membership()
        for event in self.scene.events:
            self._follow(event)

    def _assign_membership(self) -> None:
        """Who is said to have the enrollment that makes the customer a member has the membership."""
        for record in filter(self._is_current, self.scene.records):
            owner = self.assigned.get(LaterRecord(record, None).id)
            if owner:
                self.assigned.setdefault(":".join(MEMBERSHIP), owner)

    def _is_current(self, record: Record) -> bool:
        current = self.scene.survivor.membership
        return bool(current) and record.kind is RecordKind.ENROLLMENT and record.content.get("id") == current

    def edits(self, stages: Iterable[_Stage]) -> tuple[Edit, ...]:
        """Every facet that was edited at some time."""
        changed = dict.fromkeys(facet for stage in stages for facet in stage.changed)
        return tuple(Edit(facet, self._owners(facet)) for facet in changed)

    def owner_of_record(self, record: Record) -> CustomerId | None:
        """Whose a later record is. The enrollment that makes the customer a member goes with the membership."""
        chosen = self.assigned.get(LaterRecord(record, None).id)
        if record.kind is RecordKind.ENROLLMENT:
            return self._owner_of_enrollment(record, chosen)
        return chosen or self._by_identifiers(record.via)

    def _owner_of_enrollment(self, record: Record, chosen: CustomerId | None) -> CustomerId | None:
        owner = None if self._is_current(record) else chosen or self._by_identifiers(record.via)
        members = self._owners(MEMBERSHIP)
        return owner or (members[0] if len(members) == 1 else None)

    def _owners(self, facet: Facet) -> tuple[CustomerId, ...]:
        key = identifier_key(facet)
        had = tuple(who for who, side in self._sides.items() if any(facet in facets(image) for image in side))
        if key and had:
            return had
        owner = self.assigned.get(":".join(facet)) or self._by_request.get(facet)
        if owner:
            return (owner,)
        is_removed = facet not in facets(self.scene.survivor)
        return had if is_removed or len(had) == 1 else ()

    def _follow(self, event: Event) -> None:
        """Note whose request changed what; an identifier that it brought names the same one from then on."""
        if event.type in _MERGING:
            return
        owner = self._by_identifiers(event.via)
        for facet in differing(facets_of(event.before), facets_of(event.after)):
            self._by_request[facet] = owner
            key = identifier_key(facet)
            if key and key not in self._holders:
                chosen = self.assigned.get(":".join(facet)) or owner
                self._holders[key] = frozenset({chosen} if chosen else ())

    def _by_identifiers(self, via: Iterable[IdentifierKey]) -> CustomerId | None:
        named = {holder for key in via for holder in self._holders.get(key, ())}
        return next(iter(named)) if len(named) == 1 else None

    def _holding(self, key: IdentifierKey) -> frozenset[CustomerId]:
        """The owner; where nobody of them owns it, who carries it."""
        entries = {who: [i for image in side if (i := image.carries(key))] for who, side in self._sides.items()}
        owning = frozenset(who for who, carried in entries.items() if any(entry.owned for entry in carried))
        return owning or frozenset(who for who, carried in entries.items() if carried)


def _images(record: MergeRecord) -> tuple[Customer, ...]:
    return (record.survivor, *record.absorbed)


def _joined_later(scene: Scene) -> tuple[Customer, ...]:
    """Who came together since with the customer in whom the merge lives on."""
    inside, joined = scene.record.survivor.id, []
    for merge in scene.later:
        joined += [image for image in _images(merge) if image.id != inside]
        inside = merge.survivor.id
    return tuple(joined)


def _relived(scene: Scene, stages: Sequence[_Stage], edits: Sequence[Edit]) -> tuple[Customer, tuple[MergeRecord, ...]]:
    """The customer in whom the merge lived on as it would be without it, and the later merges as they would be."""
    side = scene.record.survivor.id
    customer, later = scene.record.survivor, []
    for stage in stages:
        customer = _edited(customer, stage, edits, side, scene.record.survivor)
        if stage.merge:
            again = _merged_again(stage.merge, customer)
            later.append(again)
            customer = again.merged
    return replace(customer, version=scene.survivor.version), tuple(later)


def _merged_again(merge: MergeRecord, customer: Customer) -> MergeRecord:
    """The later merge with `customer` instead of the image that it was recorded with. The versions stay: they tell in
    which order merges were made."""
    survivor, *absorbed = (
        replace(customer, version=image.version) if image.id == customer.id else image for image in _images(merge)
    )
    before, after = (_united(*images) for images in ((merge.survivor, *merge.absorbed), (survivor, *absorbed)))
    merged = after
    for facet in differing(facets(before), facets(merge.merged)):
        merged = with_facet(merged, facet, merge.merged)
    merged = replace(merged, updated_at=merge.merged.updated_at, last_updated_via=merge.merged.last_updated_via)
    merged = replace(merged, version=merge.merged.version)
    return replace(merge, survivor=survivor, absorbed=tuple(absorbed), merged=merged)


def _united(survivor: Customer, *absorbed: Customer) -> Customer:
    united = survivor
    for other in absorbed:
        united = absorb(united, other)
    return united


def _left(image: Customer, stages: Sequence[_Stage], edits: Sequence[Edit], scene: Scene) -> Customer:
    """One whom the merge absorbed, by itself again, with the edits that are its own."""
    customer = image
    for stage in stages:
        customer = _edited(customer, stage, edits, image.id, image)
    return replace(customer, version=scene.aliases[image.id].version)


def _edited(customer: Customer, stage: _Stage, edits: Iterable[Edit], who: CustomerId, image: Customer) -> Customer:
    """The customer with what was edited in a stage and is its own; without any it is as it was, to the byte. Whom staff
    said the customer not to be is none of those of whom it was made."""
    own = {edit.facet for edit in edits if who in edit.owners}
    edited = customer
    for facet in stage.changed:
        if facet in own and not _was_lost(facet, customer, stage, image):
            edited = _with_edit(edited, facet, stage, image)
    apart = customer.kept_apart | (stage.end.kept_apart - stage.start.kept_apart)
    if edited == customer:
        return replace(customer, kept_apart=apart)
    return replace(
        edited, kept_apart=apart, updated_at=stage.end.updated_at, last_updated_via=stage.end.last_updated_via
    )


def _was_lost(facet: Facet, customer: Customer, stage: _Stage, image: Customer) -> bool:
    """Whether it is an identifier that the customer had and lost, and that somebody else has brought back since."""
    key = identifier_key(facet)
    return bool(key and image.carries(key) and not customer.carries(key) and stage.start.carries(key))


def _with_edit(customer: Customer, facet: Facet, stage: _Stage, image: Customer) -> Customer:
    """The customer with the edit. An identifier that it only carried is not owned now either, where another one has it;
    it is where its owner left it to those who carried it."""
    changed = with_facet(customer, facet, stage.end)
    key = identifier_key(facet)
    had = (customer.carries(key) or image.carries(key)) if key else None
    found = stage.start.carries(key) if key else None
    if not key or not had or had.owned or (found and not found.owned):
        return changed
    return _carrying_only(changed, frozenset({key}))


def _carrying_only(customer: Customer, keys: frozenset[IdentifierKey]) -> Customer:
    kept = (replace(i, owned=False, preferred=False) if i.key in keys else i for i in customer.identifiers)
    return replace(customer, identifiers=ranked(kept))


def _one_owner_each(customers: Iterable[Customer]) -> tuple[Customer, ...]:
    """The customers, of whom the first owns what was left to several."""
    taken: set[IdentifierKey] = set()
    told: list[Customer] = []
    for customer in customers:
        own = frozenset(i.key for i in customer.identifiers if i.owned)
        told.append(_carrying_only(customer, own & taken) if own & taken else customer)
        taken |= own
    return tuple(told)


def _without_ended(customers: Iterable[Customer], scene: Scene, edits: Iterable[Edit]) -> tuple[Customer, ...]:
    """The customers, of whom nobody is a member by an enrollment that has ended since the merge, or led to another."""
    if all(edit.facet != MEMBERSHIP for edit in edits):
        return tuple(customers)
    ended = {image.membership for image in _images(scene.record)} - {None, scene.survivor.membership}
    return tuple(replace(one, membership=None) if one.membership in ended else one for one in customers)


def _taken_back(scene: Scene, edits: Iterable[Edit]) -> tuple[Facet, ...]:
    known = {facet for image in _images(scene.record) for facet in facets(image)} | {edit.facet for edit in edits}
    return tuple(facet for facet in facets(scene.record.merged) if facet not in known)


def _kept_apart(parties: Sequence[Customer]) -> tuple[Customer, ...]:
    return tuple(
        replace(one, kept_apart=one.kept_apart | {other.id for other in parties if other is not one}) for one in parties
    )


def _given_back(bystander: Customer, scene: Scene) -> Customer:
    """The bystander with what the merging call took from it, where the survivor still has it."""
    image = next(b for b in scene.record.bystanders if b.id == bystander.id)
    if bystander.version == image.version + 1:
        return replace(image, version=bystander.version)
    lost = {i.key for i in image.identifiers if i.owned and _owner(scene.claims, i.key) == scene.survivor.id}
    entries = (replace(i, owned=i.owned or i.key in lost) for i in bystander.identifiers)
    return replace(bystander, identifiers=ranked(entries), updated_at=scene.survivor.updated_at)


def _owner(claims: Claims, key: IdentifierKey) -> CustomerId | None:
    return claims[key].owner if key in claims else None


def _claims_as_before(scene: Scene, after: Customers) -> dict[IdentifierKey, Claim]:
    """Claims that nobody has written since the merge, as they were before it."""
    untouched = [i for i in scene.record.claims if (c := scene.claims.get(i.key)) and c.version == i.version + 1]
    absent = {image.id for image in _images(scene.record)}.difference(after)
    fitting = [i for i in untouched if not absent & i.holders and _is_owned(i, after)]
    return {image.key: replace(image, version=image.version + 1) for image in fitting}


def _is_owned(claim: Claim, after: Customers) -> bool:
    """Whether the owner, if it is one of these, has the identifier, and as well proven: an edit of the entry since, as
    the choice to show it, keeps the grade that the merging call brought."""
    owner = after.get(claim.owner)
    return owner is None or any(i.owned and i.key == claim.key and i.grade == claim.grade for i in owner.identifiers)


def _event(customer: Customer, scene: Scene, circumstances: Circumstances) -> Event:
    before = scene.survivor if customer.id == scene.survivor.id else None
    return change_event(EventType.CUSTOMER_UNMERGED, before, customer, circumstances)
