"""The two tables without the rest of the stack, for tests that need DynamoDB alone."""

from dataclasses import dataclass
from typing import Any

from customerhub.deployment import (
    CUSTOMERS_INDEXES,
    CUSTOMERS_TABLE_VARIABLE,
    PARTITION_KEY,
    SORT_KEY,
    WORK_INDEXES,
    WORK_TABLE_VARIABLE,
    Index,
)
from infra.local.emulator import Emulator

CUSTOMERS_TABLE = "customers"
WORK_TABLE = "work"


@dataclass(frozen=True)
class DynamoDBTables:
    """The two tables in an AWS account of their own."""

    emulator: Emulator
    account: str
    names: dict[str, str]
    """Environment variable to physical name, as a function gets them."""

    def client(self) -> Any:
        """A new DynamoDB client of that account."""
        return self.emulator.client("dynamodb", self.account)

    def environment(self) -> dict[str, str]:
        """What a process needs in its environment to work on these tables."""
        return {**self.emulator.environment(), "AWS_ACCESS_KEY_ID": self.account, **self.names}


def create_tables(emulator: Emulator, account: str) -> DynamoDBTables:
    """Create both tables in `account`, twelve digits, with the keys, indexes and stream that the CDK app gives them."""
    dynamodb = emulator.client("dynamodb", account)
    stream = {"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"}
    _create(dynamodb, CUSTOMERS_TABLE, CUSTOMERS_INDEXES, StreamSpecification=stream)
    _create(dynamodb, WORK_TABLE, WORK_INDEXES)
    names = {CUSTOMERS_TABLE_VARIABLE: CUSTOMERS_TABLE, WORK_TABLE_VARIABLE: WORK_TABLE}
    return DynamoDBTables(emulator, account, names)


def _create(dynamodb: Any, name: str, indexes: tuple[Index, ...], **settings: Any) -> None:
    attributes = [PARTITION_KEY, SORT_KEY, *(name for index in indexes for name in index.attributes)]
    request: dict[str, Any] = {
        "TableName": name,
        "KeySchema": [_key(PARTITION_KEY, "HASH"), _key(SORT_KEY, "RANGE")],
        "AttributeDefinitions": [{"AttributeName": attribute, "AttributeType": "S"} for attribute in attributes],
        "BillingMode": "PAY_PER_REQUEST",
        **settings,
    }
    if indexes:
        request["GlobalSecondaryIndexes"] = [_index(index) for index in indexes]
    dynamodb.create_table(**request)


def _index(index: Index) -> dict[str, Any]:
    return {
        "IndexName": index.name,
        "KeySchema": [_key(name, kind) for name, kind in zip(index.attributes, ("HASH", "RANGE"), strict=False)],
        "Projection": {"ProjectionType": "KEYS_ONLY"},
    }


def _key(attribute: str, key_type: str) -> dict[str, str]:
    return {"AttributeName": attribute, "KeyType": key_type}
