"""What each operation costs in DynamoDB, beside the least that it could cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from customerhub.domain.caller import Caller
from infra.local.tables import DynamoDBTables
from tests.bench.dynamodb_meter import DynamoDBMeter, Reading, Usage
from tests.bench.table import print_table
from tests.support.till import Reply, Till, open_till, service

DOLLARS_PER_MILLION_READS = 0.125
DOLLARS_PER_MILLION_WRITES = 0.625
"""Units, on demand, us-east-1."""

PHONE, EMAIL, USER = "+14155552671", "ann@example.com", "auth-1"
PERSON = {"firstName": "Ann", "lastName": "Lee", "source": "chatbot"}
Call = Callable[[], Reply]


@dataclass(frozen=True)
class Backend:
    """A merchant's backend with one service key, whose calls of the minute are booked already."""

    till: Till
    caller: Caller

    def manage(self, **fields: Any) -> Reply:
        """Find, create or merge."""
        return self.till.manage(caller=self.caller, **fields)

    def get(self, customer_id: str) -> Reply:
        """Read one customer."""
        return self.till.get(customer_id, caller=self.caller)


@dataclass(frozen=True)
class Operation:
    """`prepare` leaves a fresh tenant as the operation finds it and returns the call, which answers `status`.

    `least` are the round trips, read and write units that no implementation of the design can stay below, and `because`
    says why. Every item is taken to be small: below 1 KB where written, 4 KB where read.
    """

    name: str
    prepare: Callable[[Backend], Call]
    status: int
    least: tuple[int, int, int]
    because: str


def looked_up_by_email(backend: Backend) -> Call:
    backend.manage(phone=PHONE, email=EMAIL, authUserId=USER, **PERSON)
    return lambda: backend.manage(email=EMAIL)


def looked_up_by_all(backend: Backend) -> Call:
    backend.manage(phone=PHONE, email=EMAIL, authUserId=USER, **PERSON)
    return lambda: backend.manage(phone=PHONE, email=EMAIL, authUserId=USER, **PERSON)


def created(backend: Backend) -> Call:
    return lambda: backend.manage(phone=PHONE, email=EMAIL, authUserId=USER, **PERSON)


def created_under_key(backend: Backend) -> Call:
    return lambda: backend.manage(key="1", phone=PHONE, email=EMAIL, authUserId=USER, **PERSON)


def email_added(backend: Backend) -> Call:
    backend.manage(phone=PHONE, **PERSON)
    return lambda: backend.manage(phone=PHONE, email=EMAIL, **PERSON)


def _two_accounts(backend: Backend) -> None:
    backend.manage(email=EMAIL, source="webapp")
    backend.manage(phone=PHONE, source="chatbot")


def merged(backend: Backend) -> Call:
    _two_accounts(backend)
    return lambda: backend.manage(phone=PHONE, email=EMAIL, mergeIfFound=True, source="chatbot")


def in_conflict(backend: Backend) -> Call:
    _two_accounts(backend)
    return lambda: backend.manage(phone=PHONE, email=EMAIL, source="chatbot")


def in_conflict_again(backend: Backend) -> Call:
    call = in_conflict(backend)
    call()
    return call


def read_by_id(backend: Backend) -> Call:
    customer = backend.manage(phone=PHONE, **PERSON).id
    return lambda: backend.get(customer)


OPERATIONS = (
    Operation(
        "lookup by one identifier, unchanged",
        looked_up_by_email,
        200,
        (2, 2, 0),
        "a claim and a profile; only the claim says which profile",
    ),
    Operation(
        "lookup by three identifiers, unchanged",
        looked_up_by_all,
        200,
        (2, 4, 0),
        "three claims, which could be three people's, and a profile",
    ),
    Operation(
        "create with three identifiers",
        created,
        200,
        (2, 3, 12),
        "three absent claims; profile, three claims and event at two units, two index entries at one",
    ),
    Operation(
        "create under an idempotency key",
        created_under_key,
        200,
        (2, 4, 14),
        "the same, and the answer to the key, read and written with the rest",
    ),
    Operation(
        "add an e-mail to a phone",
        email_added,
        200,
        (3, 3, 7),
        "two claims and a profile; profile, claim and event at two units, one index entry",
    ),
    Operation(
        "merge two, of one identifier each",
        merged,
        200,
        (3, 4, 14),
        "two claims and two profiles; survivor, alias, claim, two events and ledger at two units, two index entries",
    ),
    Operation(
        "conflict",
        in_conflict,
        409,
        (3, 4, 1),
        "two claims and two profiles; the conflict, put alone",
    ),
    Operation(
        "the same conflict again",
        in_conflict_again,
        409,
        (2, 5, 0),
        "whether it is recorded could be read beside the profiles; we try to record it, and are refused",
    ),
    Operation(
        "GET a customer",
        read_by_id,
        200,
        (1, 1, 0),
        "the profile",
    ),
)


def measure(operation: Operation, tables: DynamoDBTables) -> Reading:
    """Run it once, for a tenant and with a client of its own. Raises RuntimeError on another status."""
    client = tables.client()
    till = open_till(client, tables.names)
    backend = Backend(till, service(till.tenant))
    backend.manage(email="somebody.else@example.com", source="chatbot")
    call = operation.prepare(backend)
    with DynamoDBMeter(client).reading() as reading:
        reply = call()
    if reply.status != operation.status:
        raise RuntimeError(f"{operation.name}: {reply}")
    return reading


def dollars_per_million(read_units: float, write_units: float) -> float:
    """Of DynamoDB requests that take so many units each."""
    return read_units * DOLLARS_PER_MILLION_READS + write_units * DOLLARS_PER_MILLION_WRITES


def run(tables: DynamoDBTables) -> None:
    """Measure and print every operation."""
    print("Operations: DynamoDB round trips and capacity units of one call, and dollars per million calls.")
    print("In brackets the least possible. The rate counters run beside the work and are counted apart.\n")
    header = [
        "operation",
        "trips",
        "read units",
        "write units",
        "dollars",
        "counters",
        "their dollars",
        "least, because",
    ]
    print_table(header, [_row(operation, measure(operation, tables)) for operation in OPERATIONS])


def _row(operation: Operation, reading: Reading) -> list[str]:
    work, (trips, reads, writes) = reading.work, operation.least
    return [
        operation.name,
        f"{work.round_trips} ({trips})",
        f"{work.read_units:g} ({reads})",
        f"{work.write_units:g} ({writes})",
        f"{_dollars(work):.3f} ({dollars_per_million(reads, writes):.3f})",
        f"{reading.counters.round_trips}",
        f"{_dollars(reading.counters):.3f}",
        operation.because,
    ]


def _dollars(usage: Usage) -> float:
    return dollars_per_million(usage.read_units, usage.write_units)
