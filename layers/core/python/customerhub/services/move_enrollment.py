"""A member goes on to another stage."""

from collections.abc import Callable
from dataclasses import dataclass, replace

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.changes import Changes
from customerhub.domain.club import Membership, Terms, enroll
from customerhub.domain.customer import Customer
from customerhub.domain.enrollment import Enrollment
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import EnrollmentId
from customerhub.errors import StateConflict
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.find_member import find_member


def move_enrollment(
    enrollment_id: EnrollmentId,
    terms: Terms,
    caller: Caller,
    circumstances: Circumstances,
    *,
    parts: ClubParts,
    before_write: Callable[[], object] = lambda: None,
) -> Membership:
    """End the enrollment and begin one in the stage of the terms, in one transaction; nothing changes for a member of
    that stage. A repeated call finds it done.

    Raises NotFound, Gone, Forbidden without club:enroll, InvalidInput for an archived stage, StateConflict with code
    `not_active` where the enrollment has ended otherwise, TooMuchContention and StoreUnavailable.
    """
    caller.require(Scope.CLUB_ENROLL)
    call = _Call(enrollment_id, replace(terms, may_move=True), caller, circumstances, parts, before_write)
    return attempts(parts.clock, call.attempt)


@dataclass(frozen=True)
class _Call:
    """One call under way."""

    enrollment_id: EnrollmentId
    terms: Terms
    caller: Caller
    circumstances: Circumstances
    parts: ClubParts
    before_write: Callable[[], object]

    def attempt(self) -> Membership:
        """Read, decide and write once. Raises LostRace when what was read is out of date."""
        tenant = self.caller.tenant
        customer, enrollment = find_member(self.enrollment_id, tenant.id, parts=self.parts)
        if not enrollment.is_active:
            return self._done_before(customer, enrollment)
        standing = self.parts.standing_by(enrollment, customer, self.terms.integrations)
        membership = enroll(customer, self.terms, standing, self.circumstances)
        self.before_write()
        if membership.changes != Changes():
            self.parts.identities.write(tenant, membership.changes, None)
        return membership

    def _done_before(self, customer: Customer, enrollment: Enrollment) -> Membership:
        """The member's enrollment in that stage, where this one led there."""
        moved_to = enrollment.moved_to
        now = self.parts.club.get_enrollment(self.caller.tenant.id, moved_to) if moved_to else None
        if now and now.is_active and now.stage == self.terms.stage.id:
            return Membership(customer, now, previous=enrollment)
        raise StateConflict(f"this enrollment has ended: it is {enrollment.status}", code="not_active")
