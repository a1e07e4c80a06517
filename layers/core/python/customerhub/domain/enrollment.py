"""An enrollment: a customer's membership in a stage."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum

from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import CustomerId, EnrollmentId, IntegrationId, StageId, TenantId, enrolled_customer


class EnrollmentStatus(StrEnum):
    """Whether the membership holds. Of a customer at most one is active: `Customer.membership` names it."""

    ACTIVE = "active"
    EXPIRED = "expired"
    CANCELLED = "cancelled"
    MOVED = "moved"
    """The customer went on to another stage."""


@dataclass(frozen=True)
class Enrollment:
    """A membership, stored with the customer that its id names, who may have been merged since.

    `expires_at` is None where the stage has no end. `synced_at` says for each integration when it was last brought in
    line with this enrollment as it now is; a change of the enrollment empties it. `how` tells what enrolled the
    customer: `staff`, `import`, `order`, `bulk`. `via` are the identifiers by which the customer was named. `version`
    counts the writes; 0 is not stored yet. `stored_with` is the customer in whose collection it is where that is not
    the one that the id names: it was given to another one when a merge was undone. `moved_to` is the enrollment in the
    next stage of one who went on, `reason` what somebody said when it was cancelled.
    """

    tenant: TenantId
    id: EnrollmentId
    stage: StageId
    started_at: datetime
    status: EnrollmentStatus = EnrollmentStatus.ACTIVE
    expires_at: datetime | None = None
    ended_at: datetime | None = None
    how: str = "staff"
    owed_to: tuple[IntegrationId, ...] = ()
    """The integrations that were active when it last changed."""
    synced_at: Mapping[IntegrationId, datetime] = field(default_factory=dict)
    via: tuple[IdentifierKey, ...] = ()
    version: int = 0
    stored_with: CustomerId | None = None
    moved_to: EnrollmentId | None = None
    reason: str | None = None

    @property
    def collection(self) -> CustomerId:
        """Whose collection it is stored in."""
        return self.stored_with or enrolled_customer(self.id)

    @property
    def is_active(self) -> bool:
        """Whether the customer is a member by it."""
        return self.status is EnrollmentStatus.ACTIVE

    @property
    def is_synced(self) -> bool:
        """Whether every integration has what it is owed."""
        return all(integration in self.synced_at for integration in self.owed_to)

    @property
    def last_synced_at(self) -> datetime | None:
        """When the last of the integrations had it; None until each has, and where there is none."""
        is_done = bool(self.owed_to) and self.is_synced
        return max(self.synced_at[integration] for integration in self.owed_to) if is_done else None
