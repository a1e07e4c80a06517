"""What staff's use cases of jobs work on."""

from dataclasses import dataclass

from customerhub.ports import Clock, IdentityStore
from customerhub.ports.club import ClubStore
from customerhub.ports.jobs import JobQueue, JobStore
from customerhub.ports.partners import IntegrationStore


@dataclass(frozen=True)
class JobDesk:
    """The stores, and the queue that is told of what is due."""

    identities: IdentityStore
    club: ClubStore
    integrations: IntegrationStore
    jobs: JobStore
    queue: JobQueue
    clock: Clock
