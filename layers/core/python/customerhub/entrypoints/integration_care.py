"""The edge of the schedule that has integrations pulled, compared and looked after."""

from collections.abc import Callable
from datetime import timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.app import IntegrationCareApp
from customerhub.deployment import CHECK_INTEGRATIONS, START_COMPARISONS, START_PULLS
from customerhub.domain.run import RunKind
from customerhub.services.check_integrations import check_integrations
from customerhub.services.start_pulls import start_pulls

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
Task = Callable[[IntegrationCareApp], dict[str, int]]
CHECK_PATIENCE = timedelta(minutes=10)
"""How long integrations are found to be looked after; who is left then counts as failed."""


class CareFailedError(Exception):
    """A part of a task met a fault; the schedule tries it again."""


def build_integration_care(app: IntegrationCareApp) -> Handler:
    """The handler. It answers with the counts that it logs, and raises where a task could not be carried out as a
    whole, so that the alarm on errors tells."""
    logger = Logger()

    def handle(event: dict[str, Any], _context: Any) -> dict[str, Any]:
        task = event["task"]
        counts = TASKS[task](app)
        logger.info("cared", extra={"task": task, **counts})
        if counts.get("failed"):
            raise CareFailedError(f"{task}: {counts['failed']} failed")
        return counts

    return handle


def _start(kind: RunKind) -> Task:
    def start(app: IntegrationCareApp) -> dict[str, int]:
        told = start_pulls(kind, tenants=app.tenants, integrations=app.integrations, queue=app.run_queue)
        return {"tenants": told.tenants, "integrations": told.integrations, "failed": told.failed}

    return start


def _check(app: IntegrationCareApp) -> dict[str, int]:
    checked = check_integrations(
        app.clock.now() + CHECK_PATIENCE,
        tenants=app.tenants,
        integrations=app.integrations,
        jobs=app.jobs,
        queue=app.job_queue,
        alerts=app.alerts,
        clock=app.clock,
    )
    return {"tenants": checked.tenants, "integrations": checked.integrations, "failed": checked.left}


TASKS: dict[str, Task] = {
    CHECK_INTEGRATIONS.name: _check,
    START_PULLS.name: _start(RunKind.PULL),
    START_COMPARISONS.name: _start(RunKind.COMPARE),
}
