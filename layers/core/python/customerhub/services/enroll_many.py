"""A selection of customers is enrolled."""

from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.club import Terms
from customerhub.domain.events import Circumstances
from customerhub.domain.idempotency import Answer
from customerhub.domain.ids import CustomerId, EnrollmentId
from customerhub.domain.job import Job
from customerhub.errors import Refused, RetryLater
from customerhub.services.club_parts import ClubParts, Enrolled
from customerhub.services.enroll_customer import enroll_customer

WORKERS = 8
NO_ANSWER = Answer(0, "")


class BulkOutcome(StrEnum):
    """What became of one of the selection; each has just one."""

    ENROLLED = "enrolled"
    UNCHANGED = "unchanged"
    """A member of the stage already."""
    REFUSED = "refused"
    """Repeating would be refused again; `code` says why."""
    FAILED = "failed"
    """A fault of the moment: to be repeated."""


@dataclass(frozen=True)
class BulkResult:
    """One of the selection, in its order. `code` and `message` say why not."""

    customer: CustomerId
    outcome: BulkOutcome
    enrollment: EnrollmentId | None = None
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True)
class BulkEnrolled:
    """One result for each of the selection, and the jobs that the workers should be told of."""

    results: tuple[BulkResult, ...]
    jobs: tuple[Job, ...]


def enroll_many(
    customers: Sequence[CustomerId],
    terms: Terms,
    caller: Caller,
    circumstances: Circumstances,
    *,
    parts: ClubParts,
    until: datetime,
) -> BulkEnrolled:
    """Enroll each in a transaction of its own, some at a time; those that were not begun by `until` have failed.

    One who is refused does not keep the others out. Repeating the whole is harmless: who is a member is unchanged.
    Raises Forbidden without club:enroll.
    """
    caller.require(Scope.CLUB_ENROLL)

    def enroll(customer: CustomerId) -> tuple[BulkResult, tuple[Job, ...]]:
        if parts.clock.now() >= until:
            return _failed(customer, "there was no time left: send it again"), ()
        return _enrolled(customer, terms, caller, circumstances, parts)

    with ThreadPoolExecutor(WORKERS, thread_name_prefix="enroll") as threads:
        done = list(threads.map(enroll, customers))
    return BulkEnrolled(tuple(result for result, _ in done), tuple(job for _, jobs in done for job in jobs))


def _enrolled(
    customer: CustomerId, terms: Terms, caller: Caller, circumstances: Circumstances, parts: ClubParts
) -> tuple[BulkResult, tuple[Job, ...]]:
    found: list[Enrolled] = []
    try:
        done = enroll_customer(customer, terms, caller, circumstances, parts=parts, present=_noting(found))
    except Refused as error:
        return BulkResult(customer, BulkOutcome.REFUSED, code=error.code, message=error.message), ()
    except RetryLater as error:
        return _failed(customer, error.message), ()
    enrolled = found[-1]
    outcome = BulkOutcome.ENROLLED if enrolled.is_new else BulkOutcome.UNCHANGED
    return BulkResult(customer, outcome, enrolled.enrollment.id), done.jobs


def _noting(found: list[Enrolled]) -> Callable[[Enrolled], Answer]:
    def present(enrolled: Enrolled) -> Answer:
        found.append(enrolled)
        return NO_ANSWER

    return present


def _failed(customer: CustomerId, message: str) -> BulkResult:
    return BulkResult(customer, BulkOutcome.FAILED, code="try_again", message=message)
