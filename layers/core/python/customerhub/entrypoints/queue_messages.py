"""Batches of messages, as SQS hands them to a function: each names a tenant, and what of the tenant's is due."""

import json
import re
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from customerhub.domain.ids import TENANT_ID_PATTERN, TenantId
from customerhub.ports import Clock

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Settle = Callable[[dict[str, Any], datetime], bool]
"""Works one record until a time at most; whether its message may go."""


def build_handler(settle: Settle, clock: Clock, reserve: timedelta) -> Handler:
    """The handler that answers which messages come back (`ReportBatchItemFailures`). `reserve` is what is left of the
    function's time for the last writes."""

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        until = clock.now() + timedelta(milliseconds=context.get_remaining_time_in_millis()) - reserve
        failed = [record["messageId"] for record in event["Records"] if not settle(record, until)]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    return handle


def read_message(body: str, name: str, pattern: re.Pattern[str]) -> tuple[TenantId, str]:
    """The tenant that a message names, and the id in the field `name`. Raises ValueError for one that is none of ours,
    and RecursionError."""
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    tenant, due = str(message.get("tenant")), str(message.get(name))
    if not TENANT_ID_PATTERN.fullmatch(tenant) or not pattern.fullmatch(due):
        raise ValueError(f"not a tenant and its {name}")
    return TenantId(tenant), due
