"""Changing one customer by a patch: the customer after it, and what one transaction writes. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import TypeVar

from customerhub.domain.blocks import blocks
from customerhub.domain.changes import Changes
from customerhub.domain.conflict import Conflict, ConflictKind
from customerhub.domain.customer import MAX_IDENTIFIERS, Customer, check_size, is_same, ranked, union
from customerhub.domain.customer_patch import KEEP, Keep, NewValues, Patch
from customerhub.domain.events import Circumstances, EventType, change_event
from customerhub.domain.identifier import Claim, Grade, Identifier, IdentifierKey, Kind
from customerhub.domain.names import names_differ
from customerhub.domain.ownership import Claims, Customers, follow, with_heirs
from customerhub.errors import Gone, InvalidInput

_T = TypeVar("_T")


@dataclass(frozen=True)
class Holdings:
    """What is stored about the identifiers that a patch names: their claims, the versions of tombstones among them,
    and the customers who share a phone that is to be removed."""

    claims: Claims
    gone: Mapping[IdentifierKey, int]
    sharers: Customers

    def others(self, customer: Customer, patch: Patch) -> tuple[Claim, ...]:
        """The claims of others to what the customer is to have; a phone that both share is none of these."""
        wanted = dict.fromkeys(i.key for i in patch.stated if i.owned)
        claims = [self.claims[key] for key in wanted if key in self.claims]
        return tuple(claim for claim in claims if customer.id not in claim.holders)


def change(
    customer: Customer, patch: Patch, holdings: Holdings, circumstances: Circumstances
) -> tuple[Customer, Changes]:
    """The customer as the patch wants it, and no changes at all where it is so already. Nobody else may own what the
    customer is to have.

    A phone that is given up goes to the first of those who share it. Raises InvalidInput for what a customer cannot
    hold or do without, and Gone for an identifier of an erased person.
    """
    _require_not_erased(patch, holdings)
    changed = patched(customer, patch, holdings.claims)
    if changed is customer:
        return customer, Changes()
    changed = replace(changed, last_updated_via=patch.source, updated_at=circumstances.now)
    after = _with_heirs(customer, changed, holdings, circumstances.now)
    before = {party: {**holdings.sharers, customer.id: customer}[party] for party in after}
    claims = follow(_naming(before, patch), _naming(after, patch), holdings.claims, holdings.gone)
    via = tuple(key for key in patch.keys if customer.carries(key) or changed.carries(key))
    events = (
        change_event(EventType.CUSTOMER_UPDATED, before[party], after[party], circumstances, via) for party in after
    )
    return changed, Changes(tuple(after.values()), claims.put, claims.freed, events=tuple(events))


def _with_heirs(before: Customer, after: Customer, holdings: Holdings, now: datetime) -> Customers:
    """The customer, and whoever owns from now on a phone that the customer has given up."""
    found = with_heirs({before.id: before}, {after.id: after}, holdings.claims, holdings.sharers)
    return {party.id: party if party is after else replace(party, updated_at=now) for party in found.values()}


def patched(customer: Customer, patch: Patch, claims: Claims) -> Customer:
    """The customer with the patch's values and identifiers; the same object where nothing differs."""
    changed = replace(_with_values(customer, patch.values), identifiers=_identifiers(customer, patch, claims))
    if is_same(customer, changed):
        return customer
    check_size(customer, changed)
    _check_identifiers(customer, changed)
    return changed


def conflict_with(
    customer: Customer, others: tuple[Customer, ...], claims: Iterable[Claim], circumstances: Circumstances
) -> Conflict:
    """The conflict over `claims`, which the `others` own and the customer is to have."""
    keys = tuple(claim.key for claim in claims)
    kind = _kind(customer, others, keys)
    return Conflict(customer.tenant, kind, (customer, *others), keys, circumstances)


def _kind(customer: Customer, others: tuple[Customer, ...], keys: tuple[IdentifierKey, ...]) -> ConflictKind:
    if all(key.kind is Kind.PHONE for key in keys) and all(_is_somebody_else(customer, other) for other in others):
        return ConflictKind.SHARED_PHONE
    return ConflictKind.CONTRADICTION if blocks((customer, *others), keys) else ConflictKind.SEVERAL_ACCOUNTS


def _is_somebody_else(one: Customer, other: Customer) -> bool:
    """Another first name and another e-mail: two people who share a phone, as far as one can tell."""
    emails = [{i.key for i in customer.identifiers if i.kind is Kind.EMAIL} for customer in (one, other)]
    return all(emails) and emails[0].isdisjoint(emails[1]) and names_differ(one.first_name, other.first_name)


def _require_not_erased(patch: Patch, holdings: Holdings) -> None:
    if any(i.key in holdings.gone and i.owned and i.grade < Grade.VERIFIED for i in patch.stated):
        raise Gone("this person was erased, and can only come back by a proof of the own")


def _with_values(customer: Customer, values: NewValues) -> Customer:
    return replace(
        customer,
        first_name=_stated(values.first_name, customer.first_name),
        last_name=_stated(values.last_name, customer.last_name),
        allergies=customer.allergies if values.allergies is KEEP else union((), values.allergies),
        preferences=_stated(values.preferences, customer.preferences),
        address=_address(customer.address, values.address),
    )


def _stated(value: _T | Keep, known: _T) -> _T:
    return known if isinstance(value, Keep) else value


def _address(known: Mapping[str, str], stated: Mapping[str, str | None] | Keep | None) -> Mapping[str, str]:
    if isinstance(stated, Keep):
        return known
    parts = {} if stated is None else {**known, **stated}
    return {name: line for name, line in parts.items() if line}


def _identifiers(customer: Customer, patch: Patch, claims: Claims) -> tuple[Identifier, ...]:
    if not patch.keys:
        return customer.identifiers
    entries = {i.key: i for i in customer.identifiers if i.key not in patch.removed}
    for stated in patch.stated:
        claim = claims.get(stated.key)
        owned = stated.owned and (claim is None or claim.owner == customer.id)
        known = entries.get(stated.key, replace(stated, owned=owned))
        grade = max(known.grade, stated.grade) if owned else known.grade
        entries[stated.key] = replace(known, owned=known.owned or owned, grade=grade)
    for chosen in patch.chosen:
        same_kind = [i for i in entries.values() if i.kind is chosen.kind]
        entries |= {i.key: replace(i, preferred=i.key == chosen.key) for i in same_kind}
    return ranked(entries.values())


def _check_identifiers(before: Customer, after: Customer) -> None:
    if len(after.identifiers) > max(MAX_IDENTIFIERS, len(before.identifiers)):
        raise InvalidInput(
            f"a customer has at most {MAX_IDENTIFIERS} identifiers",
            code="too_many_identifiers",
            field="addIdentifiers",
        )
    if sum(i.kind is Kind.AUTH for i in after.identifiers) > 1:
        raise InvalidInput(
            "the customer has an account with the identity provider, and can have one only",
            code="second_auth_user",
            field="addIdentifiers",
        )
    if any(not after.carries(i.key) for i in before.identifiers) and not any(i.owned for i in after.identifiers):
        raise InvalidInput(
            "a customer must be known by something that is nobody else's: add another identifier first",
            code="last_identifier",
            field="removeIdentifiers",
        )


def _naming(customers: Customers, patch: Patch) -> Customers:
    """The customers as if they had no identifiers but those named: the claims of the others are in order."""
    named = set(patch.keys)
    return {
        customer.id: replace(customer, identifiers=tuple(i for i in customer.identifiers if i.key in named))
        for customer in customers.values()
    }
