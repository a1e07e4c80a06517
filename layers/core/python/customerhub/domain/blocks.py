"""What keeps customers from being one. Pure."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from enum import StrEnum

from customerhub.domain.customer import MAX_FORMER_IDS, MAX_IDENTIFIERS, MAX_MERGED_SIZE, Customer
from customerhub.domain.identifier import IdentifierKey, Kind


class BlockCode(StrEnum):
    """Why two customers cannot become one."""

    TWO_AUTH_USERS = "two_auth_users"
    TWO_IDS_IN_ONE_INTEGRATION = "two_ids_in_one_integration"
    TWO_ACTIVE_MEMBERSHIPS = "two_active_memberships"
    KEPT_APART = "kept_apart"
    TOO_MANY_IDENTIFIERS = "too_many_identifiers"
    TOO_MUCH_DATA = "too_much_data"
    TOO_MANY_MERGES = "too_many_merges"


@dataclass(frozen=True)
class Block:
    """One reason, in words that name what must change and no personal data."""

    code: BlockCode
    message: str


ONE_EACH = frozenset({BlockCode.TWO_AUTH_USERS, BlockCode.TWO_IDS_IN_ONE_INTEGRATION})
"""What a single customer cannot have either."""


def blocks(customers: Sequence[Customer], stated: Iterable[IdentifierKey] = ()) -> tuple[Block, ...]:
    """What keeps the customers, and a call that names the `stated` identifiers, from being one; empty when nothing
    does."""
    keys = {identifier.key for customer in customers for identifier in customer.identifiers}.union(stated)
    slots = [key.slot for key in keys if key.slot]
    taken = {slot for slot in slots if slots.count(slot) > 1}
    integrations = sorted(slot.partition(":")[2] for slot in taken if slot != Kind.AUTH)
    found = {
        BlockCode.TWO_AUTH_USERS: Kind.AUTH in taken and "each has an account with the identity provider",
        BlockCode.TWO_IDS_IN_ONE_INTEGRATION: integrations and f"each has a record in {', '.join(integrations)}",
        BlockCode.TWO_ACTIVE_MEMBERSHIPS: sum(c.membership is not None for c in customers) > 1
        and "each has an active membership",
        BlockCode.KEPT_APART: any(one.is_kept_apart_from(other) for one in customers for other in customers)
        and "they were said to be different people",
        BlockCode.TOO_MANY_IDENTIFIERS: len(keys) > MAX_IDENTIFIERS
        and f"together they have more than {MAX_IDENTIFIERS} identifiers",
        BlockCode.TOO_MUCH_DATA: sum(customer.size for customer in customers) > MAX_MERGED_SIZE
        and "together they have more allergies and preferences than one customer can hold",
        BlockCode.TOO_MANY_MERGES: sum(len(customer.ids) for customer in customers) > MAX_FORMER_IDS
        and f"together they come from more than {MAX_FORMER_IDS} customers",
    }
    return tuple(Block(code, message) for code, message in found.items() if isinstance(message, str))
