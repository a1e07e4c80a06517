"""Do what is for the hub to do, and have staff hear of what is for them."""

from dataclasses import dataclass
from datetime import datetime

from customerhub.domain.duty import Duty, DutyKind
from customerhub.errors import HubError, LostRace
from customerhub.services.duty_parts import DutyParts
from customerhub.services.forget_shop import forget_shop
from customerhub.services.redact_person import redact_person
from customerhub.services.review_duties import review_duties

PAGE = 500
"""More than can fail for ever at one time, which would keep the rest from being taken up."""


@dataclass(frozen=True)
class WorkedDuties:
    """How many duties were looked at, done, and left because of a fault."""

    found: int
    done: int
    failed: int


def work_duties(until: datetime, *, parts: DutyParts) -> WorkedDuties:
    """Go on with the open duties of all tenants until `until`, the first one received first, and raise or end the
    alerts about those that are due soon. What staff leave undone keeps nothing of the hub's own from being done. A
    fault with one duty does not keep the others; one that another call is at is left to it. Idempotent. Raises
    StoreUnavailable where they cannot be listed."""
    now = parts.clock.now()
    found, done, failed = parts.duties.open_duties(now, PAGE), 0, 0
    for duty in found:
        try:
            after = _work(duty, until, parts)
            done += after.receipt is not None
            if duty.is_near(now):
                review_duties(duty.tenant, duty.integration, duties=parts.duties, parts=parts.alerts)
        except LostRace:
            continue  # another call is at it, which goes on
        except HubError:
            failed += 1
    return WorkedDuties(len(found), done, failed)


def _work(duty: Duty, until: datetime, parts: DutyParts) -> Duty:
    tenant = None if duty.is_for_staff else parts.tenants.get_tenant(duty.tenant)
    if tenant is None or parts.clock.now() >= until:
        return duty
    work = redact_person if duty.kind is DutyKind.REDACT else forget_shop
    return work(duty, tenant, until, parts=parts)
