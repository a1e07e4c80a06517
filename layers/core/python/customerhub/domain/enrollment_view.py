"""An enrollment as it is shown: with its stage, its customer, and how far the shops have it. Pure."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from customerhub.domain.enrollment import Enrollment
from customerhub.domain.ids import CustomerId, IntegrationId
from customerhub.domain.job import Job, JobStatus
from customerhub.domain.stage import Stage


@dataclass(frozen=True)
class IntegrationState:
    """How far one integration has an enrollment: `synced`, or where the job stands that is to bring it about, and why
    where it does not go on by itself."""

    integration: IntegrationId
    state: str
    synced_at: datetime | None = None
    reason: str | None = None


@dataclass(frozen=True)
class EnrollmentView:
    """An enrollment with what it speaks of; `customer` is who has it by now. `stage` is None for one that is not there
    any more. `jobs` are those of the customer in each integration, None where they were not looked at."""

    enrollment: Enrollment
    customer: CustomerId
    stage: Stage | None
    jobs: Mapping[IntegrationId, Job] | None = field(default=None)

    @property
    def integrations(self) -> tuple[IntegrationState, ...]:
        """How far each integration is that it is owed to."""
        return tuple(self._state(integration) for integration in self.enrollment.owed_to)

    def _state(self, integration: IntegrationId) -> IntegrationState:
        synced_at = self.enrollment.synced_at.get(integration)
        if synced_at:
            return IntegrationState(integration, "synced", synced_at)
        job = (self.jobs or {}).get(integration)
        if job is None or job.status in (JobStatus.WAITING, JobStatus.DONE):
            return IntegrationState(integration, "pending")
        return IntegrationState(integration, job.status.value, reason=job.reason)
