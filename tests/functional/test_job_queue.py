"""The queue of jobs over MiniStack's SQS, the edges that read it, and messages that are none of ours."""

import json
import secrets
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from customerhub.aws.queue import Message, SqsJobQueue, send_batches
from customerhub.domain import owing
from customerhub.domain.ids import CustomerId, IntegrationId, TenantId
from customerhub.domain.job import Job, JobStatus
from customerhub.entrypoints.job_sweep import build_job_sweep
from customerhub.entrypoints.queues import build_job_worker
from customerhub.errors import ServiceUnavailable
from infra.local.emulator import Emulator
from infra.local.tables import DynamoDBTables
from tests.support.job_scene import Context, JobScene, StoppedClock, job_scene

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
TENANT = TenantId("winery")


def job(number: int, due_at: datetime = NOW) -> Job:
    debt = owing.sync_customer(TENANT, IntegrationId("shopify"), CustomerId(f"c{number}"))
    return owing.owe(debt, None, NOW, due_at=due_at).stored


@pytest.fixture
def sqs(ministack: Emulator, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    for name, value in ministack.environment().items():
        monkeypatch.setenv(name, value)
    client = ministack.client("sqs")
    yield client
    client.close()


@pytest.fixture
def url(sqs: Any) -> str:
    return str(sqs.create_queue(QueueName=f"jobs-{secrets.token_hex(4)}")["QueueUrl"])


def received(sqs: Any, url: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while messages := sqs.receive_message(
        QueueUrl=url, MaxNumberOfMessages=10, MessageSystemAttributeNames=["MessageGroupId"]
    ).get("Messages"):
        found += messages
    return found


def test_a_message_says_tenant_and_job_in_the_tenants_turn(sqs: Any, url: str) -> None:
    queue = SqsJobQueue(url, StoppedClock(NOW))
    queue.send([job(number) for number in range(23)])
    messages = received(sqs, url)
    assert sorted(json.loads(message["Body"])["job"] for message in messages) == sorted(job(n).id for n in range(23))
    assert {frozenset(json.loads(message["Body"])) for message in messages} == {frozenset({"tenant", "job"})}
    assert {message["Attributes"]["MessageGroupId"] for message in messages} == {TENANT}


def test_what_is_due_later_comes_later_and_what_is_far_off_is_left_to_the_sweep(sqs: Any, url: str) -> None:
    queue = SqsJobQueue(url, StoppedClock(NOW))
    soon, far = job(1, NOW + timedelta(minutes=5)), job(2, NOW + timedelta(minutes=16))
    queue.send([soon, far])
    assert received(sqs, url) == []
    attributes = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
    assert attributes["ApproximateNumberOfMessagesDelayed"] == "1"


class RefusingSqs:
    """A queue that takes all but one message of each call, or fails."""

    def __init__(self, error: Exception | None = None) -> None:
        self.error = error
        self.calls = 0

    def send_message_batch(self, *, Entries: list[dict[str, Any]], **_: str) -> dict[str, Any]:  # noqa: N803
        self.calls += 1
        if self.error:
            raise self.error
        return {"Failed": [{"Id": Entries[0]["Id"], "Code": "InternalError", "SenderFault": False}]}


def test_a_queue_that_takes_some_only_says_so_after_it_was_given_all() -> None:
    client = RefusingSqs()
    with pytest.raises(ServiceUnavailable, match="2 messages"):
        send_batches(client, "url", [Message("{}", TENANT)] * 12)
    assert client.calls == 2


@pytest.mark.parametrize("code", ["ThrottlingException", "AccessDenied", "AWS.SimpleQueueService.NonExistentQueue"])
def test_whatever_the_queue_answers_is_one_error(code: str) -> None:
    """Who sends has committed already: nothing may come of it but that the sweep sends again."""
    response: Any = {"Error": {"Code": code, "Message": code}, "ResponseMetadata": {"HTTPStatusCode": 400}}
    with pytest.raises(ServiceUnavailable, match=code):
        send_batches(RefusingSqs(ClientError(response, "SendMessageBatch")), "url", [Message("{}", TENANT)])


@pytest.fixture
def scene(dynamodb_tables: DynamoDBTables) -> JobScene:
    return job_scene(dynamodb_tables)


@pytest.mark.parametrize(
    "body",
    ["", "[]", "{}", '{"tenant": "T", "job": "x"}', '{"tenant": "winery", "job": 5}', "\x00", "[" * 5_000],
    ids=["empty", "list", "nothing", "bad ids", "number", "binary", "deep"],
)
def test_a_message_that_is_none_of_ours_fails_alone(scene: JobScene, body: str) -> None:
    """It ends in the queue of dead letters, whose alarm tells."""
    scene.add_stage("Bronze")
    (ours,) = scene.jobs()
    good = json.dumps({"tenant": scene.tenant.id, "job": ours.id})
    records = [{"messageId": "bad", "body": body}, {"messageId": "good", "body": good}]
    answer = build_job_worker(scene.app())({"Records": records}, Context())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "bad"}]}
    assert scene.job(ours.id).status is JobStatus.DONE


def test_a_job_or_tenant_that_is_not_there_is_no_fault(scene: JobScene) -> None:
    unknown = [{"tenant": scene.tenant.id, "job": "0" * 32}, {"tenant": "nobody", "job": "0" * 32}]
    records = [{"messageId": str(n), "body": json.dumps(body)} for n, body in enumerate(unknown)]
    assert build_job_worker(scene.app())({"Records": records}, Context()) == {"batchItemFailures": []}


class Hurried(Context):
    def get_remaining_time_in_millis(self) -> int:
        return 14_000


def test_without_enough_time_a_message_comes_back(scene: JobScene) -> None:
    scene.add_stage("Bronze")
    (ours,) = scene.jobs()
    record = {"messageId": "1", "body": json.dumps({"tenant": scene.tenant.id, "job": ours.id})}
    answer = build_job_worker(scene.app())({"Records": [record]}, Hurried())
    assert answer == {"batchItemFailures": [{"itemIdentifier": "1"}]}
    assert scene.job(ours.id) == ours


def test_what_nobody_foresaw_is_logged_without_its_words_and_tried_again(
    scene: JobScene, caplog: pytest.LogCaptureFixture
) -> None:
    """Invariant 8; and it is counted, so that it is parked some day."""
    scene.add_stage("Bronze")
    (ours,) = scene.jobs()
    scene.crm.plan = lambda _number, _name: ("before", KeyError("ann@example.com"))
    assert scene.deliver([ours.id]) == []
    failed = scene.job(ours.id)
    assert (failed.status, failed.attempts, failed.reason) == (JobStatus.WAITING, 1, "internal_error")
    assert failed.lease is None
    written = str([vars(record) for record in caplog.records])
    assert "KeyError" in written
    assert "ann@example.com" not in written


def test_the_sweep_does_its_own_task_only(scene: JobScene) -> None:
    with pytest.raises(ValueError, match="no task"):
        build_job_sweep(scene.sweep_app())({"task": "another"}, Context())
