"""The edge of the schedule: which of the tasks in `deployment` it woke us up for."""

from collections import Counter
from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.app import CleanupApp
from customerhub.deployment import CLEAN_QUIET_CUSTOMERS, FINISH_ERASURES, WORK_DUTIES
from customerhub.errors import HubError
from customerhub.services.clean_quiet_customers import CleanupParts, Fate, clean_quiet_customers
from customerhub.services.finish_erasures import finish_erasures
from customerhub.services.work_duties import work_duties

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
RESERVE = timedelta(seconds=90)
"""What is left of the function's time when it stops taking up work."""


def build_cleanup(app: CleanupApp) -> Handler:
    """The handler. It answers with the counts that it logs, and raises where a task could not be carried out as a
    whole, so that the alarm on errors tells."""
    logger = Logger()
    tasks = {
        FINISH_ERASURES.name: _finish_erasures,
        WORK_DUTIES.name: _work_duties,
        CLEAN_QUIET_CUSTOMERS.name: _clean_quiet_customers,
    }

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        task = event["task"]
        patience = timedelta(milliseconds=context.get_remaining_time_in_millis()) - RESERVE
        counts = tasks[task](app, patience, context.aws_request_id)
        logger.info("cleaned", extra={"task": task, **counts})
        if counts.get("failed"):
            raise CleanupFailedError(f"{task}: {counts['failed']} failed")
        return counts

    return handle


class CleanupFailedError(Exception):
    """A part of a task met a fault; the schedule tries it again."""


def _finish_erasures(app: CleanupApp, patience: timedelta, _: str) -> dict[str, int]:
    finished = finish_erasures(
        app.clock.now() + patience,
        tenants=app.tenants,
        identities=app.identities,
        erasures=app.erasures,
        traces=app.traces,
        clock=app.clock,
    )
    return {"found": finished.found, "completed": finished.completed, "failed": finished.failed}


def _work_duties(app: CleanupApp, patience: timedelta, _: str) -> dict[str, int]:
    worked = work_duties(app.clock.now() + patience, parts=app.duties)
    return {"found": worked.found, "done": worked.done, "failed": worked.failed}


def _clean_quiet_customers(app: CleanupApp, patience: timedelta, run: str) -> dict[str, int]:
    """Seen is the sum of removed, cleaned and kept. A tenant with a fault does not keep the others."""
    until = app.clock.now() + patience
    parts = CleanupParts(app.identities, app.erasures, app.traces, app.quiet, app.clock)
    counts = Counter({"tenants": 0, "seen": 0, "failed": 0} | {str(fate): 0 for fate in Fate})
    for tenant_id in app.tenants.list_tenants():
        try:
            tenant = app.tenants.get_tenant(tenant_id)
            fates = clean_quiet_customers(tenant, run, until, parts=parts) if tenant else {}
        except HubError:
            counts["failed"] += 1
            continue
        counts.update({"tenants": 1, "seen": sum(fates.values())} | {str(fate): n for fate, n in fates.items()})
    return dict(counts)
