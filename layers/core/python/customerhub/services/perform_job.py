"""What each kind of job does."""

from typing import assert_never

from customerhub.domain.changes import Changes
from customerhub.domain.job import JobKind, JobStatus
from customerhub.errors import CredentialsRefused, NotReadyYet, Skipped
from customerhub.services.end_enrollment import end_enrollment
from customerhub.services.job_parts import Effect, JobParts, Turn
from customerhub.services.look_after_integration import look_after_integration
from customerhub.services.owe_members import perform_owing
from customerhub.services.send_welcome import send_welcome
from customerhub.services.sync_customer import sync_customer
from customerhub.services.sync_stage import sync_stage

NOT_DUE = "not_due"
END = "expiry"
"""Where the end of an enrollment comes from, in the customer's timeline."""


def perform_job(turn: Turn, *, parts: JobParts) -> Effect:
    """Bring about what the job's kind says. Raises HubError, each of which is an outcome, and LostRace where the job
    has changed.

    A shop that was connected anew has other credentials, which a process hears of some minutes later: that the former
    ones are refused is for nobody to look at, and the job is run again with those of now.
    """
    try:
        return _perform(turn, parts)
    except CredentialsRefused as refused:
        integration = turn.job.integration
        if integration is None or not parts.connectors.are_renewed(turn.tenant.id, integration):
            raise
        raise NotReadyYet("the integration has other credentials by now") from refused


def _perform(turn: Turn, parts: JobParts) -> Effect:
    match turn.job.kind:
        case JobKind.SYNC_CUSTOMER:
            return sync_customer(turn, parts=parts)
        case JobKind.SYNC_STAGE:
            return sync_stage(turn, parts=parts)
        case JobKind.SEND_WELCOME:
            return send_welcome(turn, parts=parts)
        case JobKind.REGISTER_WEBHOOKS:
            return look_after_integration(turn, parts=parts)
        case JobKind.OWE_MEMBERS:
            return perform_owing(turn, parts=parts, care=parts.care().parts.care)
        case JobKind.END_ENROLLMENT:
            return _end_enrollment(turn, parts)
        case kind:
            assert_never(kind)


def _end_enrollment(turn: Turn, parts: JobParts) -> Effect:
    if turn.job.enrollment is None:
        raise Skipped("the job names no enrollment", reason="incomplete")
    collected: list[Changes] = []
    circumstances, club = turn.circumstances(END), parts.of_the_club
    try:
        end_enrollment(turn.job.enrollment, turn.tenant, circumstances, parts=club, write=collected.append)
    except Skipped as skipped:
        enrollment = parts.club.get_enrollment(turn.tenant.id, turn.job.enrollment)
        if skipped.reason != NOT_DUE or enrollment is None or enrollment.expires_at is None:
            raise
        # Somebody had it done too early.
        return Effect(status=JobStatus.WAITING, due_at=enrollment.expires_at)
    return Effect(collected[-1])
