"""Merging: several customers become one, and the ledger keeps what is needed to take it back."""

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime

from customerhub.domain.customer import Alias, Customer, joined, ranked, union
from customerhub.domain.identifier import Claim, Identifier, IdentifierKey
from customerhub.domain.ids import CredentialId, CustomerId, MergeId


@dataclass(frozen=True)
class MergeRecord:
    """One line of the ledger: in one transaction `absorbed` went into `survivor`.

    Together with the aliases it is what an unmerge restores: the images are whole, as they were stored before, of
    every customer and claim that the transaction overwrote. `bystanders` lost an identifier in it; `created` are
    claims that it made. `absorbed` is in the order of absorption. `merged` is the survivor as the merge left it: what
    differs from it later was edited later. `undone_at` is None while the merge holds. `version` counts the writes; 0 is
    not stored yet.
    """

    id: MergeId
    survivor: Customer
    absorbed: tuple[Customer, ...]
    merged: Customer
    bystanders: tuple[Customer, ...]
    claims: tuple[Claim, ...]
    created: tuple[IdentifierKey, ...]
    merged_at: datetime
    merged_by: CredentialId
    undone_at: datetime | None = None
    version: int = 0

    @property
    def aliases(self) -> tuple[Alias, ...]:
        """What takes the absorbed customers' places. The survivor shows when the oldest of them was created; whose day
        that was has the survivor's own, so that every day keeps the number of accounts that it brought."""
        shown = {self.merged.created_at: self.survivor.created_at}
        days = (shown.pop(customer.created_at, customer.created_at) for customer in self.absorbed)
        into, merge = self.survivor.id, self.id
        return tuple(
            Alias(c.tenant, c.id, into, merge, c.version, day) for c, day in zip(self.absorbed, days, strict=True)
        )


def surviving_first(customers: Sequence[Customer]) -> tuple[Customer, ...]:
    """The survivor, then those that it absorbs: an auth user before none, then the older account."""
    return tuple(sorted(customers, key=lambda c: (c.auth_user_id is None, c.created_at, c.id)))


def absorb(survivor: Customer, absorbed: Customer) -> Customer:
    """The survivor with what the other one knew: its own values win, gaps are filled, lists united.

    An identifier that one of the two owns is owned.
    """
    older = min(survivor, absorbed, key=lambda customer: customer.created_at)
    return replace(
        survivor,
        first_name=survivor.first_name or absorbed.first_name,
        last_name=survivor.last_name or absorbed.last_name,
        identifiers=ranked(_identifiers(survivor, absorbed)),
        account_sources=union(older.account_sources, (*survivor.account_sources, *absorbed.account_sources)),
        allergies=union(survivor.allergies, absorbed.allergies),
        preferences=joined(absorbed.preferences, survivor.preferences),
        address=survivor.address or absorbed.address,
        created_via=older.created_via,
        created_at=older.created_at,
        former_ids=(*survivor.former_ids, *absorbed.ids),
        kept_apart=(survivor.kept_apart | absorbed.kept_apart).difference(survivor.ids, absorbed.ids),
        household_id=survivor.household_id or absorbed.household_id,
        membership=survivor.membership or absorbed.membership,
        deleted_from=union(survivor.deleted_from, absorbed.deleted_from),
    )


def _identifiers(survivor: Customer, absorbed: Customer) -> list[Identifier]:
    entries = {identifier.key: identifier for identifier in survivor.identifiers}
    for other in absorbed.identifiers:
        known = entries.get(other.key, other)
        entries[other.key] = replace(known, owned=known.owned or other.owned, grade=max(known.grade, other.grade))
    return list(entries.values())


def handed_over(claim: Claim, absorbed: CustomerId, survivor: CustomerId) -> Claim:
    """The claim after the merge: the survivor in the absorbed customer's place, as owner or as sharer."""
    owner = survivor if claim.owner == absorbed else claim.owner
    sharers = {survivor if sharer == absorbed else sharer for sharer in claim.sharers} - {owner}
    return replace(claim, owner=owner, sharers=frozenset(sharers))
