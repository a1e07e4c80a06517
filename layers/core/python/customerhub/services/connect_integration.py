"""An operator connects a merchant's shop or CRM."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from customerhub.domain.changes import Changes
from customerhub.domain.club import owed
from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.ids import EnrollmentId, StageId, TenantId
from customerhub.domain.integration import Integration
from customerhub.domain.owing import Debt, sync_customer, sync_stage
from customerhub.domain.tenant import Tenant
from customerhub.errors import Gone, InvalidInput, NotFound
from customerhub.ports.partners import SecretStore
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.find_member import find_member

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
    it, one after the other; after a fault, to be called again.

    The credentials come first: an integration that workers can see has some. Raises InvalidInput where the id is
    another platform's or account's, StoreUnavailable and ServiceUnavailable.
    """
    _require_same(stated, parts)
    secrets.put(tenant.id, stated.id, credentials)
    integration = attempts(parts.clock, lambda: _put(stated, parts))
    return Connected(integration, _owe_stages(integration, parts), _owe_members(integration, tenant, parts))


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
    stages = [stage for stage in parts.club.list_stages(integration.tenant) if not stage.archived]
    for stage in stages:
        _owe(sync_stage(integration.tenant, integration.id, stage.id), parts)
    return len(stages)


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
