"""The queue of webhooks over MiniStack's SQS."""

import json
import secrets
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from customerhub.aws.delivery_queue import SqsDeliveryQueue
from customerhub.domain.delivery import Delivery
from customerhub.domain.ids import IntegrationId, TenantId
from customerhub.errors import ServiceUnavailable
from infra.local.emulator import Emulator
from tests.support.job_scene import StoppedClock

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


def delivery(number: int, tenant: str = "winery") -> Delivery:
    return Delivery(
        TenantId(tenant), IntegrationId("shopify"), f"event-{number}", "customers/update", NOW, NOW, b"ann@example.com"
    )


@pytest.fixture
def sqs(ministack: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in ministack.environment().items():
        monkeypatch.setenv(name, value)
    client = ministack.client("sqs")
    yield client
    client.close()


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName=f"deliveries-{secrets.token_hex(4)}")["QueueUrl"])


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    ).get("Messages"):
        found += messages
    return found


def test_a_message_says_tenant_and_delivery_in_the_tenants_turn(sqs: Any, url: str) -> None:
    """Invariant 8: nothing of what the webhook says is in a message."""
    sent = [*(delivery(number) for number in range(12)), delivery(0, "another")]
    SqsDeliveryQueue(url, StoppedClock(NOW)).send(sent)
    messages = received(sqs, url)
    bodies = [json.loads(message["Body"]) for message in messages]
    assert sorted((body["tenant"], body["delivery"]) for body in bodies) == sorted((one.tenant, one.id) for one in sent)
    assert {frozenset(body) for body in bodies} == {frozenset({"tenant", "delivery"})}
    groups = [message["Attributes"]["MessageGroupId"] for message in messages]
    assert groups == [body["tenant"] for body in bodies]


def test_what_is_due_later_comes_later_and_what_is_far_off_is_left_to_the_sweep(sqs: Any, url: str) -> None:
    soon, far = (replace(delivery(1), due_at=NOW + timedelta(minutes=minutes)) for minutes in (14, 16))
    SqsDeliveryQueue(url, StoppedClock(NOW)).send([soon, far])
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"
    assert received(sqs, url) == []


def test_a_queue_that_is_not_there_is_one_error_unless_there_is_nothing_to_send(sqs: Any) -> None:
    queue = SqsDeliveryQueue(f"{sqs.meta.endpoint_url}/0/nowhere", StoppedClock(NOW))
    queue.send([])
    with pytest.raises(ServiceUnavailable):
        queue.send([delivery(1)])
