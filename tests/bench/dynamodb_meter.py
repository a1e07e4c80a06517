"""Counts at the client what calls cost in DynamoDB: requests over HTTP, retries included, and capacity units."""

import json
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Any

RATE_COUNTER = "#RATE#"
"""In the key of every rate counter and of nothing else: they are counted beside the work."""
READS = ("GetItem", "BatchGetItem", "Query", "TransactGetItems")
BYTES_PER_READ_UNIT = 4096


@dataclass(frozen=True)
class Usage:
    """What some requests cost."""

    operations: tuple[str, ...] = ()
    """Of each request, in order; a request that is retried counts again."""
    read_units: float = 0
    write_units: float = 0

    @property
    def round_trips(self) -> int:
        """The number of HTTP requests."""
        return len(self.operations)


@dataclass
class Reading:
    """What was metered: requests of the work, and of the rate counters."""

    work: Usage = field(default_factory=Usage)
    counters: Usage = field(default_factory=Usage)


class DynamoDBMeter:
    """Listens to a DynamoDB client from its creation on, by the hooks of botocore; changes nothing but that capacity
    is asked for. For one call at a time: the rate counters of the call before must be done."""

    def __init__(self, client: Any) -> None:
        self._sent: list[tuple[str, bool]] = []
        self._units: list[tuple[str, bool, float]] = []
        events = client.meta.events
        events.register("provide-client-params.dynamodb", self._ask_for_capacity)
        events.register("before-send.dynamodb", self._count_request)
        events.register("after-call.dynamodb", self._count_units)

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """What is metered while the context lasts; complete once it has ended."""
        self._sent, self._units = [], []
        reading = Reading()
        yield reading
        reading.work, reading.counters = self._usage(of_counters=False), self._usage(of_counters=True)

    def _usage(self, *, of_counters: bool) -> Usage:
        units = [(operation, units) for operation, counter, units in self._units if counter == of_counters]
        return Usage(
            tuple(operation for operation, counter in self._sent if counter == of_counters),
            sum(units for operation, units in units if operation in READS),
            sum(units for operation, units in units if operation not in READS),
        )

    def _ask_for_capacity(self, params: dict[str, Any], context: dict[str, Any], **_: Any) -> dict[str, Any]:
        context["metered"] = params
        return {**params, "ReturnConsumedCapacity": "TOTAL"}

    def _count_request(self, request: Any, **_: Any) -> None:
        operation = request.headers["X-Amz-Target"].decode().rpartition(".")[2]
        self._sent.append((operation, RATE_COUNTER.encode() in request.body))

    def _count_units(self, model: Any, parsed: dict[str, Any], context: dict[str, Any], **_: Any) -> None:
        request = context["metered"]
        self._units.append((model.name, RATE_COUNTER in str(request), _units(request, parsed)))


def _units(request: dict[str, Any], answer: dict[str, Any]) -> float:
    """What DynamoDB says it took; where it says nothing, what its price list says."""
    if "KeyConditionExpression" in request and "Items" in answer:
        # MiniStack reports half a unit for every query.
        return _query_units(request, answer["Items"])
    if consumed := answer.get("ConsumedCapacity"):
        tables = consumed if isinstance(consumed, list) else [consumed]
        return sum(float(table["CapacityUnits"]) for table in tables)
    if answer.get("Error", {}).get("Code") == "ConditionalCheckFailedException":
        # A refused write is charged as a done one and never reported. What the hub puts alone is below 1 KB.
        return 1
    if "RequestItems" in request:
        # MiniStack does not report batches.
        return _batch_read_units(request["RequestItems"], answer["Responses"])
    raise LookupError(f"no capacity is known for a request with {sorted(request)}: {answer.get('Error')}")


def _query_units(request: dict[str, Any], items: list[Any]) -> float:
    """A unit per started 4 KB of all items together, at least one; half of that where the read may be stale."""
    started = -(-sum(len(json.dumps(item, default=str)) for item in items) // BYTES_PER_READ_UNIT)
    return max(started, 1) * (1 if request.get("ConsistentRead") else 0.5)


def _batch_read_units(request: dict[str, Any], responses: dict[str, list[Any]]) -> float:
    """A unit per key and started 4 KB, for absent items too; half of that where the read may be stale.

    Sizes are those of the items as JSON, slightly more than DynamoDB's own.
    """
    units = 0.0
    for table, asked in request.items():
        further = sum(len(json.dumps(item, default=str)) // BYTES_PER_READ_UNIT for item in responses[table])
        units += (len(asked["Keys"]) + further) * (1 if asked.get("ConsistentRead") else 0.5)
    return units
