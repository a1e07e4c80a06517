"""What one transaction writes, built from a decision. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Alias, Customer, learn, new_customer, ranked
from customerhub.domain.events import Circumstances, Event, EventType, absorbed_event, change_event
from customerhub.domain.identifier import Claim, Identifier, IdentifierKey
from customerhub.domain.identity import Known
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.domain.merge import MergeRecord, absorb, handed_over, record_merge, surviving_first

Claims = Mapping[IdentifierKey, Claim]


@dataclass(frozen=True)
class Changes:
    """Writes that happen together or not at all; empty when nothing has changed.

    Customers and claims carry the version that was read and are guarded by it: 0 must not exist yet.
    """

    tenant: TenantId
    customers: tuple[Customer | Alias, ...] = ()
    claims: tuple[Claim, ...] = ()
    events: tuple[Event, ...] = ()
    merges: tuple[MergeRecord, ...] = ()
    conflicts: tuple[Conflict, ...] = ()


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
    customer = _learn(blank, claims, situation)
    event = change_event(EventType.CUSTOMER_CREATED, None, customer, situation.circumstances)
    return customer, _changes(customer, claims, claims, situation, [event])


def update(customer: Customer, situation: Situation) -> tuple[Customer, Changes]:
    """The customer with what the call adds; no changes at all where it adds nothing."""
    claims = situation.known.claims
    updated = _learn(customer, claims, situation)
    if updated is customer:
        return customer, Changes(customer.tenant)
    event = change_event(EventType.CUSTOMER_UPDATED, customer, updated, situation.circumstances)
    return updated, _changes(updated, claims, claims, situation, [event])


def merge(customers: Iterable[Customer], carried: Claims, situation: Situation) -> tuple[Customer, Changes]:
    """One customer out of several, with what the call adds. `carried` are the claims of all that they carry."""
    circumstances = situation.circumstances
    oldest, *others = surviving_first(tuple(customers))
    survivor, events, merges = oldest, [], []
    before = {**situation.known.claims, **carried}
    held = dict(before)
    for absorbed in others:
        moved = [claim for claim in held.values() if absorbed.id in claim.holders]
        merges.append(record_merge(survivor, absorbed, moved, circumstances.credential, circumstances.now))
        held |= {claim.key: handed_over(claim, absorbed.id, survivor.id) for claim in moved}
        events.append(absorbed_event(absorbed, survivor.id, circumstances))
        survivor = absorb(survivor, absorbed)
    learned = _learn(survivor, held, situation)
    merged = replace(learned, updated_at=circumstances.now, last_updated_via=situation.contact.source)
    events.append(change_event(EventType.CUSTOMER_MERGED, oldest, merged, circumstances))
    changes = _changes(merged, before, held, situation, events)
    aliases = tuple(record.alias for record in merges)
    return merged, replace(changes, customers=(*changes.customers, *aliases), merges=tuple(merges))


def _learn(customer: Customer, held: Claims, situation: Situation) -> Customer:
    stated = [held[key] for key in situation.contact.keys if key in held]
    unowned = {claim.key for claim in stated if claim.owner != customer.id} - situation.displaced
    return learn(customer, situation.contact, unowned=frozenset(unowned), now=situation.circumstances.now)


def _changes(
    customer: Customer, before: Claims, held: Claims, situation: Situation, events: Iterable[Event]
) -> Changes:
    losers = _losers(situation)
    lost = [change_event(EventType.IDENTIFIER_LOST, *pair, situation.circumstances) for pair in losers]
    claims = {**held, **_claims_of(customer, held, situation)}
    return Changes(
        customer.tenant,
        customers=(customer, *(after for _, after in losers)),
        claims=tuple(claim for claim in claims.values() if claim != before.get(claim.key)),
        events=(*events, *lost),
        conflicts=_displacement(customer, losers, situation),
    )


def _displacement(
    customer: Customer, losers: list[tuple[Customer, Customer]], situation: Situation
) -> tuple[Conflict, ...]:
    """Each loser may be the same person as the customer, who had not proven the identifier yet: for review."""
    keys = tuple(sorted(situation.displaced))
    found_at = situation.circumstances.now
    return tuple(
        Conflict(customer.tenant, ConflictKind.DISPLACED, (customer, before), keys, found_at) for before, _ in losers
    )


def _claims_of(customer: Customer, held: Claims, situation: Situation) -> Claims:
    """The claims as they must stand for the customer to own what it owns, and to share what the call shares.

    A claim that was neither read nor called for is in order as it is.
    """
    concerned = [i for i in customer.identifiers if i.key in held or i.key in situation.contact.keys]
    claims = {i.key: _owned_claim(i, customer.id, held.get(i.key)) for i in concerned if i.owned}
    shared = [held[i.key] for i in concerned if not i.owned and i.key in situation.contact.keys]
    return claims | {claim.key: replace(claim, sharers=claim.sharers | {customer.id}) for claim in shared}


def _owned_claim(identifier: Identifier, owner: CustomerId, held: Claim | None) -> Claim:
    return Claim(
        identifier.key,
        owner,
        identifier.grade,
        identifier.source,
        identifier.since,
        sharers=held.sharers - {owner} if held else frozenset(),
        version=held.version if held else 0,
    )


def _losers(situation: Situation) -> list[tuple[Customer, Customer]]:
    """The owners of claims that give way, before and after: they carry the identifier but own it no more."""
    losers = {situation.known.claims[key].owner for key in situation.displaced}
    return [(before, _without(before, situation)) for loser in losers for before in [situation.known.customers[loser]]]


def _without(customer: Customer, situation: Situation) -> Customer:
    kept = (replace(i, owned=i.owned and i.key not in situation.displaced) for i in customer.identifiers)
    return replace(customer, identifiers=ranked(kept), updated_at=situation.circumstances.now)
