"""A membership whose time is up expires."""

from collections.abc import Callable

from customerhub.domain.changes import Changes
from customerhub.domain.club import Membership, expire, is_due_to_end
from customerhub.domain.events import Circumstances
from customerhub.domain.ids import EnrollmentId
from customerhub.domain.tenant import Tenant
from customerhub.errors import Gone, NotFound, Skipped
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts
from customerhub.services.find_member import find_member


def end_enrollment(
    enrollment_id: EnrollmentId,
    tenant: Tenant,
    circumstances: Circumstances,
    *,
    parts: ClubParts,
    write: Callable[[Changes], None] | None = None,
) -> Membership:
    """End the enrollment and owe it to the shops to take the discount back, in one transaction, which `write` may add
    to.

    Idempotent: raises Skipped where there is nothing to do, with reason `not_active` for one that has ended already,
    `not_due` for one whose time is not up, and `gone` for one that is no more, as its customer may be. Raises
    TooMuchContention and StoreUnavailable.
    """

    def attempt() -> Membership:
        try:
            customer, enrollment = find_member(enrollment_id, tenant.id, parts=parts)
        except (NotFound, Gone) as error:
            raise Skipped("there is no such enrollment any more", reason="gone") from error
        if not enrollment.is_active:
            raise Skipped("the enrollment has ended already", reason="not_active")
        if not is_due_to_end(enrollment, circumstances.now):
            raise Skipped("the enrollment's time is not up", reason="not_due")
        integrations = parts.active_integrations(tenant.id)
        standing = parts.standing_by(enrollment, customer, integrations)
        membership = expire(customer, standing, integrations, circumstances)
        if write:
            write(membership.changes)
        else:
            parts.identities.write(tenant, membership.changes, None)
        return membership

    return attempts(parts.clock, attempt)
