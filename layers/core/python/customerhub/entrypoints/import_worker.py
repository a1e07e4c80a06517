"""The edge of the queue of imports: each message has one import gone on with.

A message says that there is something to do, nothing more: one that comes twice, or too late, finds the import taken or
ended. A message is failed only where it cannot be read or the fault was not foreseen: it ends in the dead-letter queue,
of which an alarm tells. An import that met a fault of the moment is left to the sweep, which sends another.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.app import ImportWorkerApp
from customerhub.domain.ids import ULID_PATTERN, ImportId
from customerhub.entrypoints.queue_messages import Handler, build_handler, read_message
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import RetryLater
from customerhub.services.work_import import ImportParts, work_import

RESERVE = timedelta(seconds=90)
"""What is left of the function's time when it begins no further page: enough for one page and the file of errors."""


def build_import_worker(app: ImportWorkerApp) -> Handler:
    """The handler. It never raises: an exception would be logged with its message, which may quote a person."""
    logger = Logger()
    parts = ImportParts(
        app.imports,
        app.files,
        app.import_queue,
        app.tenants,
        app.parts,
        app.queue,
        unforeseen=lambda error, row: log_unforeseen(logger, error, f"row {row}"),
    )

    def settles(record: dict[str, Any], until: datetime) -> bool:
        started = time.perf_counter()
        try:
            tenant, import_id = read_message(record["body"], "import", ULID_PATTERN)
            try:
                ending = work_import(tenant, ImportId(import_id), until, parts=parts)
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

    return build_handler(settles, app.clock, RESERVE)
