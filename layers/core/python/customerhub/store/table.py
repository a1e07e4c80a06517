"""The only caller of DynamoDB: guarded writes, consistent reads, and what their failures mean."""

import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from http import HTTPStatus
from typing import TYPE_CHECKING, Any, NamedTuple

from botocore.exceptions import BotoCoreError, ClientError

from customerhub.deployment import PARTITION_KEY, SORT_KEY, TTL_ATTRIBUTE, Index
from customerhub.errors import GuardFailed, LostRace, StoreUnavailable
from customerhub.store.attributes import plain, typed

if TYPE_CHECKING:
    from mypy_boto3_dynamodb import DynamoDBClient

Item = dict[str, Any]
"""Attributes as plain values: str, int, bool, None, list, dict. Numbers are read back as Decimal."""

BATCH_GET_LIMIT = 100
BATCH_WRITE_LIMIT = 25
BATCH_ATTEMPTS = 5
TRANSACTION_LIMIT = 100


class Key(NamedTuple):
    """An item's address."""

    table: str
    partition: str
    sort: str


@dataclass(frozen=True)
class Guard:
    """The condition of a write, with its values; None for a write that holds whatever is there."""

    condition: str | None
    values: Mapping[str, int | str]


ALWAYS = Guard(None, {})
"""For what an operator sets: the last word counts."""
IF_ABSENT = Guard(f"attribute_not_exists({PARTITION_KEY})", {})
"""No such item yet: the loser of two creations is told so."""


def if_version(version: int) -> Guard:
    """The item is as it was read; version 0 was read as absent."""
    return Guard("version = :version", {":version": version}) if version else IF_ABSENT


def if_absent_or_expired(now_s: int) -> Guard:
    """No such item, or one past its time: DynamoDB deletes expired items up to days late."""
    return Guard(f"{IF_ABSENT.condition} OR {TTL_ATTRIBUTE} <= :now", {":now": now_s})


@dataclass(frozen=True)
class Put:
    """A whole item to write under its guard."""

    key: Key
    item: Item
    guard: Guard


@dataclass(frozen=True)
class Delete:
    """An item to remove, if it is there, under its guard."""

    key: Key
    guard: Guard = ALWAYS


@dataclass(frozen=True)
class Check:
    """An item that is only looked at: the transaction holds if the guard does."""

    key: Key
    guard: Guard


@dataclass(frozen=True)
class Add:
    """Numbers to add to an item's top-level attributes; item and attributes begin at 0. `label` is written along: what
    the item counts. The item expires at `expires_at_s`; None: never."""

    key: Key
    amounts: Mapping[str, int]
    guard: Guard = ALWAYS
    label: Mapping[str, str] = field(default_factory=dict)
    expires_at_s: int | None = None


Write = Put | Delete | Check | Add


@dataclass(frozen=True)
class Sorted:
    """Which part of a partition to read: sort keys that begin with `prefix`, and of these those beyond `after` in the
    direction of reading, `after` itself excluded."""

    prefix: str = ""
    after: str | None = None
    descending: bool = False


class Database:
    """Items by key, in any of the hub's tables.

    Every method raises StoreUnavailable when DynamoDB throttles, times out or fails: the effect of a write is then
    unknown, and repeating it is safe, because every write is guarded. Reads are strongly consistent.
    """

    def __init__(self, client: "DynamoDBClient") -> None:
        self._client = client

    def get(self, key: Key) -> Item | None:
        """One item; None if there is none. One round trip, one read unit per 4 KB."""
        response = _call(self._client.get_item, TableName=key.table, Key=_address(key), ConsistentRead=True)
        return _plain(response["Item"]) if "Item" in response else None

    def batch_get(self, keys: Sequence[Key]) -> dict[Key, Item]:
        """The items that exist. One round trip per 100 keys, more while DynamoDB leaves some unprocessed."""
        found: dict[Key, Item] = {}
        unique = list(dict.fromkeys(keys))
        for start in range(0, len(unique), BATCH_GET_LIMIT):
            found |= self._batch_get_some(unique[start : start + BATCH_GET_LIMIT])
        return found

    def _batch_get_some(self, keys: Sequence[Key]) -> dict[Key, Item]:
        found: dict[Key, Item] = {}
        pending = _batch_request(keys)
        for attempt in range(BATCH_ATTEMPTS):
            response = _call(self._client.batch_get_item, RequestItems=pending)
            for table, items in response["Responses"].items():
                found |= {Key(table, item[PARTITION_KEY], item[SORT_KEY]): item for item in map(_plain, items)}
            pending = response.get("UnprocessedKeys") or {}
            if not pending:
                return found
            if attempt < BATCH_ATTEMPTS - 1:
                time.sleep(0.02 * 2**attempt)
        raise StoreUnavailable("reads were left unprocessed")

    def query(self, table: str, partition: str, part: Sorted, limit: int) -> list[Item]:
        """Up to `limit` items of a partition, in order of their sort keys. Strongly consistent; one read unit per 4 KB
        of all of them, one round trip per MB."""
        request = {"TableName": table, "ConsistentRead": True}
        return self._query_some(request, (PARTITION_KEY, SORT_KEY), partition, part, limit)

    def query_index(self, table: str, index: Index, partition: str, part: Sorted, limit: int) -> list[Item]:
        """The same of a keys-only index: the keys of items, as of a moment ago. Half a read unit per 4 KB."""
        request = {"TableName": table, "IndexName": index.name}
        return self._query_some(request, (index.partition_key, index.sort_key or SORT_KEY), partition, part, limit)

    def query_unsorted(self, table: str, index: Index, partition: str, after: Key | None, limit: int) -> list[Key]:
        """Up to `limit` keys of the items in a partition of an index without sort key, as of a moment ago: those
        beyond `after`, which need not be there any more, in an order that stays. One round trip, half a read unit per
        4 KB."""
        request = _query_request((index.partition_key, SORT_KEY), partition, Sorted())
        if after:
            request["ExclusiveStartKey"] = _address(after) | _typed({index.partition_key: partition})
        response = _call(self._client.query, TableName=table, IndexName=index.name, Limit=limit, **request)
        return [Key(table, item[PARTITION_KEY], item[SORT_KEY]) for item in map(_plain, response["Items"])]

    def _query_some(
        self, request: dict[str, Any], names: tuple[str, str], partition: str, part: Sorted, limit: int
    ) -> list[Item]:
        request |= _query_request(names, partition, part)
        found: list[Item] = []
        start: dict[str, Any] = {}
        while True:
            # One more: the bound itself may be among them.
            response = _call(self._client.query, **request, **start, Limit=limit + 1 - len(found))
            found += (item for item in map(_plain, response["Items"]) if item[names[1]] != part.after)
            if "LastEvaluatedKey" not in response or len(found) >= limit:
                return found[:limit]
            start = {"ExclusiveStartKey": response["LastEvaluatedKey"]}

    def scan(self, table: str, prefix: str, sort: str) -> Iterator[list[Item]]:
        """The items with that sort key in all partitions whose key begins with `prefix`, in pages, some empty. Reads
        the whole table: for the operator's command, no function may. One round trip per MB, a read unit per 4 KB."""
        request: dict[str, Any] = {
            "TableName": table,
            "ConsistentRead": True,
            "FilterExpression": "begins_with(#p, :prefix) AND #s = :sort",
            "ExpressionAttributeNames": {"#p": PARTITION_KEY, "#s": SORT_KEY},
            "ExpressionAttributeValues": _typed({":prefix": prefix, ":sort": sort}),
        }
        while True:
            response = _call(self._client.scan, **request)
            yield [_plain(item) for item in response["Items"]]
            if "LastEvaluatedKey" not in response:
                return
            request["ExclusiveStartKey"] = response["LastEvaluatedKey"]

    def put(self, put: Put) -> None:
        """Write one item. Raises GuardFailed, and LostRace while a transaction is at the item. One round trip."""
        _call(self._client.put_item, **_put_request(put))

    def write_all(self, writes: Sequence[Write]) -> None:
        """Write all items, at most `TRANSACTION_LIMIT`, or none. Raises GuardFailed when a guard does not
        hold, and LostRace when another transaction was at one of the items. One round trip, two write units per KB."""
        _call(self._client.transact_write_items, TransactItems=[_transact_item(write) for write in writes])

    def delete_all(self, keys: Sequence[Key]) -> None:
        """Remove items, whatever they are; those that are not there are no fault. One round trip per 25 keys, more
        while DynamoDB leaves some unprocessed; one write unit per KB, half of what a transaction costs."""
        for start in range(0, len(keys), BATCH_WRITE_LIMIT):
            self._delete_some(keys[start : start + BATCH_WRITE_LIMIT])

    def _delete_some(self, keys: Sequence[Key]) -> None:
        pending: dict[str, Any] = {}
        for key in keys:
            pending.setdefault(key.table, []).append({"DeleteRequest": {"Key": _address(key)}})
        for attempt in range(BATCH_ATTEMPTS):
            pending = _call(self._client.batch_write_item, RequestItems=pending).get("UnprocessedItems") or {}
            if not pending:
                return
            if attempt < BATCH_ATTEMPTS - 1:
                time.sleep(0.02 * 2**attempt)
        raise StoreUnavailable("writes were left unprocessed")

    def add(self, key: Key, amount: int, *, expires_at_s: int) -> int:
        """Add to the item's `count`, which starts at 0, and return the sum. Repeated after a time-out it may count
        twice. One round trip, one write unit."""
        response = _call(
            self._client.update_item,
            TableName=key.table,
            Key=_address(key),
            UpdateExpression=f"ADD #count :amount SET {TTL_ATTRIBUTE} = :expires_at",
            ExpressionAttributeNames={"#count": "count"},
            ExpressionAttributeValues=_typed({":amount": amount, ":expires_at": expires_at_s}),
            ReturnValues="UPDATED_NEW",
        )
        return int(_plain(response["Attributes"])["count"])


_GUARD_FAILURES = frozenset({"ConditionalCheckFailed", "ConditionalCheckFailedException"})
_CONFLICTS = frozenset({"TransactionConflict", "TransactionConflictException"})
_FAULTS = frozenset(
    {
        "InternalServerError",
        "ProvisionedThroughputExceeded",
        "ProvisionedThroughputExceededException",
        "RequestLimitExceeded",
        "ServiceUnavailable",
        "ThrottlingError",
        "ThrottlingException",
        "TransactionInProgressException",
    }
)


def _call(operation: Any, **request: Any) -> Any:
    try:
        return operation(**request)
    except ClientError as error:
        raise _meaning(error) from error
    except BotoCoreError as error:
        raise StoreUnavailable(f"DynamoDB was not reached: {type(error).__name__}") from error


def _meaning(error: ClientError) -> Exception:
    """What a refusal means to the caller; a request that DynamoDB finds invalid is our own bug, and stays as it is."""
    code = error.response["Error"]["Code"]
    reasons = {reason.get("Code") for reason in error.response.get("CancellationReasons", [])} | {code}
    if reasons & _CONFLICTS:
        return LostRace("another transaction was at one of the items")
    if reasons & _GUARD_FAILURES:
        return GuardFailed("an item is not as it was read")
    if reasons & _FAULTS or error.response["ResponseMetadata"]["HTTPStatusCode"] >= HTTPStatus.INTERNAL_SERVER_ERROR:
        return StoreUnavailable(f"DynamoDB answered {code}")
    return error


def _transact_item(write: Write) -> dict[str, Any]:
    match write:
        case Put():
            return {"Put": _put_request(write)}
        case Add():
            return {"Update": _add_request(write)}
        case Delete():
            return {"Delete": _addressed(write.key) | _condition(write.guard)}
        case Check():
            return {"ConditionCheck": _addressed(write.key) | _condition(write.guard)}


def _put_request(put: Put) -> dict[str, Any]:
    item = put.item | {PARTITION_KEY: put.key.partition, SORT_KEY: put.key.sort}
    return {"TableName": put.key.table, "Item": _typed(item)} | _condition(put.guard)


def _add_request(add: Add) -> dict[str, Any]:
    sets: dict[str, str | int] = {**add.label, **({TTL_ATTRIBUTE: add.expires_at_s} if add.expires_at_s else {})}
    names = {f"#n{number}": name for number, name in enumerate([*add.amounts, *sets])}
    values = {f":n{number}": value for number, value in enumerate([*add.amounts.values(), *sets.values()])}
    sums = ", ".join(f"#n{number} :n{number}" for number in range(len(add.amounts)))
    labels = ", ".join(f"#n{number} = :n{number}" for number in range(len(add.amounts), len(names)))
    request = _addressed(add.key) | _condition(add.guard)
    request["UpdateExpression"] = f"ADD {sums} SET {labels}" if labels else f"ADD {sums}"
    request["ExpressionAttributeNames"] = names
    request["ExpressionAttributeValues"] = request.get("ExpressionAttributeValues", {}) | _typed(values)
    return request


def _condition(guard: Guard) -> dict[str, Any]:
    condition: dict[str, Any] = {"ConditionExpression": guard.condition} if guard.condition else {}
    return condition | ({"ExpressionAttributeValues": _typed(guard.values)} if guard.values else {})


def _addressed(key: Key) -> dict[str, Any]:
    return {"TableName": key.table, "Key": _address(key)}


def _query_request(names: tuple[str, str], partition: str, part: Sorted) -> dict[str, Any]:
    """`part` as one condition on the sort key; a prefix with a bound is a range up to the prefix's last key."""
    terms, attributes, values = ["#p = :p"], {"#p": names[0]}, {":p": partition}
    if part.prefix or part.after is not None:
        attributes["#s"] = names[1]
        term, bounds = _range(part)
        terms.append(term)
        values |= bounds
    return {
        "KeyConditionExpression": " AND ".join(terms),
        "ExpressionAttributeNames": attributes,
        "ExpressionAttributeValues": _typed(values),
        "ScanIndexForward": not part.descending,
    }


def _range(part: Sorted) -> tuple[str, dict[str, str]]:
    """The condition on the sort key; a bound that has to be within a prefix is included."""
    if part.after is None:
        return "begins_with(#s, :prefix)", {":prefix": part.prefix}
    if not part.prefix:
        return ("#s < :after" if part.descending else "#s > :after"), {":after": part.after}
    first, last = (part.prefix, part.after) if part.descending else (part.after, part.prefix + chr(0x10FFFF))
    return "#s BETWEEN :first AND :last", {":first": first, ":last": last}


def _batch_request(keys: Sequence[Key]) -> dict[str, Any]:
    request: dict[str, Any] = {}
    for key in keys:
        request.setdefault(key.table, {"ConsistentRead": True, "Keys": []})["Keys"].append(_address(key))
    return request


def _address(key: Key) -> dict[str, Any]:
    return {PARTITION_KEY: {"S": key.partition}, SORT_KEY: {"S": key.sort}}


def _typed(item: Mapping[str, Any]) -> dict[str, Any]:
    return {name: typed(value) for name, value in item.items()}


def _plain(item: Mapping[str, Any]) -> Item:
    return {name: plain(value) for name, value in item.items()}
