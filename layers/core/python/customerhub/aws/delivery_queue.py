"""The queue of webhooks that are to be worked: a standard queue of SQS."""

import json
import math
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from customerhub.aws.queue import MAX_DELAY_S, Message, send_batches, sqs_client
from customerhub.domain.delivery import Delivery
from customerhub.ports import Clock


class SqsDeliveryQueue:
    """Implements `ports.deliveries.DeliveryQueue`. A message holds the tenant and the delivery's id, nothing else. The
    client is made when it is first needed, unless one is given.

    The tenant is the message's group: on a fair queue one merchant's webhooks do not hold up another's.
    """

    def __init__(self, url: str, clock: Clock, client: Any = None) -> None:
        self._url = url
        self._clock = clock
        self._client = client

    def send(self, deliveries: Sequence[Delivery]) -> None:
        """One SendMessageBatch per ten."""
        now = self._clock.now()
        delays = [(one, max(0, math.ceil((one.due_at - now).total_seconds()))) for one in deliveries]
        messages = [
            Message(json.dumps({"tenant": one.tenant, "delivery": one.id}), one.tenant, delay_s)
            for one, delay_s in delays
            if delay_s <= MAX_DELAY_S
        ]
        if messages:
            send_batches(self._sqs, self._url, messages)

    @cached_property
    def _sqs(self) -> Any:
        return self._client or sqs_client()
