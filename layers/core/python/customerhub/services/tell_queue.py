"""Tell the queue what is due, after it was written."""

from collections.abc import Iterable
from contextlib import suppress

from customerhub.domain.job import Job, JobStatus
from customerhub.errors import ServiceUnavailable
from customerhub.ports.jobs import JobQueue


def tell_queue(jobs: Iterable[Job], *, queue: JobQueue) -> None:
    """Have the jobs that wait looked at. Where that fails nothing is lost: the sweep finds them, a minute later."""
    with suppress(ServiceUnavailable):
        queue.send([job for job in jobs if job.status is JobStatus.WAITING])
