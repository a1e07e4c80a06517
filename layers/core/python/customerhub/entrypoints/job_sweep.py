"""The edge of the schedule that looks after whatever waits: jobs, webhooks, and imports and runs that stand still."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.app import JobSweepApp
from customerhub.deployment import SWEEP_JOBS
from customerhub.services.resume_imports import resume_imports
from customerhub.services.resume_runs import resume_runs
from customerhub.services.run_parts import RunParts
from customerhub.services.sweep_deliveries import sweep_deliveries
from customerhub.services.sweep_jobs import sweep_jobs

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
RESERVE = timedelta(seconds=15)
"""What is left of the function's time when it stops taking up work."""


def build_job_sweep(app: JobSweepApp) -> Handler:
    """The handler. It answers with the counts that it logs, and raises where it met a fault, so that the alarm on
    errors tells; the next sweep goes on. What keeps one part from going on does not keep the others."""
    logger = Logger()

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        if event["task"] != SWEEP_JOBS.name:
            raise ValueError("no task of this function")
        started = app.clock.now()
        patience = timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
        counts: dict[str, int] = {}
        faults: list[Exception] = []
        for share, part in enumerate(PARTS, start=1):
            try:
                counts |= part(app, started + patience * share / len(PARTS))
            except Exception as fault:
                faults.append(fault)
        if faults:
            raise faults[0]
        logger.info("swept", extra=counts)
        return counts

    return handle


def _imports(app: JobSweepApp, _until: datetime) -> Mapping[str, int]:
    return {"imports": resume_imports(imports=app.imports, queue=app.import_queue, clock=app.clock)}


def _runs(app: JobSweepApp, _until: datetime) -> Mapping[str, int]:
    return {"runs": resume_runs(parts=RunParts(app.runs, app.run_queue, app.clock))}


def _deliveries(app: JobSweepApp, until: datetime) -> Mapping[str, int]:
    swept = sweep_deliveries(until, deliveries=app.deliveries, queue=app.delivery_queue, clock=app.clock)
    return {"deliveries": swept.sent}


def _jobs(app: JobSweepApp, until: datetime) -> Mapping[str, int]:
    swept = sweep_jobs(until, jobs=app.jobs, queue=app.queue, clock=app.clock)
    return {"found": swept.found, "sent": swept.sent}


PARTS: tuple[Callable[[JobSweepApp, datetime], Mapping[str, int]], ...] = (_imports, _runs, _deliveries, _jobs)
"""The quick ones first; each has its share of the time, and what those before it have left over."""
