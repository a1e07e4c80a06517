"""A known customer is enrolled."""

from collections.abc import Callable
from dataclasses import dataclass

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.changes import Changes
from customerhub.domain.club import Terms, enroll
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer, IdempotencyKey, answer_again, to_keep
from customerhub.domain.ids import CustomerId
from customerhub.services.attempts import attempts
from customerhub.services.club_parts import ClubParts, Done, Enrolled, due_jobs, enrolled
from customerhub.services.find_customer import find_customer


def enroll_customer(
    customer_id: CustomerId,
    terms: Terms,
    caller: Caller,
    circumstances: Circumstances,
    *,
    parts: ClubParts,
    present: Callable[[Enrolled], Answer],
    before_write: Callable[[], object] = lambda: None,
    key: IdempotencyKey | None = None,
) -> Done:
    """Make the customer of that id, or the one that it was merged into, a member; in one transaction.

    A member of the stage stays as it is. Under an idempotency key the first answer is kept for 14 days. Raises what
    `find_customer` and `domain.club.enroll` raise, TooMuchContention, StoreUnavailable, and Forbidden without
    club:enroll.
    """
    caller.require(Scope.CLUB_ENROLL)
    call = _Call(customer_id, terms, caller, circumstances, parts, present, before_write, key)
    return attempts(parts.clock, call.attempt)


@dataclass(frozen=True)
class _Call:
    """One call under way."""

    customer_id: CustomerId
    terms: Terms
    caller: Caller
    circumstances: Circumstances
    parts: ClubParts
    present: Callable[[Enrolled], Answer]
    before_write: Callable[[], object]
    key: IdempotencyKey | None

    def attempt(self) -> Done:
        """Read, decide and write once. Raises LostRace when what was read is out of date."""
        identities, tenant = self.parts.identities, self.caller.tenant
        if self.key and (stored := identities.read_identity(tenant, [], self.key).answer):
            self.before_write()
            return Done(answer_again(stored, self.key))
        customer = find_customer(self.customer_id, self.caller, store=identities)
        standing = self.parts.standing(customer, self.terms.integrations)
        membership = enroll(customer, self.terms, standing, self.circumstances)
        answer = self.present(enrolled(membership, is_new_customer=False))
        self.before_write()
        stored_answer = to_keep(answer, self.key, [customer.id], self.circumstances.now)
        if membership.changes != Changes():
            identities.write(tenant, membership.changes, stored_answer)
        elif stored_answer and not stored_answer.key.changes_only:
            identities.put_answer_if_absent(stored_answer)
        return Done(answer, due_jobs(membership.changes))
