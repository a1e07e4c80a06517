"""How fast a race is decided: as many calls about one new person at once as there are threads.

The peer is what one would take off the shelf: the idempotency utility of Powertools around one `put_item`, keyed by the
identifier, a call that comes too early trying again. It keeps a single record apart; identity over several identifiers,
a timeline and a rate limit it does not have.
"""

import itertools
import random
import statistics
import time
import uuid
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from aws_lambda_powertools.utilities.idempotency import (
    DynamoDBPersistenceLayer,
    IdempotencyConfig,
    idempotent_function,
)
from aws_lambda_powertools.utilities.idempotency.exceptions import IdempotencyAlreadyInProgressError
from aws_lambda_powertools.utilities.typing import LambdaContext

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE, PARTITION_KEY, SORT_KEY, WORK_TABLE_VARIABLE
from infra.local.tables import DynamoDBTables
from tests.support.till import open_till, service

THREADS = 64
ROUNDS = 8
MAX_PAUSE_S = 0.05

FindOrCreate = Callable[[str], str]
"""E-mail to the customer's id."""


def hub(tables: DynamoDBTables) -> FindOrCreate:
    """The deployed handler, called by as many backends as threads, or the limit about one person would step in."""
    till = open_till(tables.client(), tables.names)
    callers = itertools.cycle([service(till.tenant) for _ in range(THREADS)])
    return lambda email: till.manage(caller=next(callers), email=email, source="chatbot").id


class _Context(LambdaContext):
    """The part of Lambda's context that Powertools reads: how long a record in progress counts."""

    @staticmethod
    def get_remaining_time_in_millis() -> int:
        return 15_000


def peer(tables: DynamoDBTables) -> FindOrCreate:
    """Powertools' utility, with its records in the work table."""
    client = tables.client()
    layer = DynamoDBPersistenceLayer(
        tables.names[WORK_TABLE_VARIABLE], key_attr=PARTITION_KEY, boto3_client=client, sort_key_attr=SORT_KEY
    )

    config = IdempotencyConfig(lambda_context=_Context())

    def create(*, email: str) -> str:
        customer = str(uuid.uuid4())
        item: Any = {PARTITION_KEY: {"S": customer}, SORT_KEY: {"S": "PROFILE"}, "email": {"S": email}}
        client.put_item(TableName=tables.names[CUSTOMERS_TABLE_VARIABLE], Item=item)
        return customer

    create_once = idempotent_function(create, data_keyword_argument="email", persistence_store=layer, config=config)

    def find_or_create(email: str) -> str:
        while True:
            try:
                return str(create_once(email=email))
            except IdempotencyAlreadyInProgressError:
                time.sleep(random.uniform(0, MAX_PAUSE_S))

    return find_or_create


def race(contender: FindOrCreate, threads: ThreadPoolExecutor) -> float:
    """Let all threads ask for one new person at once; calls per second. Raises RuntimeError if two come out."""
    email = f"{uuid.uuid4().hex}@example.com"
    started = time.perf_counter()
    customers = set(threads.map(contender, [email] * THREADS))
    seconds = time.perf_counter() - started
    if len(customers) != 1:
        raise RuntimeError(f"{len(customers)} customers for one person")
    return THREADS / seconds


def run(tables: DynamoDBTables) -> None:
    """Race both in turn and print the ratio."""
    ours, theirs = hub(tables), peer(tables)
    with ThreadPoolExecutor(THREADS) as threads:
        race(ours, threads)
        race(theirs, threads)
        ratios = [race(ours, threads) / race(theirs, threads) for _ in range(ROUNDS)]
    print(f"Race: {THREADS} threads ask for one new person at once; calls per second of the hub, divided by those of")
    print("Powertools' idempotency utility around one put_item in the same round.\n")
    print(f"  median {statistics.median(ratios):.2f}, lowest {min(ratios):.2f}, highest {max(ratios):.2f}\n")
