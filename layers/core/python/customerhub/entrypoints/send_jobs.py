"""Workers are told of jobs, once the transaction that owes them has been committed."""

from collections.abc import Sequence

from aws_lambda_powertools import Logger

from customerhub.domain.job import Job
from customerhub.ports.jobs import JobQueue
from customerhub.services.tell_queue import tell_queue


def send_jobs(queue: JobQueue, jobs: Sequence[Job], request_id: str) -> None:
    """Have them looked at soon. That a queue does not take them is logged, and the caller does not hear of it: what was
    asked for is done, and the schedule sends what is due a minute later."""
    if jobs and not tell_queue(jobs, queue=queue):
        Logger().warning("jobs were not sent", extra={"request": request_id, "jobs": len(jobs)})
