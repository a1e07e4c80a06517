"""What each operation costs in DynamoDB, beside the least that it could cost."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from customerhub.domain.caller import Caller
from infra.local.tables import DynamoDBTables
from tests.bench.dynamodb_meter import DynamoDBMeter, Reading, Usage
from tests.bench.table import print_table
from tests.support.club import Club, connect
from tests.support.stream import TableStream, follow, profiles
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
    tables: DynamoDBTables
    client: Any

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


def searched_by_phone(backend: Backend) -> Call:
    backend.manage(phone=PHONE, **PERSON)
    return lambda: backend.till.search("(415) 555-2671", caller=backend.caller)


def _a_page_and_more(backend: Backend) -> None:
    for number in range(30):
        backend.manage(email=f"ann{number}@example.com", **PERSON)


def searched_by_name(backend: Backend) -> Call:
    _a_page_and_more(backend)
    return lambda: backend.till.search("ann", caller=backend.caller)


def listed(backend: Backend) -> Call:
    _a_page_and_more(backend)
    return lambda: backend.till.search(caller=backend.caller)


def timeline_read(backend: Backend) -> Call:
    customer = read_by_id(backend)().id
    return lambda: backend.till.timeline(customer, caller=backend.caller)


def patched(backend: Backend) -> Call:
    customer = backend.manage(phone=PHONE, **PERSON).id
    return lambda: backend.till.patch(customer, caller=backend.caller, allergies=["nuts"])


def _two_ids(backend: Backend) -> tuple[str, str]:
    return backend.manage(email=EMAIL, source="webapp").id, backend.manage(phone=PHONE, **PERSON).id


def merged_by_staff(backend: Backend) -> Call:
    one, other = _two_ids(backend)
    return lambda: backend.till.merge(one, other, caller=backend.caller)


def unmerged(backend: Backend) -> Call:
    one, other = _two_ids(backend)
    merge = backend.till.merge(one, other, caller=backend.caller).body["mergeId"]
    return lambda: backend.till.unmerge(one, mergeId=merge, caller=backend.caller)


def erased(backend: Backend) -> Call:
    customer = backend.manage(phone=PHONE, email=EMAIL, **PERSON).id
    return lambda: backend.till.erase(customer, caller=backend.caller)


def enrolled(backend: Backend) -> Call:
    connect(backend.tables, backend.till.tenant.id)
    club = Club(backend.till)
    stage = club.stage(durationMonths=12)
    return lambda: club.enroll(stage, caller=backend.caller, email=EMAIL, phone=PHONE)


def enrolled_again(backend: Backend) -> Call:
    call = enrolled(backend)
    call()
    return call


def counted_anew(backend: Backend) -> Call:
    stream = TableStream(backend.tables)
    backend.manage(email=EMAIL, **PERSON)
    return _followed(backend, stream)


def counted_again(backend: Backend) -> Call:
    stream = TableStream(backend.tables)
    backend.manage(email=EMAIL, **PERSON)
    _followed(backend, stream)()
    backend.manage(email=EMAIL, phone=PHONE, **PERSON)
    return _followed(backend, stream)


def _followed(backend: Backend, stream: TableStream) -> Call:
    """What changed since the last time, in one batch of the stream."""
    records = profiles(stream.read(backend.till.tenant.id))
    return lambda: Reply(207 if follow(backend.client, backend.tables.names, records) else 200, {}, {})


def analytics_read(backend: Backend) -> Call:
    counted_anew(backend)()
    return lambda: backend.till.analytics("sources", caller=backend.caller)


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
        (2, 3, 15),
        "three absent claims; profile, three claims and event at two units, five index entries at one: e-mail, phone, "
        "activity, first and last name",
    ),
    Operation(
        "create under an idempotency key",
        created_under_key,
        200,
        (2, 4, 17),
        "the same, and the answer to the key, read and written with the rest",
    ),
    Operation(
        "add an e-mail to a phone",
        email_added,
        200,
        (3, 3, 9),
        "two claims and a profile; profile, claim and event at two units, one index entry new, and that of the "
        "activity moved",
    ),
    Operation(
        "merge two, of one identifier each",
        merged,
        200,
        (3, 4, 17),
        "two claims and two profiles; survivor, alias, claim, two events and ledger at two units, two index entries, "
        "and those of the activity, one moved and one gone",
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
    Operation(
        "search by phone",
        searched_by_phone,
        200,
        (3, 3, 0),
        "two claims, since it could be an auth user's id; the profile; the index, for those who carry the phone",
    ),
    Operation(
        "search by name prefix",
        searched_by_name,
        200,
        (10, 30, 0),
        "a claim, since it could be an auth user's id; two indexes of four shards; 25 profiles",
    ),
    Operation(
        "first page of the list",
        listed,
        200,
        (9, 29, 0),
        "eight shards and 25 profiles",
    ),
    Operation(
        "page of the timeline",
        timeline_read,
        200,
        (2, 2, 0),
        "the profile, which says whose collections to read, and one collection",
    ),
    Operation(
        "PATCH a value",
        patched,
        200,
        (2, 1, 6),
        "the profile; profile and event at two units, the index entry of the activity moved",
    ),
    Operation(
        "merge by staff",
        merged_by_staff,
        200,
        (3, 4, 17),
        "two profiles, which say which two claims to read; what the merge by a call writes. The answer lists records "
        "as well: a query for each of their kinds",
    ),
    Operation(
        "undo it",
        unmerged,
        200,
        (5, 6, 16),
        "profile and ledger, alias, two claims, the events since; two profiles, claim, ledger and two events",
    ),
    Operation(
        "erase a customer of two identifiers",
        erased,
        200,
        (5, 5, 12),
        "profile, two claims, the collection; stub and two tombstones at two units, the erasure before and after, "
        "the event and five index entries gone",
    ),
    Operation(
        "enroll a new person, with two shops",
        enrolled,
        201,
        (3, 4, 38),
        "the stage and two absent claims, the shops; profile, two claims, two events, enrollment, a job for each shop, "
        "for the welcome and for the end, and what is counted of jobs for each shop and none, at two units; twelve "
        "index entries: e-mail, phone, activity, the stage's list, and two for each job",
    ),
    Operation(
        "enroll a member again",
        enrolled_again,
        200,
        (4, 5, 0),
        "the stage and two claims, the shops; the profile; the enrollment that it names. The jobs are read as well",
    ),
    Operation(
        "analytics: one new profile",
        counted_anew,
        200,
        (2, 2, 8),
        "what was counted of it, and the generation; that anew, a set of sources, a day and the totals at two units",
    ),
    Operation(
        "analytics: one changed profile",
        counted_again,
        200,
        (2, 2, 4),
        "the same reads; what is counted of it, and the totals",
    ),
    Operation(
        "GET analytics",
        analytics_read,
        200,
        (5, 5, 0),
        "the generation, which says where to read, and four shards, which are what writers need",
    ),
)


def measure(operation: Operation, tables: DynamoDBTables) -> Reading:
    """Run it once, for a tenant and with a client of its own. Raises RuntimeError on another status."""
    client = tables.client()
    till = open_till(client, tables.names)
    backend = Backend(till, service(till.tenant), tables, client)
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
