"""Lists over several partitions: every entry once, in order, whatever the shards hold; and what a page costs."""

import uuid
from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from customerhub.deployment import BY_LIST, WORK_TABLE_VARIABLE
from customerhub.store.listing import Shard, ShardReader
from customerhub.store.table import ALWAYS, Database, Key, Put, Sorted
from infra.local.tables import DynamoDBTables
from tests.bench.dynamodb_meter import DynamoDBMeter, Reading
from tests.support.faults import FAILURES, FailingClient
from tests.support.register import open_register, person
from tests.support.till import fresh_tenant, open_till, service

SHARDS = 3


def spread(tables: DynamoDBTables, held: list[set[str]]) -> list[Shard]:
    """A fresh list in the work table, of which each shard holds these positions."""
    database, table, name = Database(tables.client()), tables.names[WORK_TABLE_VARIABLE], f"T#{uuid.uuid4()}"
    shards = [Shard(table, f"{name}#{number}", BY_LIST) for number in range(len(held))]
    for shard, positions in zip(shards, held, strict=True):
        for position in positions:
            item = dict(zip(BY_LIST.attributes, (shard.partition, position), strict=True))
            database.put(Put(Key(table, f"{shard.partition}#{position}", "ITEM"), item, ALWAYS))
    return shards


def read(tables: DynamoDBTables, shards: list[Shard], part: Sorted, limit: int) -> Iterator[str]:
    """All positions, page by page."""
    reader, after = ShardReader(Database(tables.client())), part.after
    while True:
        page = reader.read_page(shards, Sorted(part.prefix, after, part.descending), limit)
        assert len(page.items) <= limit
        yield from (entry.position for entry in page.items)
        after = page.after
        if after is None:
            return
        assert len(page.items) == limit, "a page that is not the last one is full"


@settings(max_examples=30, deadline=None, derandomize=True, suppress_health_check=list(HealthCheck))
@given(
    places=st.dictionaries(st.text("abé\U0001f642", min_size=1, max_size=4), st.integers(0, SHARDS - 1), max_size=40),
    prefix=st.sampled_from(["", "a", "bé", "\U0001f642"]),
    descending=st.booleans(),
    limit=st.integers(1, 9),
)
def test_every_entry_of_every_shard_is_read_once_and_in_order(
    dynamodb_tables: DynamoDBTables, places: dict[str, int], prefix: str, descending: bool, limit: int
) -> None:
    held = [{position for position, place in places.items() if place == shard} for shard in range(SHARDS)]
    shards = spread(dynamodb_tables, held)
    found = list(read(dynamodb_tables, shards, Sorted(prefix, descending=descending), limit))
    assert found == sorted(filter(lambda position: position.startswith(prefix), places), reverse=descending)


def test_a_shard_that_holds_nearly_everything_is_read_on(dynamodb_tables: DynamoDBTables) -> None:
    full = {f"{number:03}" for number in range(60)}
    shards = spread(dynamodb_tables, [full, set(), {"030x"}])
    for descending in (False, True):
        found = list(read(dynamodb_tables, shards, Sorted(descending=descending), 25))
        assert found == sorted(full | {"030x"}, reverse=descending)


def test_a_shard_that_cannot_be_read_is_no_empty_shard(dynamodb_tables: DynamoDBTables) -> None:
    throttle = next(failure for failure in FAILURES if failure.name == "throttle")
    till = open_till(FailingClient(dynamodb_tables.client(), at=3, failure=throttle), dynamodb_tables.names)
    reply = till.search()
    assert (reply.status, reply.body["code"]) == (503, "try_again")
    assert till.search().status == 200


def costs(tables: DynamoDBTables, customers: int, q: str | None) -> Reading:
    """Of a first page of ten, in a tenant of so many customers of one name, all of whom `q` finds."""
    client, tenant = tables.client(), fresh_tenant()
    till, caller = open_till(client, tables.names, tenant), service(tenant)
    names = ("José", "Jorge", "Jo")
    open_register(tables).put(
        person(tenant.id, n, first_name=names[n % 3], last_name=f"García {n}") for n in range(customers)
    )
    till.search("nobody", caller=caller)
    with DynamoDBMeter(client).reading() as reading:
        reply = till.search(q, limit=10, caller=caller)
    assert len(reply.body["customers"]) == 10
    assert reply.body["nextCursor"]
    return reading


@pytest.mark.parametrize("q", [None, "jo", "garcia"])
def test_a_page_costs_the_same_among_few_customers_and_among_many(
    dynamodb_tables: DynamoDBTables, q: str | None
) -> None:
    """In requests and in read units as DynamoDB bills them: no scan, and nothing that grows with the tenant."""
    few, many = costs(dynamodb_tables, 20, q).work, costs(dynamodb_tables, 500, q).work
    assert few == many
    assert set(few.operations) == {"Query", "BatchGetItem"}
    # Eight shards at half a unit, ten profiles, and the claim of an auth user of that name.
    assert few.read_units == (14 if q is None else 15)
    assert few.round_trips == (9 if q is None else 10)
    assert few.write_units == 0
