"""Invariant 1 over HTTP: two hundred overlapping calls, thirty-two at a time, end in exactly one customer."""

import itertools
import random
import uuid
from collections import Counter
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import httpx
import pytest

from customerhub.deployment import CUSTOMERS_TABLE_VARIABLE
from infra.local.hub import Hub
from tests.e2e.operator_command import issue_key, register_tenant
from tests.support.api import Api

CALLS = 200
AT_ONCE = 32
KEYS = 16
"""Thirteen calls a key at most, so that the limit of twenty a minute about one person cannot step in."""
IDENTIFIERS = (
    *(("email", f"ann{number}@example.com") for number in range(3)),
    *(("phone", f"+1415555267{number}") for number in range(3)),
    ("authUserId", "auth-ann"),
)
SEED = 2


def combinations() -> list[dict[str, str]]:
    """Every way to name the person by two or three identifiers of different kinds, in a fixed random order."""
    some = [dict(chosen) for size in (2, 3) for chosen in itertools.combinations(IDENTIFIERS, size)]
    several = [chosen for chosen in some if len(chosen) > 1]
    random.Random(SEED).shuffle(several)
    return several


@pytest.fixture
def backends(stack: Hub) -> Iterator[list[Api]]:
    """The backends of a fresh tenant, each with a key of its own."""
    tenant = f"race-{uuid.uuid4().hex[:8]}"
    register_tenant(stack, tenant)
    limits = httpx.Limits(max_connections=AT_ONCE)
    with httpx.Client(base_url=stack.base_url, timeout=60, limits=limits, trust_env=False) as client:
        yield [Api(client, tenant, issue_key(stack, tenant)) for _ in range(KEYS)]


def profiles(hub: Hub, tenant: str) -> list[Any]:
    """Of the tenant's customers, those that were merged into another included."""
    scan = hub.emulator.client("dynamodb").get_paginator("scan")
    pages = scan.paginate(TableName=hub.tables[CUSTOMERS_TABLE_VARIABLE], ConsistentRead=True)
    collections = [item for page in pages for item in page["Items"] if item["PK"]["S"].startswith(f"T#{tenant}#C#")]
    return [item for item in collections if item["SK"]["S"] == "PROFILE"]


def test_two_hundred_overlapping_calls_end_in_one_customer(stack: Hub, backends: list[Api]) -> None:
    """Invariant 1."""
    calls = list(zip(range(CALLS), itertools.cycle(combinations()), itertools.cycle(backends), strict=False))
    with ThreadPoolExecutor(AT_ONCE) as threads:
        # Functions that start one after the other would let the first calls pass one after the other.
        assert {reply.status for reply in threads.map(lambda backend: backend.get("nobody"), 4 * backends)} == {404}
        replies = list(threads.map(lambda call: call[2].manage(**call[1], source="chatbot", mergeIfFound=True), calls))
    assert Counter(reply.status for reply in replies) == {200: CALLS}

    stored = profiles(stack, backends[0].tenant_id)
    [customer] = [item["id"]["S"] for item in stored if "merged_into" not in item]
    assert len(stored) == sum(reply.customer["isNewAccount"] for reply in replies)
    found = {value: backends[-1].manage(**{kind: value}).id for kind, value in IDENTIFIERS}
    assert found == {value: customer for _, value in IDENTIFIERS}
    # Whatever id a caller was told on the way keeps working.
    assert {backends[-1].get(told).id for told in {reply.id for reply in replies}} == {customer}
