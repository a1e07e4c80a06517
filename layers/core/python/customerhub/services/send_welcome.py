"""Send a new member one e-mail, once."""

from dataclasses import replace

from customerhub.domain.customer import Customer
from customerhub.domain.enrollment import Enrollment
from customerhub.domain.job import Job, JobChange
from customerhub.domain.telling import to_tell
from customerhub.domain.welcome_message import WelcomeMessage, welcome_message
from customerhub.errors import Gone, InvalidInput, NotFound, NotSent, Parked, RetryLater, Skipped, StoreUnavailable
from customerhub.services.find_member import find_member
from customerhub.services.job_parts import Effect, JobParts, Turn

SENDING = "sending"
"""As a job's reason: from here on the message may have gone out."""
MAYBE_SENT = "maybe_sent"


def send_welcome(turn: Turn, *, parts: JobParts) -> Effect:
    """Welcome the member of an enrollment that is active.

    That it is about to be sent is written before it is. Whoever finds it so, or hears nothing from the mail service,
    does not know whether it was sent, and parks the job: nobody is welcomed twice but by a person's decision. Raises
    Skipped where there is nobody to welcome any more, NotSent where the service has surely not taken the message,
    Parked, and InvalidInput where nothing can be sent to the address.
    """
    if turn.job.reason == SENDING:
        raise Parked("an earlier attempt may have sent the message", reason=MAYBE_SENT)
    address, message = _message(turn, parts)
    turn.require()
    sending = _about_to_send(turn.job, parts)
    try:
        parts.messenger.send_email(address, message.subject, message.text)
    except (NotSent, InvalidInput) as error:
        return Effect(job=sending, refusal=error, once=True)
    except RetryLater:
        unknown = Parked("the mail service did not answer: the message may have been sent", reason=MAYBE_SENT)
        return Effect(job=sending, refusal=unknown, once=True)
    return Effect(job=sending, once=True)


def _message(turn: Turn, parts: JobParts) -> tuple[str, WelcomeMessage]:
    """To whom, and what."""
    tenant, job = turn.tenant, turn.job
    customer, enrollment = _member(turn, parts)
    if not enrollment.is_active:
        raise Skipped("the enrollment is not active any more", reason="enrollment_ended")
    stage = parts.club.get_stage(tenant.id, enrollment.stage)
    person = to_tell(customer, job.overrides)
    if person is None:
        raise Skipped("the customer has no e-mail", reason="no_email")
    if stage is None:
        raise Skipped("the stage is gone", reason="stage_gone")
    words = (tenant.name, stage.name, stage.discount_basis_points, person.first_name, enrollment.expires_at)
    return person.email, welcome_message(*words)


def _member(turn: Turn, parts: JobParts) -> tuple[Customer, Enrollment]:
    if turn.job.enrollment is None:
        raise Skipped("the job names no enrollment", reason="incomplete")
    try:
        return find_member(turn.job.enrollment, turn.tenant.id, parts=parts.of_the_club)
    except (NotFound, Gone) as error:
        raise Skipped("the enrollment or its customer is gone", reason="customer_gone") from error


def _about_to_send(job: Job, parts: JobParts) -> Job:
    """The job once that is written. Raises LostRace where it has changed."""
    change = JobChange(replace(job, reason=SENDING), job)
    try:
        parts.jobs.write_jobs([change])
    except StoreUnavailable:
        # Nothing was sent yet, whatever has become of the write.
        now = parts.jobs.get_jobs(job.tenant, [job.id]).get(job.id)
        if now is None or now.version != change.stored.version or now.lease != job.lease:
            raise
        return now
    return change.stored
