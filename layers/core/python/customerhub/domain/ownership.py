"""Claims follow customers: when identifiers change hands, the claims that say so. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace

from customerhub.domain.customer import Customer, ranked
from customerhub.domain.identifier import Claim, Identifier, IdentifierKey, Kind
from customerhub.domain.ids import CustomerId

Claims = Mapping[IdentifierKey, Claim]
Customers = Mapping[CustomerId, Customer]

MAX_HOLDERS = 20
"""Of one phone: a household is smaller. Whoever comes later carries the number, but is not found by it."""


@dataclass(frozen=True)
class ClaimChanges:
    """Claims to write, and claims to remove."""

    put: tuple[Claim, ...]
    freed: tuple[Claim, ...]


def with_heirs(before: Customers, after: Customers, held: Claims, relatives: Customers) -> Customers:
    """`after`, with an heir for each phone that its owner has given up while others share it: the first of the sharers,
    by id, owns it from now on. `relatives` are the sharers of the claims, as they are stored."""
    heirs = dict(after)
    for key, claim in held.items():
        if claim.owner in before and not any(_owns(customer, key) for customer in after.values()):
            sharers = {**{s: relatives[s] for s in claim.sharers if s in relatives}, **_carriers(heirs, key)}
            candidates = [c for c in sorted(sharers) if c in claim.sharers and heirs.get(c, sharers[c]).carries(key)]
            if candidates:
                heirs[candidates[0]] = _owning(heirs.get(candidates[0], sharers[candidates[0]]), key)
    return heirs


def follow(before: Customers, after: Customers, held: Claims, gone: Mapping[IdentifierKey, int]) -> ClaimChanges:
    """What makes the claims say what the customers of `after` say, who were those of `before`.

    `held` are the stored claims of everything that they carry or carried, `gone` the versions of tombstones among
    these. Who owns an identifier owns its claim; who carries a phone anew without owning it shares it, up to
    `MAX_HOLDERS`; who carries it no more shares it no more. A claim that nobody owns any more is freed.
    """
    keys = dict.fromkeys(i.key for c in (*before.values(), *after.values()) for i in c.identifiers)
    wanted = {key: _wanted(key, before, after, held.get(key), gone.get(key, 0)) for key in keys}
    put = tuple(claim for key, claim in wanted.items() if claim and claim != held.get(key))
    return ClaimChanges(put, tuple(held[key] for key, claim in wanted.items() if claim is None and key in held))


def _wanted(key: IdentifierKey, before: Customers, after: Customers, held: Claim | None, version: int) -> Claim | None:
    owner = next((c for c in after.values() if _owns(c, key)), None)
    claim = held if held and held.owner not in before else None
    if owner and (entry := owner.carries(key)):
        claim = _claim_of(entry, owner.id, held, version)
    return replace(claim, sharers=_sharers(claim, before, after, held)) if claim else None


def _claim_of(entry: Identifier, owner: CustomerId, held: Claim | None, version: int) -> Claim:
    return Claim(entry.key, owner, entry.grade, entry.source, entry.since, version=held.version if held else version)


def _sharers(claim: Claim, before: Customers, after: Customers, held: Claim | None) -> frozenset[CustomerId]:
    known = held.sharers if held else frozenset()
    carrying = {c.id for c in after.values() if (i := c.carries(claim.key)) and not i.owned}
    came = carrying - {c.id for c in before.values() if c.carries(claim.key)} if claim.key.kind is Kind.PHONE else set()
    handed_down = {held.owner} & carrying if held and claim.key.kind is Kind.PHONE else set()
    left = {c for c in (*before, *after) if c not in carrying}
    room = MAX_HOLDERS - 1 - len(known - left)
    return (known - left) | frozenset(sorted((came | handed_down) - known)[: max(room, 0)])


def _owns(customer: Customer, key: IdentifierKey) -> bool:
    entry = customer.carries(key)
    return entry is not None and entry.owned


def _carriers(customers: Customers, key: IdentifierKey) -> dict[CustomerId, Customer]:
    return {c.id: c for c in customers.values() if c.carries(key)}


def _owning(customer: Customer, key: IdentifierKey) -> Customer:
    entries: Iterable[Identifier] = (replace(i, owned=i.owned or i.key == key) for i in customer.identifiers)
    return replace(customer, identifiers=ranked(entries))
