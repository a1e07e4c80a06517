"""Tables with one client for all who ask: making one takes as long as an erasure."""

from dataclasses import dataclass
from typing import Any

from infra.local.tables import DynamoDBTables


@dataclass(frozen=True)
class OneClientTables(DynamoDBTables):
    """The same tables, always through `kept`."""

    kept: Any

    def client(self) -> Any:
        """The one client."""
        return self.kept


def with_one_client(tables: DynamoDBTables) -> DynamoDBTables:
    """For tests that open the tables many times, and count no client's calls."""
    return OneClientTables(tables.emulator, tables.account, tables.names, tables.client())
