"""Somebody ends a membership."""

from collections.abc import Callable

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.club import Membership, cancel
from customerhub.domain.enrollment import EnrollmentStatus
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import EnrollmentId
from customerhub.errors import StateConflict
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.find_member import find_member


def cancel_enrollment(
    enrollment_id: EnrollmentId,
    reason: str | None,
    caller: Caller,
    circumstances: Circumstances,
    *,
    parts: ClubParts,
    before_write: Callable[[], object] = lambda: None,
) -> Membership:
    """End the enrollment and owe it to the shops to take the discount back, in one transaction. A repeated call finds
    it done.

    Raises NotFound, Gone, Forbidden without club:enroll, StateConflict with code `not_active` where the enrollment has
    ended otherwise, TooMuchContention and StoreUnavailable.
    """
    caller.require(Scope.CLUB_ENROLL)

    def attempt() -> Membership:
        customer, enrollment = find_member(enrollment_id, caller.tenant.id, parts=parts)
        if enrollment.status is EnrollmentStatus.CANCELLED:
            return Membership(customer, enrollment)
        if not enrollment.is_active:
            raise StateConflict(f"this enrollment has ended: it is {enrollment.status}", code="not_active")
        integrations = parts.active_integrations(caller.tenant.id)
        standing = parts.standing_by(enrollment, customer, integrations)
        membership = cancel(customer, standing, integrations, circumstances, reason)
        before_write()
        parts.identities.write(caller.tenant, membership.changes, None)
        return membership

    return attempts(parts.clock, attempt)
