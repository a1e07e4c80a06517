"""The edge of the schedule that looks after jobs, and after imports that stand still."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.app import JobSweepApp
from customerhub.deployment import SWEEP_JOBS
from customerhub.services.resume_imports import resume_imports
from customerhub.services.sweep_jobs import sweep_jobs

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
RESERVE = timedelta(seconds=15)
"""What is left of the function's time when it stops taking up work."""


def build_job_sweep(app: JobSweepApp) -> Handler:
    """The handler. It answers with the counts that it logs, and raises where it met a fault, so that the alarm on
    errors tells; the next sweep goes on."""
    logger = Logger()

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if event["task"] != SWEEP_JOBS.name:
            raise ValueError("no task of this function")
        patience = timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
        try:
            resumed = resume_imports(imports=app.imports, queue=app.import_queue, clock=app.clock)
        finally:
            # What keeps one from going on must not keep the other.
            swept = sweep_jobs(app.clock.now() + patience, jobs=app.jobs, queue=app.queue, clock=app.clock)
        counts = {"found": swept.found, "sent": swept.sent, "imports": resumed}
        logger.info("swept", extra=counts)
        return counts

    return handle
