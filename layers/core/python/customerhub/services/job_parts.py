"""What jobs work with."""

from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime

from customerhub.domain.changes import Changes
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import CredentialId
from customerhub.domain.job import Job, JobStatus
from customerhub.domain.tenant import Tenant
from customerhub.errors import HubError, NotReadyYet
from customerhub.ports import Clock, ErasureStore, IdentityStore, Messenger, TenantDirectory
from customerhub.ports.club import ClubStore
from customerhub.ports.jobs import JobQueue, JobStore, JobTimes, LinkStore
from customerhub.ports.partners import Connectors, IntegrationStore
from customerhub.services.care_parts import CareTools
from customerhub.services.club_parts import ClubParts

WORKER = CredentialId("worker:jobs")


@dataclass(frozen=True)
class JobParts:
    """The ports that a worker uses. `care` makes what looks after integrations, when it is first needed, and gives it
    from then on."""

    tenants: TenantDirectory
    identities: IdentityStore
    erasures: ErasureStore
    jobs: JobStore
    links: LinkStore
    club: ClubStore
    integrations: IntegrationStore
    connectors: Connectors
    messenger: Messenger
    queue: JobQueue
    times: JobTimes
    clock: Clock
    care: Callable[[], CareTools]

    @property
    def of_the_club(self) -> ClubParts:
        """Those that the club's use cases work on."""
        return ClubParts(self.identities, self.club, self.integrations, self.jobs, self.clock)


@dataclass(frozen=True)
class Turn:
    """A job that is leased to this worker, which begins nothing more with the outside at `until`."""

    job: Job
    tenant: Tenant
    until: datetime
    clock: Clock

    def require(self) -> None:
        """Raise NotReadyYet once there is too little time for another call: after the lease somebody else may be at
        the job."""
        if self.clock.now() >= self.until:
            raise NotReadyYet("there was no time left for the rest")

    def circumstances(self, source: str) -> Circumstances:
        """Of what the job changes in the hub."""
        return Circumstances(WORKER, source, self.job.id, self.clock.now())


@dataclass(frozen=True)
class Effect:
    """What a job has come to: its status, and `changes` to be written together with it.

    A job that is still waiting looks again after about `wait_s`, or at `due_at`. `reason` is what there is to say of
    it. `refusal` is why it failed all the same. `job` is the job as now stored, where it was written on the way. What
    was done `once` is not done over where the job has changed meanwhile.
    """

    changes: Changes = field(default_factory=Changes)
    status: JobStatus = JobStatus.DONE
    reason: str | None = None
    wait_s: float = 0
    due_at: datetime | None = None
    job: Job | None = None
    refusal: HubError | None = None
    once: bool = False
