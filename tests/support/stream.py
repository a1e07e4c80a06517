"""The stream of the customers table, and the function that follows it, in this process."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from customerhub.bootstrap import build_profile_stream_app
from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE
from customerhub.entrypoints.profile_stream import build_profile_stream
from customerhub.settings import Settings
from infra.local.tables import DynamoDBTables

Record = dict[str, Any]


class TableStream:
    """What was written to the customers table since this object was made, as Lambda would hand it on."""

    def __init__(self, tables: DynamoDBTables) -> None:
        self._client = tables.emulator.client("dynamodbstreams", tables.account)
        table = tables.client().describe_table(TableName=tables.names[CUSTOMERS_TABLE_VARIABLE])["Table"]
        stream = self._client.describe_stream(StreamArn=table["LatestStreamArn"])["StreamDescription"]
        [shard] = stream["Shards"]
        self._iterator = self._client.get_shard_iterator(
            StreamArn=stream["StreamArn"], ShardId=shard["ShardId"], ShardIteratorType="LATEST"
        )["ShardIterator"]

    def read(self, tenant: str) -> list[Record]:
        """The tenant's records since the last reading."""
        records: list[Record] = []
        while page := self._next_page():
            records += (record for record in page if record["dynamodb"]["Keys"]["PK"]["S"].startswith(f"T#{tenant}#"))
        return records

    def _next_page(self) -> list[Record]:
        answer = self._client.get_records(ShardIterator=self._iterator)
        self._iterator = answer["NextShardIterator"]
        page: list[Record] = answer["Records"]
        return page


def follow(client: Any, names: Mapping[str, str], records: Sequence[Record]) -> list[str]:
    """Hand a batch to the function; the sequence numbers of the records that it reports as failed."""
    handle = build_profile_stream(build_profile_stream_app(Settings(names), client))
    answer = handle({"Records": list(records)}, None)
    return [failure["itemIdentifier"] for failure in answer["batchItemFailures"]]


def profiles(records: Iterable[Record]) -> list[Record]:
    """Those that the event source mapping lets through."""
    return [record for record in records if record["dynamodb"]["Keys"]["SK"]["S"] == "PROFILE"]
