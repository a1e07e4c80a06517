"""The queue of runs that are to be started or gone on with: a standard queue of SQS."""

import json
from collections.abc import Iterable, Sequence
from functools import cached_property
from typing import Any

from customerhub.aws.queue import MAX_DELAY_S, Message, send_batches, sqs_client
from customerhub.domain.ids import RunId, TenantId
from customerhub.domain.run import RunStart


class SqsRunQueue:
    """Implements `ports.runs.RunQueue`. The client is made when it is first needed, unless one is given.

    The tenant is the message's group: on a fair queue one merchant's runs do not hold up another's.
    """

    def __init__(self, url: str, client: Any = None) -> None:
        self._url = url
        self._client = client

    def send(self, runs: Sequence[tuple[TenantId, RunId]], delay_s: int = 0) -> None:
        """One SendMessageBatch for every ten."""
        self._send(((tenant, {"run": run}) for tenant, run in runs), delay_s)

    def send_starts(self, starts: Sequence[RunStart], delay_s: int = 0) -> None:
        """One SendMessageBatch for every ten."""
        self._send(
            (
                (start.tenant, {"integration": start.integration, "kind": start.kind, "tries": start.tries})
                for start in starts
            ),
            delay_s,
        )

    def _send(self, contents: Iterable[tuple[TenantId, dict[str, Any]]], delay_s: int) -> None:
        delay_s = min(delay_s, MAX_DELAY_S)
        bodies = ((tenant, json.dumps({"tenant": tenant, **content})) for tenant, content in contents)
        send_batches(self._sqs, self._url, (Message(body, tenant, delay_s) for tenant, body in bodies))

    @cached_property
    def _sqs(self) -> Any:
        return self._client or sqs_client()
