"""Links in the index `by_record`: who is tied to which record of a shop.

A link (`records.py`, SK `LINK#<integration>`) is there under `T#<tenant>#RECORDS#<integration>#<shard>`, sorted by
`LIVE#<the platform's id>#<customer>`, or `GONE#…` once the record was found deleted. The platform's id chooses the
shard, so that a record's customer is one query, and all of an integration's are one for each shard.
"""

import zlib
from collections.abc import Sequence

from customerhub.deployment import BY_RECORD, PARTITION_KEY, SORT_KEY
from customerhub.domain.ids import CustomerId, ExternalId, IntegrationId, TenantId
from customerhub.domain.records import Record
from customerhub.store import keys
from customerhub.store.table import Database, Item, Key, Sorted

SHARDS = 8
LIVE, GONE = "LIVE#", "GONE#"


def link_places(tenant: TenantId, link: Record) -> Item:
    """Where a link stands in the index."""
    record = ExternalId(link.content["external_id"])
    state = GONE if link.content.get("deleted_at") else LIVE
    place = record_partition(tenant, IntegrationId(link.id), record), f"{state}{record}#{link.customer}"
    return dict(zip(BY_RECORD.attributes, place, strict=True))


def record_partition(tenant: TenantId, integration: IntegrationId, record: ExternalId) -> str:
    """The partition of the index that a record's links are in."""
    return record_partitions(tenant, integration)[zlib.crc32(record.encode()) % SHARDS]


def record_partitions(tenant: TenantId, integration: IntegrationId) -> list[str]:
    """Those of all of an integration's links."""
    return [f"T#{tenant}#RECORDS#{integration}#{shard}" for shard in range(SHARDS)]


def link_holders(
    database: Database, customers: str, tenant: TenantId, integration: IntegrationId, record: ExternalId
) -> Sequence[CustomerId]:
    """In whose collections there is a link to the record, as of a moment ago. Two queries."""
    partition = record_partition(tenant, integration, record)
    found = [
        Key(customers, item[PARTITION_KEY], item[SORT_KEY])
        for state in (LIVE, GONE)
        for item in database.query_index(customers, BY_RECORD, partition, Sorted(f"{state}{record}#"), 10)
    ]
    return list(dict.fromkeys(map(keys.customer_of, found)))
