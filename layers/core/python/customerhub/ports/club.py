"""Stages, enrollments and orders."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
    from customerhub.domain.ids import CustomerId, EnrollmentId, ExternalId, StageId, TenantId
    from customerhub.domain.job import JobChange
    from customerhub.domain.order import Order, StatedOrder
    from customerhub.domain.page import Page
    from customerhub.domain.stage import Stage


class ClubStore(Protocol):
    """Stages, and enrollments and orders to be read: these are written with the customer, by `IdentityStore.write`.
    Reads are strongly consistent unless they say otherwise; every method raises StoreUnavailable on a fault."""

    def list_stages(self, tenant: TenantId) -> Sequence[Stage]:
        """All of a tenant's, archived ones included, by rank. One round trip."""

    def get_stage(self, tenant: TenantId, stage: StageId) -> Stage | None:
        """One stage. One round trip."""

    def write_stage(self, stage: Stage, before: Stage | None, jobs: Sequence[JobChange]) -> None:
        """The stage, its name, and what it owes to the shops, in one transaction; `before` is the stage as it was read,
        None for a new one. Raises LostRace, also where another stage that is not archived bears the name."""

    def get_enrollment(self, tenant: TenantId, enrollment: EnrollmentId) -> Enrollment | None:
        """One enrollment. One round trip; more for one that an unmerge gave to another customer, or for none."""

    def enrollments_of(self, tenant: TenantId, customers: Sequence[CustomerId]) -> Sequence[Enrollment]:
        """Those in all these collections, in each the first one first. One round trip each."""

    def list_enrollments(
        self, tenant: TenantId, stages: Sequence[StageId], status: EnrollmentStatus, after: str | None, limit: int
    ) -> Page[Enrollment]:
        """Of these stages and one status, the newest first, as of a moment ago."""

    def get_order(self, tenant: TenantId, source: str, external_id: ExternalId) -> Order | None:
        """The order that a source knows by that id, in whosever collection it is. One round trip, or two."""

    def orders_of(self, tenant: TenantId, customers: Sequence[CustomerId], since: str | None) -> Iterable[StatedOrder]:
        """The orders in all these collections, placed after `since` (as `order_time` spells it) where that is given.
        Read page by page."""
