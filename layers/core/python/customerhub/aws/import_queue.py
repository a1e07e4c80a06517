"""The queue of imports that are to go on: a standard queue of SQS."""

import json
from collections.abc import Sequence
from functools import cached_property
from typing import Any

from customerhub.aws.queue import Message, send_batches, sqs_client
from customerhub.domain.ids import ImportId, TenantId


class SqsImportQueue:
    """Implements `ports.imports.ImportQueue`. The client is made when it is first needed, unless one is given.

    The tenant is the message's group: on a fair queue one merchant's imports do not hold up another's.
    """

    def __init__(self, url: str, client: Any = None) -> None:
        self._url = url
        self._client = client

    def send(self, imports: Sequence[tuple[TenantId, ImportId]]) -> None:
        """One SendMessageBatch for every ten."""
        bodies = ((tenant, json.dumps({"tenant": tenant, "import": import_id})) for tenant, import_id in imports)
        send_batches(self._sqs, self._url, [Message(body, group=tenant) for tenant, body in bodies])

    @cached_property
    def _sqs(self) -> Any:
        return self._client or sqs_client()
