"""Queues of SQS. They are standard queues with a message group per tenant, which makes them fair: one tenant's backlog
does not hold up another's messages (Amazon SQS developer guide, "fair queues", 2025-07)."""

import json
import math
from collections.abc import Iterable, Sequence
from datetime import datetime
from functools import cached_property
from itertools import islice
from typing import Any, NamedTuple

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from customerhub.domain.job import Job
from customerhub.errors import ServiceUnavailable
from customerhub.ports import Clock

MAX_BATCH = 10
MAX_DELAY_S = 900
_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})


class Message(NamedTuple):
    """What is sent: `body` to whom it may concern, in the turn of its `group`, after `delay_s`."""

    body: str
    group: str
    delay_s: int = 0


class SqsJobQueue:
    """Implements `ports.jobs.JobQueue`. A message holds the tenant and the job's id, nothing else."""

    def __init__(self, url: str, clock: Clock) -> None:
        self._url = url
        self._clock = clock

    def send(self, jobs: Sequence[Job]) -> None:
        """One SendMessageBatch per ten."""
        now = self._clock.now()
        messages = [
            Message(json.dumps({"tenant": job.tenant, "job": job.id}), job.tenant, delay_s)
            for job in jobs
            if (delay_s := _delay_s(job, now)) <= MAX_DELAY_S
        ]
        if messages:
            send_batches(self._client, self._url, messages)

    @cached_property
    def _client(self) -> Any:
        return sqs_client()


def sqs_client() -> Any:
    """A client; it costs a cold start some milliseconds, so it is made when there is something to send."""
    return get_session().create_client("sqs", config=_CONFIG)


def send_batches(client: Any, url: str, messages: Iterable[Message]) -> None:
    """Send all messages, ten to a call. Raises ServiceUnavailable where any of them may not have been taken, whatever
    the reason, after which some have been: whoever reads them bears repetition. Who sends owes the work already, and
    must not fail for a queue that is not there: the sweep, which fails too, tells the operator."""
    left, refused = iter(messages), 0
    while batch := list(islice(left, MAX_BATCH)):
        try:
            answer = client.send_message_batch(QueueUrl=url, Entries=[_entry(*one) for one in enumerate(batch)])
        except BotoCoreError as error:
            raise ServiceUnavailable(f"the queue was not reached: {type(error).__name__}") from error
        except ClientError as error:
            raise ServiceUnavailable(f"the queue answered {error.response['Error']['Code']}") from error
        refused += len(answer.get("Failed", ()))
    if refused:
        raise ServiceUnavailable(f"the queue has not taken {refused} messages")


def _entry(number: int, message: Message) -> dict[str, Any]:
    delay = {"DelaySeconds": message.delay_s} if message.delay_s else {}
    return {"Id": str(number), "MessageBody": message.body, "MessageGroupId": message.group, **delay}


def _delay_s(job: Job, now: datetime) -> int:
    return max(0, math.ceil((job.due_at - now).total_seconds()))
