"""Where a live profile stands in the indexes of the table of people.

`by_email`, `by_phone`: `T#<tenant>#<identifier shown>`. `by_activity`: `T#<tenant>#<shard>`, sorted by
`<updated_at>#<end of the id>`. `by_first_name`, `by_last_name`: `T#<tenant>#<first letter>#<shard>`, sorted by the
folded name, a tab, and the end of the id; the tab stands before a blank, so that `Ann` comes before `Ann Lee`. The id
chooses the shard. In a position it parts those who are equal otherwise, for which 62 random bits do: with three whole
ids more, an everyday profile would pass the 1 KB that a write is charged by.
"""

import zlib
from collections.abc import Mapping
from datetime import UTC

from customerhub.deployment import BY_ACTIVITY, BY_EMAIL, BY_FIRST_NAME, BY_LAST_NAME, BY_PHONE, Index
from customerhub.domain.customer import Customer
from customerhub.domain.identifier import IdentifierKey, Kind
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.domain.names import fold_name
from customerhub.store.listing import Shard

ACTIVITY_SHARDS = 8
"""Every change of a customer writes here, and a partition bears 1,000 writes a second."""
NAME_SHARDS = 4
"""For each first letter."""

CONTACT_INDEXES: Mapping[Kind, Index] = {Kind.EMAIL: BY_EMAIL, Kind.PHONE: BY_PHONE}
NAME_INDEXES = (BY_FIRST_NAME, BY_LAST_NAME)


def index_attributes(customer: Customer) -> dict[str, str]:
    """The attributes that put a live profile into the indexes; of what it lacks there are none."""
    first, last = customer.first_name or "", customer.last_name or ""
    return (
        _contact_attributes(customer)
        | _activity_attributes(customer)
        | _name_attributes(BY_FIRST_NAME, customer, first, last)
        | _name_attributes(BY_LAST_NAME, customer, last, first)
    )


def contact_partition(tenant: TenantId, contact: IdentifierKey) -> str:
    """Of `by_email` or `by_phone`: those who show this identifier."""
    return f"T#{tenant}#{contact.value}"


def activity_shards(table: str, tenant: TenantId) -> list[Shard]:
    """All live customers of a tenant."""
    return [Shard(table, _activity_partition(tenant, shard), BY_ACTIVITY) for shard in range(ACTIVITY_SHARDS)]


def name_shards(table: str, tenant: TenantId, folded: str) -> list[Shard]:
    """Those whose first or last name begins with the first letter of `folded`."""
    return [
        Shard(table, _name_partition(tenant, folded, shard), index)
        for index in NAME_INDEXES
        for shard in range(NAME_SHARDS)
    ]


def _contact_attributes(customer: Customer) -> dict[str, str]:
    shown = {index: customer.first(kind) for kind, index in CONTACT_INDEXES.items()}
    return {
        index.partition_key: contact_partition(customer.tenant, identifier.key)
        for index, identifier in shown.items()
        if identifier
    }


def _activity_attributes(customer: Customer) -> dict[str, str]:
    updated_at = customer.updated_at.astimezone(UTC).replace(tzinfo=None)
    position = f"{updated_at.isoformat(timespec='microseconds')}#{_tie_break(customer.id)}"
    partition = _activity_partition(customer.tenant, _shard(customer.id, ACTIVITY_SHARDS))
    return dict(zip(BY_ACTIVITY.attributes, (partition, position), strict=True))


def _name_attributes(index: Index, customer: Customer, name: str, other: str) -> dict[str, str]:
    """None for a customer who has no such name: the other one has an index of its own."""
    if not fold_name(name):
        return {}
    folded = fold_name(f"{name} {other}")
    partition = _name_partition(customer.tenant, folded, _shard(customer.id, NAME_SHARDS))
    return dict(zip(index.attributes, (partition, f"{folded}\t{_tie_break(customer.id)}"), strict=True))


def _activity_partition(tenant: TenantId, shard: int) -> str:
    return f"T#{tenant}#{shard}"


def _name_partition(tenant: TenantId, folded: str, shard: int) -> str:
    return f"T#{tenant}#{folded[0]}#{shard}"


def _tie_break(customer: CustomerId) -> str:
    return customer.replace("-", "")[-16:]


def _shard(customer: CustomerId, shards: int) -> int:
    return zlib.crc32(customer.encode()) % shards
