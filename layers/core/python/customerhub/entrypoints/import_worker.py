"""The edge of the queue of imports: each message has one import gone on with.

A message says that there is something to do, nothing more: one that comes twice, or too late, finds the import taken or
ended. A message is failed only where it cannot be read or the fault was not foreseen: it ends in the dead-letter queue,
of which an alarm tells. An import that met a fault of the moment is left to the sweep, which sends another.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.app import ImportWorkerApp
from customerhub.domain.ids import TENANT_ID_PATTERN, ULID_PATTERN, ImportId, TenantId
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import RetryLater
from customerhub.services.club_parts import ClubParts
from customerhub.services.work_import import ImportParts, work_import

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
RESERVE = timedelta(seconds=90)
"""What is left of the function's time when it begins no further page: enough for one page and the file of errors."""


def read_message(body: str) -> tuple[TenantId, ImportId]:
    """What the message of that body says. Raises ValueError for one that is none of ours."""
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    tenant, import_id = str(message.get("tenant")), str(message.get("import"))
    if not TENANT_ID_PATTERN.fullmatch(tenant) or not ULID_PATTERN.fullmatch(import_id):
        raise ValueError("not a tenant and an import")
    return TenantId(tenant), ImportId(import_id)


def build_import_worker(app: ImportWorkerApp) -> Handler:
    """The handler. It never raises: an exception would be logged with its message, which may quote a person."""
    logger = Logger()
    parts = ImportParts(
        app.imports,
        app.files,
        app.import_queue,
        app.tenants,
        ClubParts(app.identities, app.club, app.integrations, app.jobs, app.clock),
        app.queue,
        unforeseen=lambda error, row: log_unforeseen(logger, error, f"row {row}"),
    )

    def settles(record: dict[str, Any], until: datetime) -> bool:
        started = time.perf_counter()
        try:
            tenant, import_id = read_message(record["body"])
            try:
                ending = work_import(tenant, import_id, until, parts=parts)
            except RetryLater as fault:
                about = {"tenant": tenant, "import": import_id, "reason": str(fault)}
                logger.warning("try again", extra=about)
                return True
        except Exception as error:
            log_unforeseen(logger, error, record["messageId"])
            return False
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        logger.info("worked", extra={"tenant": tenant, "import": import_id, "ending": ending, "ms": elapsed_ms})
        return True

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        until = app.clock.now() + left - RESERVE
        failed = [record["messageId"] for record in event["Records"] if not settles(record, until)]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    return handle
