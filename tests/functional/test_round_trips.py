"""What a call costs in requests to DynamoDB, counted at the client; `make bench` prints units and dollars as well."""

from collections import Counter
from collections.abc import Callable

import pytest

from customerhub.domain import owing
from infra.local.tables import DynamoDBTables
from tests.bench.dynamodb_meter import DynamoDBMeter
from tests.bench.operations import OPERATIONS, Operation, measure
from tests.support.club import Club, connect
from tests.support.import_desk import ImportDesk, counted, make_bucket, spreadsheet
from tests.support.job_scene import CRM, job_scene
from tests.support.till import Reply, Till, open_till

READS_OF_A_LOOKUP = ("BatchGetItem", "GetItem")
PERSON = {"phone": "+14155552671", "email": "ann@example.com", "authUserId": "auth-1", "source": "chatbot"}


@pytest.fixture
def metered(dynamodb_tables: DynamoDBTables) -> tuple[Till, DynamoDBMeter]:
    """A till of a fresh tenant, and the meter of its client."""
    client = dynamodb_tables.client()
    return open_till(client, dynamodb_tables.names), DynamoDBMeter(client)


@pytest.mark.parametrize("name", ["phone", "email", "authUserId"])
def test_a_lookup_is_two_reads_and_no_write(metered: tuple[Till, DynamoDBMeter], name: str) -> None:
    till, meter = metered
    till.manage(PERSON)
    with meter.reading() as reading:
        assert not till.manage({name: PERSON[name]}).customer["isNewAccount"]
    assert reading.work.operations == READS_OF_A_LOOKUP
    assert reading.work.write_units == 0


def test_saying_again_what_is_known_is_two_reads_and_no_write(metered: tuple[Till, DynamoDBMeter]) -> None:
    till, meter = metered
    till.manage(PERSON)
    with meter.reading() as reading:
        till.manage(PERSON)
    assert reading.work.operations == READS_OF_A_LOOKUP
    assert reading.work.write_units == 0


def test_creation_is_one_consistent_batch_read_and_one_transaction(metered: tuple[Till, DynamoDBMeter]) -> None:
    till, meter = metered
    with meter.reading() as reading:
        assert till.manage(PERSON).customer["isNewAccount"]
    assert reading.work.operations == ("BatchGetItem", "TransactWriteItems")
    # A consistent read of three absent claims; one that may be stale costs half.
    assert reading.work.read_units == 3


def test_an_idempotency_key_adds_no_round_trip(metered: tuple[Till, DynamoDBMeter]) -> None:
    """Invariant 2: the answer is written in the transaction of the changes, so that neither is there alone."""
    till, meter = metered
    with meter.reading() as reading:
        till.manage(PERSON, key="once")
    assert reading.work.operations == ("BatchGetItem", "TransactWriteItems")


def test_an_identifier_is_added_in_one_transaction(metered: tuple[Till, DynamoDBMeter]) -> None:
    """Invariant 1: the claim and the customer that owns it change together."""
    till, meter = metered
    till.manage(phone=PERSON["phone"])
    with meter.reading() as reading:
        till.manage(PERSON)
    assert reading.work.operations == (*READS_OF_A_LOOKUP, "TransactWriteItems")


def test_a_conflict_writes_itself_once(metered: tuple[Till, DynamoDBMeter]) -> None:
    till, meter = metered
    till.manage(email=PERSON["email"])
    till.manage(phone=PERSON["phone"])
    with meter.reading() as reading:
        assert till.manage(email=PERSON["email"], phone=PERSON["phone"]).status == 409
    assert reading.work.operations == ("BatchGetItem", "BatchGetItem", "GetItem", "TransactWriteItems")
    with meter.reading() as again:
        till.manage(email=PERSON["email"], phone=PERSON["phone"])
    assert again.work.operations == ("BatchGetItem", "BatchGetItem", "GetItem")


def test_a_patch_is_one_read_and_one_transaction_and_one_more_read_for_identifiers(
    metered: tuple[Till, DynamoDBMeter],
) -> None:
    till, meter = metered
    account = till.manage(PERSON).id
    operations = {}
    for name, patch in (
        ("a value", {"firstName": "Ann"}),
        ("the same value", {"firstName": "Ann"}),
        ("an identifier", {"email": "new@example.com"}),
        ("the same identifier", {"email": "new@example.com"}),
    ):
        with meter.reading() as reading:
            assert till.patch(account, patch).status == 200
        operations[name] = reading.work.operations
        print(name, reading.work)
    assert operations == {
        "a value": ("GetItem", "TransactWriteItems"),
        "the same value": ("GetItem",),
        "an identifier": ("GetItem", "BatchGetItem", "TransactWriteItems"),
        "the same identifier": ("GetItem", "BatchGetItem"),
    }


def test_an_enrollment_is_one_transaction_after_a_read_of_each_thing(
    metered: tuple[Till, DynamoDBMeter], dynamodb_tables: DynamoDBTables
) -> None:
    """Invariant 2: customer, claims, enrollment, events, the debts and what is counted of these are written at once."""
    till, meter = metered
    connect(dynamodb_tables, till.tenant.id)
    club = Club(till)
    stage, better = club.stage("Bronze", 10, durationMonths=12), club.stage("Silver", 20)
    customer = till.manage(email="bob@example.com").id
    costs = {}
    calls: dict[str, Callable[[], Reply]] = {
        "a new person": lambda: club.enroll(stage, email=PERSON["email"], phone=PERSON["phone"]),
        "the same again": lambda: club.enroll(stage, email=PERSON["email"]),
        "a known customer": lambda: club.enroll(stage, customerId=customer),
        "a move": lambda: club.enroll(better, customerId=customer, move=True),
        "an order that leads nowhere": lambda: club.order("1", email=PERSON["email"]),
    }
    for name, call in calls.items():
        with meter.reading() as reading:
            assert call().status in (200, 201)
        costs[name] = reading.work
        print(name, reading.work)
    terms, write = ("GetItem", "Query"), "TransactWriteItems"
    assert {name: work.operations for name, work in costs.items()} == {
        "a new person": (*terms, "BatchGetItem", write),
        "the same again": (*terms, "BatchGetItem", "GetItem", "GetItem", "BatchGetItem"),
        "a known customer": (*terms, "GetItem", "BatchGetItem", write),
        "a move": (*terms, "GetItem", "GetItem", "BatchGetItem", write),
        "an order that leads nowhere": ("GetItem", "BatchGetItem", "GetItem", "Query", write),
    }
    assert costs["the same again"].write_units == 0


def test_a_sync_job_reads_each_thing_once_and_writes_what_it_came_to(dynamodb_tables: DynamoDBTables) -> None:
    """Invariant 4: where nothing differs nothing is written but the job itself, taken and done."""
    scene = job_scene(dynamodb_tables)
    stage = scene.add_stage("Bronze")
    scene.deliver([owing.sync_stage(scene.tenant.id, CRM, stage.id).job])
    ann = scene.customer("ann@example.com", firstName="Ann")
    scene.enroll(ann.id, "Bronze")
    client = dynamodb_tables.client()
    meter, costs, told = DynamoDBMeter(client), {}, {}
    for name in ("the first time", "nothing differs"):
        job, before = scene.owe_customer(ann.id), len(scene.crm.writes)
        with meter.reading() as reading:
            assert scene.deliver([job], client) == []
        costs[name], told[name] = reading.work, scene.crm.writes[before:]
        print(name, reading.work)
    assert told == {"the first time": ["create", "grant"], "nothing differs": []}
    write = "TransactWriteItems"
    taken = ("GetItem", "BatchGetItem", write)
    known = ("Query", "GetItem", "Query", "GetItem", "Query")
    assert {name: work.operations for name, work in costs.items()} == {
        # What is claimed of the record's id the first time, and the link to it from then on.
        "the first time": (*taken, *known, "BatchGetItem", write, write),
        "nothing differs": (*taken, *known, "BatchGetItem", write),
    }


def test_a_sweep_that_finds_nothing_writes_nothing(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """A query for each shard of the jobs and of the webhooks that are due, and one each for imports and runs that stand
    still, of half a unit each."""
    scene = job_scene(fresh_tables())
    client = scene.tables.client()
    meter = DynamoDBMeter(client)
    with meter.reading() as reading:
        assert scene.sweep(client)["found"] == 0
    assert reading.work.operations == ("Query",) * 18
    assert (reading.work.read_units, reading.work.write_units) == (9, 0)


def test_an_unchanged_row_of_an_import_is_two_reads(dynamodb_tables: DynamoDBTables) -> None:
    """Its verdict is written with those of the page."""
    desk = ImportDesk(dynamodb_tables, make_bucket(dynamodb_tables))
    connect(dynamodb_tables, desk.tenant.id)
    operations = {}
    for rows in (1, 5):
        content = spreadsheet(("Email", "First Name"), *((f"row{rows}{n}@example.com", "Ro") for n in range(rows)))
        desk.run(content)
        again, client = desk.upload(content), dynamodb_tables.client()
        desk.commit(again)
        meter = DynamoDBMeter(client)
        with meter.reading() as reading:
            desk.work(again, parts=desk.parts(client))
        operations[rows] = Counter(reading.work.operations)
        print(rows, reading.work)
        assert counted(desk.get(again)) == {"unchanged": rows}
    assert operations[5] - operations[1] == Counter(dict.fromkeys(READS_OF_A_LOOKUP, 4))
    assert operations[1].keys() == operations[5].keys()


def test_the_rate_counters_are_counted_apart(metered: tuple[Till, DynamoDBMeter]) -> None:
    till, meter = metered
    with meter.reading() as reading:
        till.manage(PERSON)
    assert set(reading.counters.operations) == {"UpdateItem"}
    assert "UpdateItem" not in reading.work.operations


@pytest.mark.parametrize("operation", OPERATIONS, ids=lambda operation: operation.name)
def test_no_operation_is_cheaper_than_possible(dynamodb_tables: DynamoDBTables, operation: Operation) -> None:
    """Or else the meter, or what the bench holds for the least, is wrong."""
    work, (trips, _, writes) = measure(operation, dynamodb_tables).work, operation.least
    assert work.round_trips >= trips
    assert work.write_units >= writes
