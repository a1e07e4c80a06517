"""The edge of the queue of runs: each message has one run gone on with, or begun.

`{"tenant", "run"}` goes on with a run, `{"tenant", "integration", "kind", "tries"}` begins one where there is need of
it. A message says that there is something to do, nothing more: one that comes twice, or too late, finds the run taken
or ended. A message is failed only where it cannot be read or the fault was not foreseen: it ends in the dead-letter
queue, of which an alarm tells. A run that met a fault of the moment goes on by another message.
"""

import json
import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.domain.ids import (
    INTEGRATION_ID_PATTERN,
    TENANT_ID_PATTERN,
    ULID_PATTERN,
    IntegrationId,
    RunId,
    TenantId,
)
from customerhub.domain.run import Run, RunKind, RunStart
from customerhub.entrypoints.queue_messages import Handler, build_handler, read_message
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import RetryLater
from customerhub.services.begin_run import MAX_TRIES, begin_run
from customerhub.services.run_parts import PullParts
from customerhub.services.work_run import work_run

RESERVE = timedelta(seconds=180)
"""What is left of the function's time when it begins no further page: enough for one page and the last writes."""
TURN = timedelta(minutes=2)
"""How long a worker stays with one run: then the others in the queue have their turn, and the run goes on behind them.
A merchant with many records does not keep one with few from being pulled."""


AGAIN_S = 60
"""After a fault of the moment that kept a run from beginning."""


def build_run_worker(pull: PullParts) -> Handler:
    """The handler. It never raises: an exception would be logged with its message, which may quote a person."""
    logger, clock = Logger(), pull.club.clock
    parts = replace(pull, unforeseen=lambda error, record: log_unforeseen(logger, error, f"record {record}"))

    def settles(record: dict[str, Any], until: datetime) -> bool:
        started = time.perf_counter()
        try:
            about = _work(record["body"], min(until, clock.now() + TURN), parts)
        except RetryLater as fault:
            logger.warning("try again", extra={"request": record["messageId"], "reason": str(fault)})
            return True
        except Exception as error:
            log_unforeseen(logger, error, record["messageId"])
            return False
        logger.info("worked", extra={**about, "ms": round((time.perf_counter() - started) * 1000)})
        return True

    return build_handler(settles, clock, RESERVE)


def _work(body: str, until: datetime, parts: PullParts) -> dict[str, str]:
    """What is logged of it."""
    message = json.loads(body)
    if isinstance(message, dict) and "run" in message:
        tenant, run_id = read_message(body, "run", ULID_PATTERN)
        return {"tenant": tenant, "run": run_id, "ending": work_run(tenant, RunId(run_id), until, parts=parts)}
    start = _read_start(message)
    about = {"tenant": start.tenant, "integration": start.integration, "kind": start.kind}
    try:
        begun = begin_run(start, parts=parts)
    except RetryLater:
        # No run, no sweep that looks after it: the message itself goes on, for a while.
        if start.tries < MAX_TRIES:
            parts.queue.send_starts([replace(start, tries=start.tries + 1)], AGAIN_S)
        raise
    if not isinstance(begun, Run):
        return {**about, "ending": "skipped", "reason": begun}
    return {**about, "run": begun.id, "ending": work_run(begun.tenant, begun.id, until, parts=parts)}


def _read_start(message: Any) -> RunStart:
    """Raises ValueError for what is none of ours."""
    if not isinstance(message, dict):
        raise ValueError("not an object")
    tenant, integration = str(message.get("tenant")), str(message.get("integration"))
    if not TENANT_ID_PATTERN.fullmatch(tenant) or not INTEGRATION_ID_PATTERN.fullmatch(integration):
        raise ValueError("not a tenant and its integration")
    kind, tries = RunKind(message.get("kind", RunKind.PULL)), message.get("tries", 0)
    if not isinstance(tries, int):
        raise ValueError("not a number of tries")
    return RunStart(TenantId(tenant), IntegrationId(integration), kind, tries)
