"""Invariant 1 under concurrency: never two live customers own one identifier, and racing calls all come through."""

import itertools
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from threading import Barrier
from typing import Any

from infra.local.tables import DynamoDBTables
from tests.support.audit import audit
from tests.support.till import Reply, open_till

THREADS = 64
RACERS = 8
"""Threads that call about the same person at the same moment; the others race for other persons meanwhile."""
ROUNDS = 500


def _calls_about_one_person(number: int) -> list[dict[str, Any]]:
    """Each names two or three of the person's five identifiers, so that any two calls are linked through others."""
    identifiers = [
        {"email": f"a{number}@example.com"},
        {"phone": f"+1707{number:07d}"},
        {"authUserId": f"user-{number}"},
    ]
    pairs = [{**one, **other} for one, other in itertools.combinations(identifiers, 2)]
    return [*pairs, {**identifiers[0], **identifiers[1], **identifiers[2]}]


def test_every_person_raced_for_is_one_customer(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 1: 500 rounds, 64 threads at work, 8 at a time on one person."""
    tables = fresh_tables()
    till = open_till(tables.client(), tables.names)
    starts = [Barrier(RACERS) for _ in range(THREADS // RACERS)]

    def race(thread: int) -> list[Reply]:
        group, racer = divmod(thread, RACERS)
        replies = []
        for number in range(group, ROUNDS, len(starts)):
            calls = _calls_about_one_person(number)
            starts[group].wait()
            replies.append(till.manage(calls[racer % len(calls)] | {"mergeIfFound": True}))
        return replies

    with ThreadPoolExecutor(THREADS) as threads:
        replies = list(threads.map(race, range(THREADS)))
    assert {reply.status for thread in replies for reply in thread} == {200}
    assert len(audit(tables).customers) == ROUNDS


def test_racing_additions_to_one_customer_lose_nothing(fresh_tables: Callable[[], DynamoDBTables]) -> None:
    """Invariant 2: every call that was answered 200 left its identifier, its word and its event."""
    tables = fresh_tables()
    till = open_till(tables.client(), tables.names)
    till.manage(authUserId="user")
    start = Barrier(RACERS)

    def add(number: int) -> Reply:
        start.wait()
        return till.manage(authUserId="user", email=f"a{number}@example.com", allergies=[f"allergy {number}"])

    with ThreadPoolExecutor(RACERS) as threads:
        replies = list(threads.map(add, range(RACERS)))
    assert {reply.status for reply in replies} == {200}
    books = audit(tables)
    (customer,) = books.customers.values()
    assert len(customer.identifiers) == RACERS + 1
    assert len(customer.allergies) == RACERS
    assert len(books.events) == RACERS + 1
    assert customer.version == RACERS + 1
