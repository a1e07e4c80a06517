"""The edge of the queues: what is read from the queue of jobs is taken, run and written.

A message says that a job is due, nothing more: one that comes twice, or too late, finds the job taken or done. So a
message is only failed, and with that sent again by SQS (`ReportBatchItemFailures`), where not even the job could be
read or its outcome written. What an error of the tree means for its job is said by `domain.attempt.VERDICTS`.
"""

import time
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.domain.ids import JOB_ID_PATTERN, JobId
from customerhub.domain.job import Failure, Job
from customerhub.domain.tenant import Tenant
from customerhub.entrypoints.queue_messages import Handler, build_handler, read_message
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import HubError
from customerhub.services.job_parts import JobParts
from customerhub.services.run_job import give_back, run_job
from customerhub.services.take_job import take_job

RESERVE = timedelta(seconds=5)
"""What is left of the function's time for the last writes."""
MIN_TURN = timedelta(seconds=10)
"""With less than this no job is begun."""
INTERNAL_ERROR = "internal_error"


def build_job_worker(parts: JobParts) -> Handler:
    """The handler. It never raises: an exception would be logged with its message, which may quote a person."""
    return build_handler(_Worker(parts, Logger()).settles, parts.clock, RESERVE)


class _Worker:
    def __init__(self, parts: JobParts, logger: Logger) -> None:
        self._parts = parts
        self._logger = logger

    def settles(self, record: dict[str, Any], deadline: datetime) -> bool:
        """Whether the message may go. Without enough time for it it comes back."""
        if self._parts.clock.now() + MIN_TURN > deadline:
            return False
        try:
            owner, job_id = read_message(record["body"], "job", JOB_ID_PATTERN)
            tenant = self._parts.tenants.get_tenant(owner)
            job = take_job(owner, JobId(job_id), jobs=self._parts.jobs, clock=self._parts.clock) if tenant else None
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
        failure = Failure(
            self._parts.clock.now(), INTERNAL_ERROR, "something went wrong on our side; it has been logged"
        )
        try:
            give_back(job, failure, parts=self._parts)
        except HubError:
            return False
        return True
