"""What enrolling, moving and ending make of a customer."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.changes import Changes
from customerhub.domain.club import NEW, Membership, Standing, Terms, cancel, enroll, expire, is_due_to_end, sync_debts
from customerhub.domain.customer import Customer
from customerhub.domain.enrollment import EnrollmentStatus
from customerhub.domain.events import Circumstances, EventType
from customerhub.domain.identifier import Grade, Identifier, Kind
from customerhub.domain.ids import CredentialId, CustomerId, EnrollmentId, IntegrationId, JobId, StageId, TenantId
from customerhub.domain.job import Job, JobKind, JobStatus
from customerhub.domain.owing import afresh
from customerhub.domain.stage import Stage, archived, changes_offer
from customerhub.errors import InvalidInput, StateConflict

NOW = datetime(2026, 1, 31, 12, tzinfo=UTC)
SHOPS = (IntegrationId("commerce7"), IntegrationId("shopify"))
EMAIL = Identifier(Kind.EMAIL, "ann@example.com", "ann@example.com", "Ann@example.com", Grade.ASSERTED, "api", NOW)
ANN = Customer(TenantId("t"), CustomerId("00000000-0000-4000-8000-000000000001"), "api", "api", NOW, NOW, version=3)
ANN = replace(ANN, identifiers=(EMAIL,))
BRONZE = Stage(TenantId("t"), StageId("bronze"), "Bronze", 1000, 1, NOW, NOW, duration_months=1)
SILVER = Stage(TenantId("t"), StageId("silver"), "Silver", 2000, 2, NOW, NOW)


def at(now: datetime = NOW) -> Circumstances:
    return Circumstances(CredentialId("staff:s"), "console", "request", now)


def terms(stage: Stage = BRONZE, *, may_move: bool = False) -> Terms:
    return Terms(stage, SHOPS, "staff", may_move)


def member() -> Membership:
    return enroll(ANN, terms(), NEW, at(), (EMAIL.key,))


def standing(membership: Membership) -> Standing:
    """As it would be read once the membership is written."""
    jobs = {change.after.id: replace(change.after, version=1) for change in membership.changes.jobs}
    return Standing(replace(membership.enrollment, version=1), jobs)


def test_a_new_member_is_owed_to_every_shop_with_an_end_and_a_welcome() -> None:
    found = member()
    enrollment, changes = found.enrollment, found.changes
    assert found.customer.membership == enrollment.id
    assert (found.customer.updated_at, found.customer.last_updated_via) == (NOW, "console")
    assert enrollment.expires_at == datetime(2026, 2, 28, 12, tzinfo=UTC)
    assert (enrollment.owed_to, enrollment.synced_at, enrollment.via) == (SHOPS, {}, (EMAIL.key,))
    assert changes.customers == (found.customer,)
    assert changes.enrollments == (enrollment,)
    owed = {(change.after.kind, change.after.integration): change.after.due_at for change in changes.jobs}
    assert owed == {
        (JobKind.SYNC_CUSTOMER, SHOPS[0]): NOW,
        (JobKind.SYNC_CUSTOMER, SHOPS[1]): NOW,
        (JobKind.END_ENROLLMENT, None): enrollment.expires_at,
        (JobKind.SEND_WELCOME, None): NOW,
    }
    (event,) = changes.events
    assert (event.type, event.via) == (EventType.CUSTOMER_ENROLLED, (EMAIL.key,))


def test_a_stage_without_an_end_owes_none() -> None:
    changes = enroll(ANN, terms(SILVER), NEW, at()).changes
    assert JobKind.END_ENROLLMENT not in {change.after.kind for change in changes.jobs}


def test_who_is_a_member_stays_as_it_is() -> None:
    found = member()
    again = enroll(found.customer, terms(), standing(found), at())
    assert (again.customer, again.changes) == (found.customer, Changes())


def test_who_cannot_be_a_member_is_refused() -> None:
    with pytest.raises(InvalidInput) as refused:
        enroll(ANN, terms(archived(BRONZE, NOW)), NEW, at())
    assert (refused.value.code, refused.value.field) == ("stage_archived", "stageId")
    with pytest.raises(InvalidInput) as refused:
        enroll(replace(ANN, identifiers=()), terms(), NEW, at())
    assert (refused.value.code, refused.value.field) == ("email_required", "email")
    found = member()
    with pytest.raises(StateConflict) as conflict:
        enroll(found.customer, terms(SILVER), standing(found), at())
    assert conflict.value.code == "already_enrolled"


def test_who_moves_is_owed_again_and_not_welcomed_again() -> None:
    found, later = member(), NOW + timedelta(days=1)
    moved = enroll(found.customer, terms(SILVER, may_move=True), standing(found), at(later))
    assert moved.previous
    assert (moved.previous.status, moved.previous.moved_to) == (EnrollmentStatus.MOVED, moved.enrollment.id)
    assert moved.previous.ended_at == moved.enrollment.started_at == later
    assert moved.customer.membership == moved.enrollment.id
    assert {change.after.kind for change in moved.changes.jobs} == {JobKind.SYNC_CUSTOMER}
    assert all(change.before and change.before.version == 1 for change in moved.changes.jobs)
    assert [event.type for event in moved.changes.events] == [EventType.ENROLLMENT_MOVED]


@pytest.mark.parametrize("how", ["cancel", "expire"])
def test_who_leaves_is_owed_again(how: str) -> None:
    found, later = member(), NOW + timedelta(days=40)
    known = standing(found)
    ended = (
        cancel(found.customer, known, SHOPS, at(later), "moved abroad")
        if how == "cancel"
        else expire(found.customer, known, SHOPS, at(later))
    )
    assert ended.customer.membership is None
    assert ended.enrollment.ended_at == later
    assert ended.enrollment.status.value == {"cancel": "cancelled", "expire": "expired"}[how]
    assert {change.after.integration for change in ended.changes.jobs} == set(SHOPS)
    assert not ended.enrollment.is_synced


def test_a_job_that_had_been_done_begins_afresh() -> None:
    found = member()
    done: dict[JobId, Job] = {
        job: replace(known, status=JobStatus.DONE, attempts=4, reason="x")
        for job, known in standing(found).jobs.items()
    }
    known = replace(standing(found), jobs=done)
    ended = cancel(found.customer, known, SHOPS, at(NOW + timedelta(days=1)))
    for change in ended.changes.jobs:
        assert change.before
        assert change.after == afresh(change.before, NOW + timedelta(days=1), NOW + timedelta(days=1))


def test_an_enrollment_is_due_to_end_at_its_moment_while_it_is_active() -> None:
    enrollment = member().enrollment
    assert enrollment.expires_at
    assert is_due_to_end(enrollment, enrollment.expires_at)
    assert not is_due_to_end(enrollment, enrollment.expires_at - timedelta(microseconds=1))
    assert not is_due_to_end(replace(enrollment, status=EnrollmentStatus.MOVED), enrollment.expires_at)
    assert not is_due_to_end(replace(enrollment, expires_at=None), enrollment.expires_at)


def test_only_what_shops_show_is_another_offer() -> None:
    assert changes_offer(None, BRONZE)
    assert changes_offer(BRONZE, replace(BRONZE, name="Copper"))
    assert changes_offer(BRONZE, replace(BRONZE, discount_basis_points=1))
    assert changes_offer(BRONZE, archived(BRONZE, NOW))
    assert not changes_offer(BRONZE, replace(BRONZE, rank=7, duration_months=None, rule=None))


@given(st.lists(st.sampled_from(["bronze", "silver", "cancel", "expire"]), max_size=12))
def test_whatever_happens_there_is_one_active_enrollment_or_none(steps: list[str]) -> None:
    """Invariant 2: the profile names the active enrollment, and each change is owed to every shop."""
    customer, known, now = ANN, NEW, NOW
    enrollments = {}
    for step in steps:
        now += timedelta(days=40)
        if step in ("bronze", "silver"):
            stage = BRONZE if step == "bronze" else SILVER
            found = enroll(customer, terms(stage, may_move=True), known, at(now))
        elif known.current is None:
            continue
        else:
            found = (cancel if step == "cancel" else expire)(customer, known, SHOPS, at(now))
        for enrollment in found.changes.enrollments:
            enrollments[enrollment.id] = replace(enrollment, version=enrollment.version + 1)
        if found.changes != Changes():
            debts = {debt.job for debt in sync_debts(customer, SHOPS)}
            assert debts <= {change.after.id for change in found.changes.jobs}
        jobs = {
            change.after.id: replace(change.after, version=change.after.version + 1) for change in found.changes.jobs
        }
        customer = replace(found.customer, version=customer.version + 1)
        current = enrollments.get(EnrollmentId(customer.membership)) if customer.membership else None
        known = Standing(current, {**known.jobs, **jobs})
        active = [one.id for one in enrollments.values() if one.is_active]
        assert active == ([customer.membership] if customer.membership else [])
