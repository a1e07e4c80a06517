"""Membership in the club: what enrolling, moving and ending it make of a customer. Pure."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

from customerhub.domain.calendar import months_after
from customerhub.domain.changes import NO_CHANGES, Changes
from customerhub.domain.customer import Customer
from customerhub.domain.enrollment import Enrollment, EnrollmentStatus
from customerhub.domain.events import Circumstances, Event, EventType
from customerhub.domain.identifier import IdentifierKey
from customerhub.domain.ids import EnrollmentId, IntegrationId, JobId, new_enrollment_id, new_event_id
from customerhub.domain.job import Job, JobChange
from customerhub.domain.link import known_to
from customerhub.domain.owing import Debt, end_enrollment, owe, send_welcome, sync_customer
from customerhub.domain.stage import Stage
from customerhub.errors import InvalidInput, StateConflict


@dataclass(frozen=True)
class Terms:
    """What a customer is to be enrolled in, and how.

    `integrations` are the active ones: each is owed the customer. `how` is one of `Enrollment.how`. With `may_move` a
    member of another stage goes on to this one.
    """

    stage: Stage
    integrations: tuple[IntegrationId, ...]
    how: str
    may_move: bool = False


@dataclass(frozen=True)
class Standing:
    """What is stored about a customer's membership: the enrollment that is active, and the jobs that are to be owed
    anew."""

    current: Enrollment | None = None
    jobs: Mapping[JobId, Job] = field(default_factory=dict)


NEW = Standing()
"""Of a customer who has never been a member, nor been owed to anybody."""


@dataclass(frozen=True)
class Membership:
    """What became of a membership: the customer, the enrollment that the call was about, and what is to be written;
    nothing where it was so already. `previous` is the enrollment that this one follows."""

    customer: Customer
    enrollment: Enrollment
    changes: Changes = NO_CHANGES
    previous: Enrollment | None = None


def enroll(
    customer: Customer,
    terms: Terms,
    standing: Standing,
    circumstances: Circumstances,
    via: tuple[IdentifierKey, ...] = (),
) -> Membership:
    """The customer as a member of the stage; nothing changes for one who is so already.

    Raises InvalidInput for an archived stage and for a customer without an e-mail, by which shops know people, and
    StateConflict with code `already_enrolled` for a member of another stage who is not to move.
    """
    current = standing.current
    if current and current.stage == terms.stage.id:
        return Membership(customer, current)
    if terms.stage.archived:
        raise InvalidInput("this stage is archived: nobody enters it", code="stage_archived", field="stageId")
    if customer.email is None:
        raise InvalidInput("a member needs an e-mail: shops know people by it", code="email_required", field="email")
    if current and not terms.may_move:
        raise StateConflict(
            f"the customer is a member of another stage by enrollment {current.id}: move that one, or say `move`",
            code="already_enrolled",
            field="stageId",
        )
    return _enter(customer, terms, standing, circumstances, via)


def cancel(
    customer: Customer,
    standing: Standing,
    integrations: Iterable[IntegrationId],
    circumstances: Circumstances,
    reason: str | None = None,
) -> Membership:
    """The customer without the membership that somebody ended. Raises ValueError for one who has none."""
    current = _own(customer, standing)
    ended = replace(current, status=EnrollmentStatus.CANCELLED, reason=reason)
    return _end(customer, ended, standing, tuple(integrations), circumstances)


def expire(
    customer: Customer, standing: Standing, integrations: Iterable[IntegrationId], circumstances: Circumstances
) -> Membership:
    """The customer without the membership whose time is up. Raises ValueError for one who has none."""
    ended = replace(_own(customer, standing), status=EnrollmentStatus.EXPIRED)
    return _end(customer, ended, standing, tuple(integrations), circumstances)


def is_due_to_end(enrollment: Enrollment, now: datetime) -> bool:
    """Whether the enrollment's time is up and it has not ended yet."""
    return enrollment.is_active and enrollment.expires_at is not None and enrollment.expires_at <= now


def expiry(stage: Stage, started_at: datetime) -> datetime | None:
    """When a membership that begins then ends by itself; None: never."""
    return None if stage.duration_months is None else months_after(started_at, stage.duration_months)


def sync_debts(customer: Customer, integrations: Iterable[IntegrationId]) -> tuple[Debt, ...]:
    """What each of the integrations is owed about a customer, and each in which the customer has a record: one that is
    disconnected goes on from there when it is connected again."""
    owed_to = dict.fromkeys((*integrations, *known_to(customer)))
    return tuple(sync_customer(customer.tenant, integration, customer.id) for integration in owed_to)


def owed(debts: Iterable[Debt], jobs: Mapping[JobId, Job], now: datetime) -> tuple[JobChange, ...]:
    """The jobs of these debts, due now; `jobs` are those that there are already."""
    return tuple(owe(debt, jobs.get(debt.job), now) for debt in debts)


def _enter(
    customer: Customer,
    terms: Terms,
    standing: Standing,
    circumstances: Circumstances,
    via: tuple[IdentifierKey, ...],
) -> Membership:
    now, previous = circumstances.now, standing.current
    enrollment = Enrollment(
        customer.tenant,
        new_enrollment_id(customer.id),
        terms.stage.id,
        started_at=now,
        expires_at=expiry(terms.stage, now),
        how=terms.how,
        owed_to=terms.integrations,
        via=via,
    )
    left = _left(previous, enrollment) if previous else None
    member = _with_membership(customer, enrollment.id, circumstances)
    event = Event(
        new_event_id(),
        customer.tenant,
        customer.id,
        EventType.ENROLLMENT_MOVED if previous else EventType.CUSTOMER_ENROLLED,
        circumstances,
        before={"membership": customer.membership, **({"stage": previous.stage} if previous else {})},
        after={"membership": enrollment.id, "stage": enrollment.stage, "expires_at": enrollment.expires_at},
        via=via,
    )
    jobs = [*owed(sync_debts(customer, terms.integrations), standing.jobs, now), *_own_jobs(enrollment, now, previous)]
    written = (enrollment, left) if left else (enrollment,)
    changes = Changes((member,), enrollments=written, events=(event,), jobs=tuple(jobs))
    return Membership(member, enrollment, changes, previous=left)


def _left(enrollment: Enrollment, following: Enrollment) -> Enrollment:
    """The enrollment of one who goes on to the following one: the shops are owed to take its discount back."""
    return replace(
        enrollment,
        status=EnrollmentStatus.MOVED,
        ended_at=following.started_at,
        moved_to=following.id,
        synced_at={},
        owed_to=following.owed_to,
    )


def _own_jobs(enrollment: Enrollment, now: datetime, previous: Enrollment | None) -> Iterable[JobChange]:
    """What a new enrollment itself owes: its end, and a welcome to one who was no member before."""
    if enrollment.expires_at:
        yield owe(end_enrollment(enrollment.tenant, enrollment.id), None, now, due_at=enrollment.expires_at)
    if previous is None:
        yield owe(send_welcome(enrollment.tenant, enrollment.id), None, now)


def _own(customer: Customer, standing: Standing) -> Enrollment:
    if standing.current is None or standing.current.id != customer.membership:
        raise ValueError("the customer is no member by this enrollment")
    return standing.current


def _end(
    customer: Customer,
    enrollment: Enrollment,
    standing: Standing,
    integrations: tuple[IntegrationId, ...],
    circumstances: Circumstances,
) -> Membership:
    """The end of a membership; `enrollment` says how it ended."""
    now = circumstances.now
    ended = replace(enrollment, ended_at=now, synced_at={}, owed_to=integrations)
    member = _with_membership(customer, None, circumstances)
    is_expired, reason = ended.status is EnrollmentStatus.EXPIRED, ended.reason
    event = Event(
        new_event_id(),
        customer.tenant,
        customer.id,
        EventType.ENROLLMENT_EXPIRED if is_expired else EventType.ENROLLMENT_CANCELLED,
        circumstances,
        before={"membership": ended.id, "stage": ended.stage},
        after={"membership": None, **({"reason": reason} if reason else {})},
    )
    jobs = owed(sync_debts(customer, integrations), standing.jobs, now)
    return Membership(member, ended, Changes((member,), enrollments=(ended,), events=(event,), jobs=jobs))


def _with_membership(customer: Customer, enrollment: EnrollmentId | None, circumstances: Circumstances) -> Customer:
    now, source = circumstances.now, circumstances.source
    return replace(customer, membership=enrollment, updated_at=now, last_updated_via=source)
