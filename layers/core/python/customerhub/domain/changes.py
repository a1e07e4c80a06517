"""What one transaction writes, built from a decision. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace

from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.conflict_record import ConflictRecord
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer, StoredCustomer, learn, new_customer, ranked
from customerhub.domain.enrollment import Enrollment
from customerhub.domain.erasure import Erasure
from customerhub.domain.events import Circumstances, Event, EventType, absorbed_event, change_event
from customerhub.domain.identifier import Claim, Identifier, IdentifierKey
from customerhub.domain.identity import Known
from customerhub.domain.ids import CustomerId, TenantId, new_merge_id
from customerhub.domain.job import JobChange
from customerhub.domain.merge import MergeRecord, absorb, handed_over
from customerhub.domain.order import OrderChange
from customerhub.domain.ownership import MAX_HOLDERS
from customerhub.domain.records import Record, RecordChange

Claims = Mapping[IdentifierKey, Claim]


@dataclass(frozen=True)
class Changes:
    """Writes that happen together or not at all; empty when nothing has changed.

    Customers, claims, enrollments, orders and jobs carry the version that was read and are guarded by it: 0 must not
    exist yet. `records` are put whatever is there, `revised` in place of what was read. What is stored with a customer
    who is not written along demands that this one was not erased; `unchanged` are customers who must be as they were
    read, where they are not written. `freed` claims are removed, `buried` ones become
    tombstones. `undone` are ledger records of merges that end here, `resolved` the records of conflicts that do, as
    they are to be.
    """

    customers: tuple[StoredCustomer, ...] = ()
    claims: tuple[Claim, ...] = ()
    freed: tuple[Claim, ...] = ()
    buried: tuple[Claim, ...] = ()
    events: tuple[Event, ...] = ()
    merges: tuple[MergeRecord, ...] = ()
    undone: tuple[MergeRecord, ...] = ()
    conflicts: tuple[Conflict, ...] = ()
    resolved: tuple[ConflictRecord, ...] = ()
    erasures: tuple[Erasure, ...] = ()
    enrollments: tuple[Enrollment, ...] = ()
    records: tuple[Record, ...] = ()
    revised: tuple[RecordChange, ...] = ()
    unchanged: tuple[Customer, ...] = ()
    jobs: tuple[JobChange, ...] = ()
    orders: tuple[OrderChange, ...] = ()

    def along_with(self, other: "Changes") -> "Changes":
        """Both in one transaction; of a customer who is in both, as `other` has it."""
        later = {customer.id for customer in other.customers}
        joined = {one.name: (*getattr(self, one.name), *getattr(other, one.name)) for one in fields(Changes)}
        kept = (customer for customer in self.customers if customer.id not in later)
        return Changes(**joined | {"customers": (*kept, *other.customers)})


NO_CHANGES = Changes()


@dataclass(frozen=True)
class Situation:
    """What a decision is carried out on: the call, what is known, which claims give way, and the circumstances."""

    contact: Contact
    known: Known
    displaced: frozenset[IdentifierKey]
    circumstances: Circumstances


def create(tenant: TenantId, customer_id: CustomerId, situation: Situation) -> tuple[Customer, Changes]:
    """A new customer, who owns every identifier of the call that is free or gives way."""
    claims = situation.known.claims
    blank = new_customer(tenant, customer_id, situation.contact.source, situation.circumstances.now)
    customer = _taught(blank, claims, situation)
    event = change_event(EventType.CUSTOMER_CREATED, None, customer, situation.circumstances, situation.contact.keys)
    return customer, _written(customer, claims, claims, situation, [event])


def update(customer: Customer, situation: Situation) -> tuple[Customer, Changes]:
    """The customer with what the call adds; no changes at all where it adds nothing."""
    claims = situation.known.claims
    updated = _taught(customer, claims, situation)
    changes = _written(updated, claims, claims, situation, [])
    if updated is customer and not changes.claims:
        return customer, Changes()
    event = change_event(EventType.CUSTOMER_UPDATED, customer, updated, situation.circumstances, situation.contact.keys)
    return updated, replace(changes, events=(event, *changes.events))


def merge(customers: Iterable[Customer], carried: Claims, situation: Situation) -> tuple[Customer, Changes]:
    """One customer out of several, of whom the first survives, with what the call adds. `carried` are the claims of
    what they carry and the call does not name."""
    circumstances = situation.circumstances
    survivor, *absorbed = customers
    before = {**situation.known.claims, **carried}
    united, held = survivor, dict(before)
    for other in absorbed:
        united = absorb(united, other)
        held |= {claim.key: handed_over(claim, other.id, survivor.id) for claim in held.values()}
    taught = _taught(united, held, situation)
    merged = replace(taught, updated_at=circumstances.now, last_updated_via=situation.contact.source)
    events = [absorbed_event(other, survivor.id, circumstances) for other in absorbed]
    events.append(change_event(EventType.CUSTOMER_MERGED, survivor, merged, circumstances, situation.contact.keys))
    changes = _written(merged, before, held, situation, events)
    record = MergeRecord(
        new_merge_id(),
        survivor,
        tuple(absorbed),
        merged=merged,
        bystanders=tuple(loser for loser, _ in _losers(merged, situation)),
        claims=tuple(before[claim.key] for claim in changes.claims if claim.key in before),
        created=tuple(claim.key for claim in changes.claims if claim.key not in before),
        merged_at=circumstances.now,
        merged_by=circumstances.credential,
    )
    return merged, replace(changes, customers=(*changes.customers, *record.aliases), merges=(record,))


def _taught(customer: Customer, held: Claims, situation: Situation) -> Customer:
    stated = [held[key] for key in situation.contact.keys if key in held]
    unowned = {claim.key for claim in stated if claim.owner != customer.id} - situation.displaced
    return learn(customer, situation.contact, unowned=frozenset(unowned), now=situation.circumstances.now)


def _written(
    customer: Customer, before: Claims, held: Claims, situation: Situation, events: Iterable[Event]
) -> Changes:
    """The writes that leave the customer and its claims as they must be. `before` are the claims as they are stored,
    `held` as they are to be where the customer has no say."""
    losers = _losers(customer, situation)
    lost = [change_event(EventType.IDENTIFIER_LOST, *pair, situation.circumstances) for pair in losers]
    claims = {**held, **_claims_of(customer, held, situation)}
    return Changes(
        customers=(customer, *(after for _, after in losers)),
        claims=tuple(claim for claim in claims.values() if claim != before.get(claim.key)),
        events=(*events, *lost),
        conflicts=tuple(_displacement(customer, loser, situation) for loser, _ in losers),
    )


def _claims_of(customer: Customer, held: Claims, situation: Situation) -> Claims:
    """The claims as they must stand for the customer to own what it owns, and to share what the call shares.

    A claim that was neither read nor called for is in order as it is.
    """
    concerned = [i for i in customer.identifiers if i.key in held or i.key in situation.contact.keys]
    gone = situation.known.gone
    claims = {i.key: _owned_claim(i, customer.id, held.get(i.key), gone.get(i.key, 0)) for i in concerned if i.owned}
    unowned = [held[i.key] for i in concerned if not i.owned and i.key in situation.contact.keys]
    shared = [claim for claim in unowned if len(claim.holders) < MAX_HOLDERS]
    return claims | {claim.key: replace(claim, sharers=claim.sharers | {customer.id}) for claim in shared}


def _owned_claim(identifier: Identifier, owner: CustomerId, held: Claim | None, gone: int) -> Claim:
    """The claim of the owner, over one that is `held` or over the tombstone of version `gone`."""
    return Claim(
        identifier.key,
        owner,
        identifier.grade,
        identifier.source,
        identifier.since,
        sharers=held.sharers - {owner} if held else frozenset(),
        version=held.version if held else gone,
    )


def _lost_to(customer: Customer, loser: CustomerId, situation: Situation) -> frozenset[IdentifierKey]:
    """What the loser loses: the claims that give way to the customer and that the customer has room for."""
    own = {identifier.key for identifier in customer.identifiers if identifier.owned}
    return frozenset(key for key in situation.displaced & own if situation.known.claims[key].owner == loser)


def _losers(customer: Customer, situation: Situation) -> list[tuple[Customer, Customer]]:
    """The owners of claims that give way, before and after: they carry the identifier but own it no more."""
    owners = dict.fromkeys(situation.known.claims[key].owner for key in sorted(situation.displaced))
    lost = {owner: _lost_to(customer, owner, situation) for owner in owners}
    known = situation.known.customers
    return [(known[owner], _without(known[owner], keys, situation)) for owner, keys in lost.items() if keys]


def _without(loser: Customer, keys: frozenset[IdentifierKey], situation: Situation) -> Customer:
    lost = {i.key: replace(i, owned=False, preferred=False) for i in loser.identifiers if i.key in keys}
    kept = (lost.get(i.key, i) for i in loser.identifiers)
    return replace(loser, identifiers=ranked(kept), updated_at=situation.circumstances.now)


def _displacement(customer: Customer, loser: Customer, situation: Situation) -> Conflict:
    """The loser may be the same person as the customer, who had not proven the identifier yet: for review."""
    keys = tuple(sorted(_lost_to(customer, loser.id, situation)))
    parties = (customer, loser)
    about = (customer.tenant, ConflictKind.DISPLACED, parties, keys)
    return Conflict(*about, situation.circumstances, situation.contact)
