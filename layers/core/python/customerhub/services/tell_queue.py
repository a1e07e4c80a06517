"""Tell the queues what is due, after it was written.

Where that fails nothing is lost: the sweep finds it, a minute later.
"""

from collections.abc import Iterable, Sequence
from contextlib import suppress

from customerhub.domain.delivery import Delivery
from customerhub.domain.imports.run import ImportRun
from customerhub.domain.job import Job, JobStatus
from customerhub.errors import ServiceUnavailable
from customerhub.ports.deliveries import DeliveryQueue
from customerhub.ports.imports import ImportQueue
from customerhub.ports.jobs import JobQueue


def tell_queue(jobs: Iterable[Job], *, queue: JobQueue) -> bool:
    """Have the jobs that wait looked at; whether the queue has taken all of them."""
    with suppress(ServiceUnavailable):
        queue.send([job for job in jobs if job.status is JobStatus.WAITING])
        return True
    return False


def tell_import_queue(run: ImportRun, *, queue: ImportQueue) -> None:
    """Have the import gone on with."""
    with suppress(ServiceUnavailable):
        queue.send([(run.tenant, run.id)])


def tell_delivery_queue(deliveries: Sequence[Delivery], *, queue: DeliveryQueue) -> None:
    """Have the deliveries worked when they are due."""
    with suppress(ServiceUnavailable):
        queue.send(deliveries)
