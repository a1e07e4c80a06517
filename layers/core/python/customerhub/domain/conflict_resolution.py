"""Resolving a conflict: what one transaction writes for each decision. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from itertools import combinations

from customerhub.domain.blocks import Block
from customerhub.domain.changes import Changes, Claims
from customerhub.domain.conflict_record import ConflictRecord, Resolution, ResolutionKind
from customerhub.domain.customer import MAX_IDENTIFIERS, Customer, ranked
from customerhub.domain.events import Circumstances, Event, EventType, change_event
from customerhub.domain.identifier import Claim, Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, new_household_id
from customerhub.domain.names import is_telling, names_agree
from customerhub.domain.ownership import MAX_HOLDERS, follow
from customerhub.errors import InvalidInput

MAX_KEPT_APART = 200
"""Of one customer: each is written with the profile ever after."""
RELEASABLE = (Kind.EMAIL, Kind.PHONE)


@dataclass(frozen=True)
class Case:
    """A conflict on the table: its people, and the claims of all that they carry. Where one of the people is new,
    `made` brings that one into being; people and claims are then as it leaves them."""

    record: ConflictRecord
    people: tuple[Customer, ...]
    claims: Claims
    gone: Mapping[IdentifierKey, int]
    circumstances: Circumstances
    note: str | None = None
    made: Changes = field(default_factory=Changes)

    def resolution(
        self, kind: ResolutionKind, identifier: IdentifierKey | None = None, to: CustomerId | None = None
    ) -> Resolution:
        """The resolution of that kind, as of these circumstances."""
        by = self.circumstances
        return Resolution(kind, by.now, by.request_id, by.credential, self.note, identifier, to)

    def owner(self, key: IdentifierKey) -> Customer | None:
        """Who of the people owns that identifier."""
        claim = self.claims.get(key)
        return next((person for person in self.people if claim and claim.owner == person.id), None)

    def entry(self, key: IdentifierKey) -> Identifier:
        """That identifier as the call said it, else as staff say it, after its owner's spelling."""
        stated = self.record.contact.identifiers if self.record.contact else ()
        carried = (i for person in self.people for i in person.identifiers if i.key == key)
        found = next((i for i in stated if i.key == key), None)
        by = self.circumstances
        return found or replace(next(carried), grade=Grade.ASSERTED, source=by.source, since=by.now, preferred=False)


def merge_by_decision(case: Case, merged: Customer, changes: Changes) -> Changes:
    """`changes`, which make the people one, and the end of the conflict with them."""
    record = case.record.resolved(case.resolution(ResolutionKind.MERGE))
    event = _resolved_event(merged, merged, record, case.circumstances)
    customers = changes.customers or (replace(merged, updated_at=case.circumstances.now),)
    return replace(changes, customers=customers, events=(*changes.events, event), resolved=(record,))


def keep_separate(case: Case) -> Changes:
    """Each is kept apart from each other, for ever. Raises InvalidInput for one whom nothing tells apart."""
    if not all(person.identifiers for person in case.people):
        raise InvalidInput(
            "nothing but what belongs to the other identifies the second person: a household can share the phone",
            code="identifier_required",
            field="decision",
        )
    return _written(case, _kept_apart(case.people), case.resolution(ResolutionKind.KEEP_SEPARATE))


def household(case: Case) -> Changes:
    """They are kept apart, have one household, and share its phone.

    Who had a household before brings it along. Raises InvalidInput where there is no phone to share, where too many
    share it, and for one who could not be told from the others by the phone and a name.
    """
    phone = _shared_phone(case)
    known_as = next((person.household_id for person in case.people if person.household_id), None)
    household_id = known_as or new_household_id()
    members = (replace(person, household_id=household_id) for person in _kept_apart(case.people))
    after = tuple(_carrying(member, replace(case.entry(phone), owned=False, preferred=False)) for member in members)
    _require_told_apart(after, phone)
    changes = _written(case, after, case.resolution(ResolutionKind.HOUSEHOLD))
    return _shared(case, changes, phone)


def release(case: Case, to: CustomerId | None, key: IdentifierKey | None) -> Changes:
    """The identifier leaves its owner for its new one, who may be known by a former id; both may be left open where
    only one is possible. A new owner is another person: they are kept apart, too. Raises InvalidInput with field `to`
    or `identifier`."""
    receiver = _receiver(case, to) if to else None
    key = _released(case, receiver, key)
    owner = case.owner(key)
    others = [person for person in case.people if person != owner]
    if not receiver and len(others) != 1:
        raise InvalidInput("say which of the customers is the new owner", code="ambiguous", field="to")
    receiver = receiver or others[0]
    return _handed_over(case, owner, receiver, key)


def blocked(found: Iterable[Block]) -> InvalidInput:
    """Why the people cannot be one."""
    reasons = "; ".join(block.message for block in found)
    return InvalidInput(f"they cannot be one customer: {reasons}", code="merge_blocked", field="decision")


def _receiver(case: Case, to: CustomerId) -> Customer:
    for person in case.people:
        if to in person.ids:
            return person
    raise InvalidInput("not a customer of this conflict", code="not_in_conflict", field="to")


def _released(case: Case, receiver: Customer | None, key: IdentifierKey | None) -> IdentifierKey:
    """The identifier chosen, or the only one that somebody other than the receiver can release."""
    possible = [k for k in case.record.identifiers if k.kind in RELEASABLE and case.owner(k) not in (None, receiver)]
    chosen = [k for k in possible if key in (None, k)]
    if not chosen:
        raise InvalidInput("no other customer of this conflict owns it", code="not_in_conflict", field="identifier")
    if len(chosen) > 1:
        raise InvalidInput("say which of the identifiers is released", code="ambiguous", field="identifier")
    return chosen[0]


def _handed_over(case: Case, owner: Customer | None, receiver: Customer, key: IdentifierKey) -> Changes:
    """`owner` is one of the people, or the identifier could not be chosen."""
    entry = receiver.carries(key) or case.entry(key)
    entry = replace(entry, owned=True, grade=max(entry.grade, Grade.ASSERTED))
    after = {person.id: person for person in _kept_apart(case.people)}
    after |= {one.id: _without(after[one.id], key) for one in (owner, receiver) if one}
    after[receiver.id] = _carrying(after[receiver.id], entry)
    changed = ((owner, EventType.IDENTIFIER_RELEASED), (receiver, EventType.IDENTIFIER_RECEIVED))
    events = [change_event(kind, one, after[one.id], case.circumstances) for one, kind in changed if one]
    told = replace(case, people=tuple(after[p.id] if p in (owner, receiver) else p for p in case.people))
    changes = _written(case, after.values(), case.resolution(ResolutionKind.RELEASE, key, receiver.id), told)
    return replace(changes, events=(*changes.events, *events))


def _written(case: Case, after: Iterable[Customer], resolution: Resolution, told: Case | None = None) -> Changes:
    """The writes that leave people, claims and conflict as they must be; each profile is written, so that nobody can
    be merged or erased meanwhile. `told` has the people as events before those of the conflict have told of them."""
    by, record = case.circumstances, case.record.resolved(resolution)
    people = {person.id: replace(person, updated_at=by.now) for person in after}
    claims = follow({person.id: person for person in case.people}, people, case.claims, case.gone)
    events = (_resolved_event(one, people[one.id], record, by) for one in (told or case).people)
    return Changes(
        customers=tuple(({c.id: c for c in case.made.customers} | people).values()),
        claims=tuple({claim.key: claim for claim in (*case.made.claims, *claims.put)}.values()),
        freed=claims.freed,
        events=(*case.made.events, *events),
        conflicts=case.made.conflicts,
        resolved=(record,),
    )


def _resolved_event(before: Customer, after: Customer, record: ConflictRecord, by: Circumstances) -> Event:
    event = change_event(EventType.CONFLICT_RESOLVED, before, after, by)
    about = {"conflict": record.id, "kind": record.kind}
    decision = {"decision": record.resolutions[-1].kind}
    return replace(event, before=about | dict(event.before), after=about | decision | dict(event.after))


def _kept_apart(people: tuple[Customer, ...]) -> tuple[Customer, ...]:
    ids = {person.id for person in people}
    apart = tuple(replace(person, kept_apart=person.kept_apart | (ids - {person.id})) for person in people)
    if any(len(person.kept_apart) > MAX_KEPT_APART for person in apart):
        raise InvalidInput(f"kept apart from more than {MAX_KEPT_APART}", code="too_many_entries", field="decision")
    return apart


def _shared_phone(case: Case) -> IdentifierKey:
    """The phone that the conflict is about, and that one of the people owns."""
    phones = [key for key in case.record.identifiers if key.kind is Kind.PHONE]
    if not phones:
        raise InvalidInput("the conflict is about no phone", code="no_phone", field="decision")
    owned = next((phone for phone in phones if case.owner(phone)), None)
    if not owned:
        raise InvalidInput("none of the customers owns the phone any more", code="no_phone", field="decision")
    return owned


def _require_told_apart(members: Iterable[Customer], phone: IdentifierKey) -> None:
    """Who has nothing but the phone is known by a first name of the own."""
    for one, other in combinations(members, 2):
        for member in (one, other):
            has_nothing_else = all(i.key == phone for i in member.identifiers)
            is_named = is_telling(member.first_name) and not names_agree(one.first_name, other.first_name)
            if has_nothing_else and not is_named:
                needed = "a member of a household who has nothing but the phone needs a first name of the own"
                raise InvalidInput(needed, code="identifier_required", field="decision")


def _shared(case: Case, changes: Changes, phone: IdentifierKey) -> Changes:
    """The changes with each of the people who does not own the phone among its sharers."""
    written = {claim.key: claim for claim in changes.claims}
    claim: Claim = written.get(phone, case.claims[phone])
    shared = replace(claim, sharers=claim.sharers | {p.id for p in case.people if p.id != claim.owner})
    if len(shared.holders) > MAX_HOLDERS:
        raise InvalidInput(f"more than {MAX_HOLDERS} people share the phone", code="too_many_entries", field="decision")
    return replace(changes, claims=tuple((written | ({phone: shared} if shared != claim else {})).values()))


def _carrying(person: Customer, entry: Identifier) -> Customer:
    """The person with that identifier; as it is, where the person has it already."""
    if person.carries(entry.key):
        return person
    if len(person.identifiers) >= MAX_IDENTIFIERS:
        raise InvalidInput(f"more than {MAX_IDENTIFIERS} identifiers", code="too_many_identifiers", field="decision")
    return replace(person, identifiers=ranked((*person.identifiers, entry)))


def _without(person: Customer, key: IdentifierKey) -> Customer:
    return replace(person, identifiers=tuple(i for i in person.identifiers if i.key != key))
