"""An operator connects a merchant's shop or CRM."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from customerhub.domain.changes import Changes
from customerhub.domain.club import owed
from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.ids import EnrollmentId, StageId, TenantId
from customerhub.domain.integration import Integration
from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.owing import Debt, sync_customer, sync_stage
from customerhub.domain.tenant import Tenant
from customerhub.errors import Gone, InvalidInput, NotFound
from customerhub.ports.partners import SecretStore
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.find_member import find_member
from customerhub.services.sync_stage import INACTIVE

PAGE = 50


@dataclass(frozen=True)
class Connected:
    """The integration, and how many stages and members it is owed."""

    integration: Integration
    stages: int
    members: int


def connect_integration(
    stated: Integration,
    credentials: Mapping[str, Any],
    tenant: Tenant,
    *,
    parts: ClubParts,
    secrets: SecretStore,
) -> Connected:
    """Connect it, or replace its credentials and address; idempotent by its id. Every stage and every member is owed to
    it, one after the other, and so is whoever changed while it was disconnected; after a fault, to be called again.
    Who is enrolled at the same moment, and in neither view, is owed to it by the worker that is at that enrollment.

    The credentials come first: an integration that workers can see has some. Raises InvalidInput where the id is
    another platform's or account's, StoreUnavailable and ServiceUnavailable.
    """
    _require_same(stated, parts)
    secrets.put(tenant.id, stated.id, credentials)
    integration = attempts(parts.clock, lambda: _put(stated, parts))
    stages, members = _owe_stages(integration, parts), _owe_members(integration, tenant, parts)
    _owe_skipped(integration, parts)
    return Connected(integration, stages, members)


def _require_same(stated: Integration, parts: ClubParts) -> Integration | None:
    """What is stored under that id. Discounts and links of one account mean nothing in another."""
    known = parts.integrations.get_integration(stated.tenant, stated.id)
    if known and (known.platform, known.account) != (stated.platform, stated.account):
        raise InvalidInput(
            f"this id is {known.account} on {known.platform}: connect another account under another id", field="id"
        )
    return known


def _put(stated: Integration, parts: ClubParts) -> Integration:
    known = _require_same(stated, parts)
    wanted = replace(stated, connected_at=known.connected_at, version=known.version) if known else stated
    if wanted == known:
        return known
    parts.integrations.put_integration(wanted)
    return replace(wanted, version=wanted.version + 1)


def _owe_stages(integration: Integration, parts: ClubParts) -> int:
    """Those that are archived are withdrawn where they still stand."""
    tenant = integration.tenant
    placed = parts.integrations.placed_offers(tenant, integration.id)
    stages = [stage for stage in parts.club.list_stages(tenant) if not stage.archived or stage.id in placed]
    for stage in stages:
        _owe(sync_stage(tenant, integration.id, stage.id), parts)
    return sum(not stage.archived for stage in stages)


def _owe_skipped(integration: Integration, parts: ClubParts) -> None:
    """Of members who left meanwhile there is nothing else to tell them by."""
    after: str | None = None
    while True:
        page = parts.jobs.list_jobs(integration.tenant, [integration.id], JobStatus.SKIPPED, after, PAGE)
        for job in page.items:
            if job.kind is JobKind.SYNC_CUSTOMER and job.reason == INACTIVE and job.customer:
                _owe(sync_customer(integration.tenant, integration.id, job.customer), parts)
        after = page.after
        if after is None:
            return


def _owe(debt: Debt, parts: ClubParts) -> None:
    def attempt() -> None:
        known = parts.jobs.get_jobs(debt.tenant, [debt.job])
        parts.jobs.write_jobs(owed([debt], known, parts.clock.now()))

    attempts(parts.clock, attempt)


def _owe_members(integration: Integration, tenant: Tenant, parts: ClubParts) -> int:
    stages = [stage.id for stage in parts.club.list_stages(tenant.id)]
    return sum(_owe_member(found.id, integration, tenant, parts) for found in _members(tenant.id, stages, parts))


def _members(tenant: TenantId, stages: list[StageId], parts: ClubParts) -> Iterator[Enrollment]:
    after: str | None = None
    while stages:
        page = parts.club.list_enrollments(tenant, stages, EnrollmentStatus.ACTIVE, after, PAGE)
        yield from page.items
        after = page.after
        if after is None:
            return


def _owe_member(enrollment_id: EnrollmentId, integration: Integration, tenant: Tenant, parts: ClubParts) -> bool:
    """Whether there still is such a member. The enrollment counts as synced only once this integration has it too."""

    def attempt() -> bool:
        try:
            customer, enrollment = find_member(enrollment_id, tenant.id, parts=parts)
        except (NotFound, Gone):
            return False
        if not enrollment.is_active:
            return False
        debt = sync_customer(tenant.id, integration.id, customer.id)
        jobs = owed([debt], parts.jobs.get_jobs(tenant.id, [debt.job]), parts.clock.now())
        awaited = tuple(dict.fromkeys((*enrollment.owed_to, integration.id)))
        changed = () if awaited == enrollment.owed_to else (replace(enrollment, owed_to=awaited),)
        parts.identities.write(tenant, Changes(enrollments=changed, jobs=jobs), None)
        return True

    return attempts(parts.clock, attempt)
