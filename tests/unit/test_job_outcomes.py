"""What becomes of a job: back-off, patience, leases, and what every error means for the job that met it."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub import errors
from customerhub.domain import attempt, owing
from customerhub.domain.attempt import Verdict, code_of, verdict_of
from customerhub.domain.ids import CustomerId, IntegrationId, TenantId
from customerhub.domain.job import Failure, Job, JobStatus

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
DEBT = owing.sync_customer(TenantId("t"), IntegrationId("shopify"), CustomerId("c"))
SHARES = st.floats(0, 1)
GROUPS = (errors.Refused,)
INTERNAL = (errors.LostRace, errors.GuardFailed)


def fresh() -> Job:
    return owing.owe(DEBT, None, NOW).stored


def failure(at: datetime = NOW) -> Failure:
    return Failure(at, "partner_unavailable", "no answer")


def every_error(kind: type[errors.HubError] = errors.HubError) -> Iterator[type[errors.HubError]]:
    for subclass in kind.__subclasses__():
        yield subclass
        yield from every_error(subclass)


def made(kind: type[errors.HubError]) -> errors.HubError:
    if kind is errors.TooManyRequests:
        return errors.TooManyRequests("words", limit=20, retry_after_s=3)
    return kind("words")


@pytest.mark.parametrize("kind", [kind for kind in every_error() if kind not in (*GROUPS, *INTERNAL)])
def test_every_error_has_a_place_in_the_table_of_the_queue_and_a_name(kind: type[errors.HubError]) -> None:
    assert verdict_of(made(kind)) in Verdict
    assert code_of(made(kind))


@pytest.mark.parametrize("kind", INTERNAL)
def test_what_a_use_case_settles_itself_has_none(kind: type[errors.HubError]) -> None:
    with pytest.raises(LookupError):
        verdict_of(kind("words"))


def test_what_errors_mean() -> None:
    assert verdict_of(errors.PartnerUnavailable("")) is Verdict.RETRY
    assert verdict_of(errors.NotReadyYet("")) is Verdict.WAIT
    assert verdict_of(errors.CredentialsRefused("")) is Verdict.PARK
    assert verdict_of(errors.InvalidInput("", field="email")) is Verdict.PARK
    assert verdict_of(errors.Skipped("")) is Verdict.SKIP


@given(attempts=st.integers(0, 400), retry_after_s=st.floats(0, 7_200), share=SHARES)
def test_a_failed_job_waits_within_its_ceiling_and_no_less_than_it_was_asked_to(
    attempts: int, retry_after_s: float, share: float
) -> None:
    job = replace(fresh(), attempts=attempts)
    after = attempt.failed(job, failure(), retry_after_s, share)
    waits_s = (after.due_at - NOW).total_seconds()
    ceiling_s = min(2.0 * 2 ** min(attempts, 20), 3_600)
    assert retry_after_s - 1e-3 <= waits_s <= retry_after_s + ceiling_s + 1e-3
    assert (after.status, after.attempts, after.lease) == (JobStatus.WAITING, attempts + 1, None)
    assert after.quiet_until
    assert after.quiet_until > after.due_at


def test_the_ceiling_doubles_from_two_seconds_to_an_hour() -> None:
    waits = [attempt.failed(replace(fresh(), attempts=n), failure(), 0, 1.0).due_at - NOW for n in range(14)]
    assert [wait.total_seconds() for wait in waits] == [*(2.0 * 2**n for n in range(11)), 3600, 3600, 3600]


@given(owed_for=st.timedeltas(timedelta(0), timedelta(days=30)), share=SHARES)
def test_it_is_tried_for_seven_days(owed_for: timedelta, share: float) -> None:
    job = replace(fresh(), owed_since=NOW - owed_for)
    after = attempt.failed(job, failure(), 1, share)
    is_over = owed_for >= timedelta(days=7)
    assert after.status is (JobStatus.PARKED if is_over else JobStatus.WAITING)
    assert after.reason == ("retries_exhausted" if is_over else "partner_unavailable")
    assert after.attempts == job.attempts + 1


@given(st.integers(0, 30))
def test_the_last_ten_failures_are_kept(count: int) -> None:
    job = fresh()
    for number in range(count):
        job = attempt.failed(job, failure(NOW + timedelta(seconds=number)), 0, 0.5)
    assert job.attempts == count
    assert [f.at for f in job.failures] == [NOW + timedelta(seconds=n) for n in range(count)][-10:]


@given(owed_for=st.timedeltas(timedelta(0), timedelta(days=10)), retry_after_s=st.floats(0.1, 60), share=SHARES)
def test_waiting_for_a_turn_is_no_attempt(owed_for: timedelta, retry_after_s: float, share: float) -> None:
    job = replace(fresh(), owed_since=NOW - owed_for)
    after = attempt.not_ready(job, retry_after_s, NOW, share)
    assert (after.status, after.attempts, after.failures) == (JobStatus.WAITING, 0, ())
    assert retry_after_s - 1e-3 <= (after.due_at - NOW).total_seconds() <= retry_after_s + 900 + 1e-3


def test_a_lease_keeps_others_away_for_two_minutes() -> None:
    job = attempt.taken(fresh(), "me", NOW)
    assert not attempt.can_be_taken(job, NOW + timedelta(seconds=119))
    assert attempt.can_be_taken(job, NOW + timedelta(seconds=120))
    assert not attempt.can_be_taken(replace(fresh(), due_at=NOW + timedelta(seconds=1)), NOW)
    assert not attempt.can_be_taken(attempt.done(job, NOW), NOW + timedelta(days=1))


@given(owed_for=st.timedeltas(timedelta(0), timedelta(days=10)), share=SHARES)
def test_a_backlog_is_told_of_ever_less_often(owed_for: timedelta, share: float) -> None:
    told = attempt.told_of(replace(fresh(), owed_since=NOW - owed_for), NOW, share)
    assert told.quiet_until
    pause_s = (told.quiet_until - NOW).total_seconds()
    assert 0.75 * 300 <= pause_s <= 1.25 * 3600
    assert told.due_at == NOW


def test_owed_anew_while_it_waits_it_keeps_what_it_has_been_through() -> None:
    failing = attempt.failed(attempt.taken(fresh(), "me", NOW), failure(), 100, 0.5)
    leased = attempt.taken(failing, "me", failing.due_at)
    later = failing.due_at + timedelta(seconds=1)
    change = owing.owe(DEBT, leased, later)
    assert change.before == leased
    assert change.after == replace(leased, due_at=later, updated_at=later, quiet_until=None)
    assert change.stored.version == leased.version + 1


@pytest.mark.parametrize("status", [one for one in JobStatus if one is not JobStatus.WAITING])
def test_owed_anew_after_it_ended_it_begins_afresh(status: JobStatus) -> None:
    ended = replace(attempt.parked(fresh(), failure()), status=status, overrides={"phone": None})
    later = NOW + timedelta(days=30)
    after = owing.owe(DEBT, ended, later).after
    assert after == replace(
        fresh(), due_at=later, updated_at=later, owed_since=later, version=1, overrides={"phone": None}
    )


def test_the_same_debt_is_one_job_and_others_are_others() -> None:
    others = [
        owing.sync_customer(TenantId("t"), IntegrationId("commerce7"), CustomerId("c")),
        owing.sync_customer(TenantId("t"), IntegrationId("shopify"), CustomerId("d")),
    ]
    assert owing.sync_customer(TenantId("t"), IntegrationId("shopify"), CustomerId("c")).job == DEBT.job
    assert len({DEBT.job, *(other.job for other in others)}) == 3


def lost(job: Job, at: datetime = NOW) -> Job:
    """As it is found once its worker's lease has run out."""
    return attempt.taken(job, "a worker", at - attempt.LEASE)


def test_a_worker_that_was_lost_is_an_attempt_that_failed() -> None:
    after = attempt.abandoned(lost(replace(fresh(), reason="sending")), NOW, 1.0)
    assert (after.attempts, after.failures[-1].code, after.reason) == (1, "worker_lost", "sending")
    assert attempt.can_be_taken(after, NOW)


def test_what_kills_its_workers_is_tried_less_and_less_often_and_for_seven_days() -> None:
    """Invariant 2: it ends with a person, and keeps no worker from the others meanwhile."""
    job, now, lives = replace(fresh(), reason="sending"), NOW, 0
    while job.status is JobStatus.WAITING:
        assert job.reason == "sending", "what was begun must not be forgotten"
        now = max(now, job.due_at)
        job, now, lives = lost(job, now + attempt.LEASE), now + attempt.LEASE, lives + 1
        job = attempt.abandoned(job, now, 0.5)
        assert now - NOW < timedelta(days=8)
    assert (job.status, job.reason) == (JobStatus.PARKED, "retries_exhausted")
    assert job.attempts == lives < 400
