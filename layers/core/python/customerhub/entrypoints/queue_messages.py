"""Batches of messages, as SQS hands them to a function: each names a tenant, and what of the tenant's is due."""

import json
import re
from collections import Counter
from collections.abc import Callable, Sequence
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
        failed = [record["messageId"] for record in in_turns(event["Records"]) if not settle(record, until)]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    return handle


def in_turns(records: Sequence[dict[str, Any]]) -> list[dict[str, Any]]:
    """The first message of each tenant, then the second of each, who has fewest first: within a batch, too, one
    merchant's many do not hold up another's one."""
    groups = [record.get("attributes", {}).get("MessageGroupId", "") for record in records]
    sizes, before, places = Counter(groups), Counter[str](), list[tuple[int, int, int]]()
    for number, group in enumerate(groups):
        places.append((before[group], sizes[group], number))
        before[group] += 1
    return [records[number] for _, _, number in sorted(places)]


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
