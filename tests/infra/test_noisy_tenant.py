"""One merchant's hundred thousand do not delay another's one: the queues as deployed, in simulated time, with the
messages that are really sent and in the order in which the workers really take them."""

import random
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

import pytest

from customerhub import deployment
from customerhub.aws.delivery_queue import SqsDeliveryQueue
from customerhub.aws.queue import Message, send_batches
from customerhub.aws.run_queue import SqsRunQueue
from customerhub.domain.delivery import Delivery
from customerhub.domain.ids import IntegrationId, TenantId, new_run_id
from customerhub.entrypoints.queue_messages import in_turns
from customerhub.entrypoints.run_worker import TURN
from tests.infra.assembly import Assembly, logical_id
from tests.support.fair_queue import HeardSqs, Record, Workers, waits
from tests.support.job_scene import StoppedClock

NOISY, QUIET = TenantId("noisy"), TenantId("quiet")
NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
RECORDS = 100_000
CALLS = 600
"""Of the quiet tenant, one every few seconds."""
Send = Callable[[HeardSqs, TenantId, int], None]


def send_deliveries(sqs: HeardSqs, tenant: TenantId, number: int) -> None:
    queue = SqsDeliveryQueue("url", StoppedClock(NOW), sqs)
    shop = IntegrationId("shopify")
    queue.send([Delivery(tenant, shop, f"event-{n}", "customers/update", NOW, NOW) for n in range(number)])


def send_jobs(sqs: HeardSqs, tenant: TenantId, number: int) -> None:
    """As `SqsJobQueue` does, whose client is its own."""
    send_batches(sqs, "url", (Message("{}", tenant) for _ in range(number)))


def send_runs(sqs: HeardSqs, tenant: TenantId, number: int) -> None:
    SqsRunQueue("url", sqs).send([(tenant, new_run_id()) for _ in range(number)])


@dataclass(frozen=True)
class Load:
    """How many messages the noisy tenant's records become at one moment, and how long each takes on average."""

    send: Send
    worker: str
    messages: int
    service_s: float
    pause_s: float


LOADS = {
    "webhooks": Load(send_deliveries, deployment.DELIVERY_WORKER, RECORDS, 0.25, 2.0),
    "jobs": Load(send_jobs, deployment.JOB_WORKER, RECORDS, 0.5, 3.0),
    # A run goes on by message after message, one at a time for each shop: these are many shops that are taken in anew.
    "runs": Load(send_runs, deployment.RUN_WORKER, 2_400, TURN.total_seconds(), 40.0),
}


@pytest.mark.parametrize("name", LOADS)
def test_a_noisy_tenant_does_not_delay_a_quiet_one(deployed: Assembly, name: str) -> None:
    """The 99th percentile from being sent to being done is at most twice what it is alone; without groups, which is
    how the same messages would fare on a plain queue, it is not."""
    load = LOADS[name]
    workers = _workers(deployed, load)
    idle = _p99(waits(_quiet(load), workers)[QUIET])
    loud = [*_noise(load), *_quiet(load)]
    fair, plain = (_p99(waits(loud, workers, is_fair=is_fair)[QUIET]) for is_fair in (True, False))
    print(f"{name}: alone {idle:.2f} s, beside the noisy one {fair:.2f} s, without groups {plain:.1f} s")
    assert fair <= 2 * idle
    assert plain > 2 * idle


@pytest.mark.parametrize("sizes", [(4, 1), (1, 4), (2, 2), (5, 0), (1, 1)])
def test_within_a_batch_who_has_fewest_comes_first(sizes: tuple[int, int]) -> None:
    noisy, quiet = sizes
    records = [_record(NOISY, n) for n in range(noisy)] + [_record(QUIET, n) for n in range(quiet)]
    random.Random(str(sizes)).shuffle(records)
    ordered = in_turns(records)
    assert sorted(map(str, ordered)) == sorted(map(str, records))
    places = [n for n, record in enumerate(ordered) if record["attributes"]["MessageGroupId"] == QUIET]
    assert all(place <= 2 * number + 1 for number, place in enumerate(places))
    assert not quiet or quiet >= noisy or places[0] == 0


def test_messages_without_a_group_stay_in_their_order() -> None:
    records: list[Record] = [{"messageId": str(n), "body": ""} for n in range(5)]
    assert in_turns(records) == records


def _workers(assembly: Assembly, load: Load) -> Workers:
    """As deployed. How long a message takes is spread widely, and always the same."""
    functions = assembly.functions()
    mappings = [
        mapping
        for mapping in assembly.of_type("AWS::Lambda::EventSourceMapping").values()
        if assembly.resources[logical_id(mapping["FunctionName"])]["Properties"] == functions[load.worker]
    ]
    (mapping,) = mappings
    chance = random.Random(7)
    at_once = mapping["ScalingConfig"]["MaximumConcurrency"]

    def service_s(_: Record) -> float:
        return load.service_s * chance.uniform(0.5, 1.5)

    return Workers(at_once, mapping["BatchSize"], in_turns, service_s)


def _noise(load: Load) -> Iterable[tuple[float, Record]]:
    sqs = HeardSqs()
    load.send(sqs, NOISY, load.messages)
    return sqs.sent


def _quiet(load: Load) -> Iterable[tuple[float, Record]]:
    sqs = HeardSqs()
    for number in range(CALLS):
        sqs.now_s = 1 + number * load.pause_s
        load.send(sqs, QUIET, 1)
    return sqs.sent


def _p99(values: list[float]) -> float:
    return sorted(values)[int(len(values) * 0.99)]


def _record(tenant: TenantId, number: int) -> dict[str, Any]:
    return {"messageId": f"{tenant}-{number}", "attributes": {"MessageGroupId": tenant}}
