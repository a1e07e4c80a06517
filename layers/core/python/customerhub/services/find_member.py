"""An enrollment, and whoever has it by now."""

from customerhub.domain.customer import Customer, Erased
from customerhub.domain.enrollment import Enrollment
from customerhub.domain.ids import EnrollmentId, TenantId
from customerhub.errors import Gone, LostRace, NotFound
from customerhub.services.club_parts import ClubParts
from customerhub.services.follow_aliases import follow_aliases


def find_member(enrollment_id: EnrollmentId, tenant: TenantId, *, parts: ClubParts) -> tuple[Customer, Enrollment]:
    """The live customer whose enrollment it is, and the enrollment. Two round trips, and one more for each merge.

    Raises NotFound, Gone where the person was erased, and LostRace where the two do not fit: one was read before a
    change of both, the other after.
    """
    enrollment = parts.club.get_enrollment(tenant, enrollment_id)
    if enrollment is None:
        raise NotFound("there is no such enrollment")
    found = follow_aliases(enrollment.collection, tenant, store=parts.identities)
    if isinstance(found, Erased):
        raise Gone("this person was erased")
    if not isinstance(found, Customer):
        raise NotFound("there is no such enrollment")
    if enrollment.is_active != (found.membership == enrollment.id):
        raise LostRace("the enrollment has changed since it was read")
    return found, enrollment
