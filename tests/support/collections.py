"""Records in customers' collections, as connectors will write them."""

from collections.abc import Sequence
from datetime import UTC, datetime

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CustomerId, TenantId
from customerhub.domain.records import Record, RecordKind
from customerhub.store import keys
from customerhub.store.records import PREFIXES, DynamoRecordStore, from_record
from customerhub.store.table import IF_ABSENT, Database, Key, Put
from infra.local.tables import DynamoDBTables


def add_records(
    tables: DynamoDBTables,
    tenant: TenantId,
    customer: str,
    *,
    number: int,
    first: int = 0,
    via: Sequence[IdentifierKey] = (),
) -> None:
    """Write `number` records of every kind to a customer, now."""
    database, table = Database(tables.client()), tables.names[CUSTOMERS_TABLE_VARIABLE]
    for kind in RecordKind:
        for count in range(first, first + number):
            content = {"total_minor": 1000 + count, "lines": [{"sku": f"wine-{count}", "count": 2}]}
            record = Record(
                CustomerId(customer), kind, f"{customer[:8]}-{count:04d}", datetime.now(UTC), tuple(via), content
            )
            key = Key(table, keys.collection(tenant, record.customer), PREFIXES[kind] + record.id)
            database.put(Put(key, from_record(record), IF_ABSENT))


def belongings(tables: DynamoDBTables, tenant: TenantId, customer: str) -> list[Record]:
    """Every record in a customer's own collection."""
    store = DynamoRecordStore(Database(tables.client()), tables.names[CUSTOMERS_TABLE_VARIABLE])
    return store.list_records(tenant, [CustomerId(customer)], 1_000_000)
