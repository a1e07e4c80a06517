"""A scene that took many calls to set, set again by writing its items: for tests that need it at every point."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.local.tables import DynamoDBTables

BATCH = 25


@dataclass(frozen=True)
class Snapshot:
    """All items, by table."""

    items: Mapping[str, list[Any]]

    def restore(self, tables: DynamoDBTables) -> None:
        """Write them to other tables of the same names, which are empty."""
        client = tables.client()
        for table, items in self.items.items():
            for start in range(0, len(items), BATCH):
                puts = [{"PutRequest": {"Item": item}} for item in items[start : start + BATCH]]
                assert not client.batch_write_item(RequestItems={table: puts})["UnprocessedItems"]


def snapshot(tables: DynamoDBTables) -> Snapshot:
    """What the tables hold now; less than a MB each."""
    client = tables.client()
    return Snapshot({table: client.scan(TableName=table)["Items"] for table in tables.names.values()})
