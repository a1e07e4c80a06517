"""The edge of the queues: what is read from the queue of jobs is taken, run and written.

A message says that a job is due, nothing more: one that comes twice, or too late, finds the job taken or done. So a
message is only failed, and with that sent again by SQS (`ReportBatchItemFailures`), where not even the job could be
read or its outcome written. What an error of the tree means for its job is said by `domain.attempt.VERDICTS`.
"""

import json
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any, NamedTuple

from aws_lambda_powertools import Logger

from customerhub.app import JobWorkerApp
from customerhub.domain.ids import JOB_ID_PATTERN, TENANT_ID_PATTERN, JobId, TenantId
from customerhub.domain.job import Failure, Job
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import HubError
from customerhub.services.job_parts import JobParts
from customerhub.services.run_job import give_back, run_job
from customerhub.services.take_job import take_job

Handler = Callable[[dict[str, Any], Any], dict[str, Any]]
RESERVE = timedelta(seconds=5)
"""What is left of the function's time for the last writes."""
MIN_TURN = timedelta(seconds=10)
"""With less than this no job is begun."""
INTERNAL_ERROR = "internal_error"


class Due(NamedTuple):
    """What a message says."""

    tenant: TenantId
    job: JobId


def read_message(body: str) -> Due:
    """What the message of that body says. Raises ValueError for one that is none of ours."""
    message = json.loads(body)
    if not isinstance(message, dict):
        raise ValueError("not an object")
    tenant, job = str(message.get("tenant")), str(message.get("job"))
    if not TENANT_ID_PATTERN.fullmatch(tenant) or not JOB_ID_PATTERN.fullmatch(job):
        raise ValueError("not a tenant and a job")
    return Due(TenantId(tenant), JobId(job))


def build_job_worker(app: JobWorkerApp) -> Handler:
    """The handler. It never raises: an exception would be logged with its message, which may quote a person."""
    worker = _Worker(app, Logger())

    def handle(event: dict[str, Any], context: Any) -> dict[str, Any]:
        left = timedelta(milliseconds=context.get_remaining_time_in_millis())
        deadline = app.clock.now() + left - RESERVE
        failed = [record["messageId"] for record in event["Records"] if not worker.settles(record, deadline)]
        return {"batchItemFailures": [{"itemIdentifier": message} for message in failed]}

    return handle


class _Worker:
    def __init__(self, app: JobWorkerApp, logger: Logger) -> None:
        self._app = app
        self._logger = logger
        self._parts = JobParts(
            identities=app.identities,
            jobs=app.jobs,
            links=app.links,
            club=app.club,
            integrations=app.integrations,
            connectors=app.connectors,
            messenger=app.messenger,
            queue=app.queue,
            times=app.times,
            clock=app.clock,
        )

    def settles(self, record: dict[str, Any], deadline: datetime) -> bool:
        """Whether the message may go. Without enough time for it it comes back."""
        if self._app.clock.now() + MIN_TURN > deadline:
            return False
        try:
            due = read_message(record["body"])
            tenant = self._app.tenants.get_tenant(due.tenant)
            job = take_job(due.tenant, due.job, jobs=self._app.jobs, clock=self._app.clock) if tenant else None
        except HubError as fault:
            self._logger.warning("try again", extra={"delivery": record["messageId"], "reason": str(fault)})
            return False
        except Exception as error:
            log_unforeseen(self._logger, error, record["messageId"])
            return False
        return not (tenant and job) or self._runs(job, tenant, deadline)

    def _runs(self, job: Job, tenant: Tenant, deadline: datetime) -> bool:
        started = time.perf_counter()
        try:
            after = run_job(job, tenant, deadline, parts=self._parts)
        except HubError as fault:
            self._logger.warning("try again", extra={"tenant": job.tenant, "job": job.id, "reason": str(fault)})
            return False
        except Exception as error:
            log_unforeseen(self._logger, error, job.id)
            return self._gives_back(job)
        outcome = {"status": after.status, "reason": after.reason, "attempts": after.attempts} if after else {}
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        about = {"tenant": job.tenant, "job": job.id, "kind": job.kind, "ms": elapsed_ms}
        self._logger.info("worked", extra=about | outcome)
        return True

    def _gives_back(self, job: Job) -> bool:
        """Otherwise it would be tried again and again whenever its lease has run out, and never be parked."""
        failure = Failure(self._app.clock.now(), INTERNAL_ERROR, "something went wrong on our side; it has been logged")
        try:
            give_back(job, failure, parts=self._parts)
        except HubError:
            return False
        return True
