"""Workers are told of jobs, once the transaction that owes them has been committed."""

from collections.abc import Sequence

from aws_lambda_powertools import Logger

from customerhub.domain.job import Job
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import RetryLater
from customerhub.ports.jobs import JobQueue


def send_jobs(queue: JobQueue, jobs: Sequence[Job], request_id: str) -> None:
    """Have them looked at soon. A queue that does not take them takes nothing away: they are owed, and the schedule
    sends what is due a minute later. That is logged, and the caller does not hear of it: what was asked for is done."""
    if not jobs:
        return
    try:
        queue.send(jobs)
    except RetryLater as error:
        extra = {"request": request_id, "jobs": len(jobs), "type": type(error).__name__}
        Logger().warning("jobs were not sent", extra=extra)
    except Exception as error:  # a right that is missing is for an operator; the work is committed all the same
        log_unforeseen(Logger(), error, request_id)
