"""Whoever a call speaks of is found or made, and enrolled, in one transaction."""

from collections.abc import Callable
from dataclasses import dataclass, field

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.changes import Changes
from customerhub.domain.club import Membership, Terms, enroll
from customerhub.domain.conflict import Conflict
from customerhub.domain.contact import Contact
from customerhub.domain.customer import Customer
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer, IdempotencyKey
from customerhub.domain.job import Job
from customerhub.services.club_parts import ClubParts, Done, Enrolled, due_jobs, enrolled
from customerhub.services.resolve_identity import Also, Outcome, Resolved, resolve_identity


def enroll_contact(
    contact: Contact,
    terms: Terms,
    caller: Caller,
    circumstances: Circumstances,
    *,
    parts: ClubParts,
    present: Callable[[Enrolled | Conflict], Answer],
    before_write: Callable[[], object] = lambda: None,
    key: IdempotencyKey | None = None,
    also: Also = lambda customer, changes: (customer, changes),
) -> Done:
    """Bring the contact to its one customer as `resolve_identity` does, `also` included, and make that one a member.

    Customer, enrollment, events and the jobs that are owed are written in one transaction, so that a crash leaves all
    of it or nothing, and racing calls make one customer with one enrollment. A member of the stage stays as it is.
    Raises what `resolve_identity` and `domain.club.enroll` raise, and Forbidden without club:enroll.
    """
    caller.require(Scope.CLUB_ENROLL)
    call = _Call(contact, terms, circumstances, parts, present, also)
    answer = resolve_identity(
        contact,
        caller,
        circumstances,
        store=parts.identities,
        clock=parts.clock,
        present=call.answer,
        before_write=before_write,
        key=key,
        also=call.enroll,
    )
    return Done(answer, call.jobs())


@dataclass
class _Call:
    """One call under way; `found` is what the last attempt came to."""

    contact: Contact
    terms: Terms
    circumstances: Circumstances
    parts: ClubParts
    present: Callable[[Enrolled | Conflict], Answer]
    also: Also
    found: list[Membership] = field(default_factory=list)

    def enroll(self, customer: Customer, changes: Changes) -> tuple[Customer, Changes]:
        """The customer as a member."""
        customer, changes = self.also(customer, changes)
        standing = self.parts.standing(customer, self.terms.integrations)
        via = tuple(key for key in self.contact.keys if customer.carries(key))
        membership = enroll(customer, self.terms, standing, self.circumstances, via)
        self.found = [membership]
        return membership.customer, changes.along_with(membership.changes)

    def answer(self, outcome: Outcome) -> Answer:
        """The answer to a customer found or made, or to a conflict."""
        if isinstance(outcome, Resolved):
            return self.present(enrolled(self.found[-1], is_new_customer=outcome.is_new, changed=outcome.changed))
        self.found = []
        return self.present(outcome)

    def jobs(self) -> tuple[Job, ...]:
        """What is owed at once."""
        return tuple(job for membership in self.found for job in due_jobs(membership.changes))
