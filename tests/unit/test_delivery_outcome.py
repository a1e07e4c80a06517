"""What becomes of a delivery. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain import delivery_outcome as became
from customerhub.domain.delivery import Delivery, DeliveryStatus, can_be_kept, in_short, pack, unpack
from customerhub.domain.ids import ExternalId, IntegrationId, TenantId
from customerhub.domain.remote import RemoteChange, RemoteCustomer
from customerhub.domain.run import RecordVerdict
from customerhub.domain.verdict import Verdict
from customerhub.errors import StateConflict

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)
RECORD = ExternalId("1")
DELIVERY = Delivery(
    TenantId("winery"), IntegrationId("shopify"), "event-1", "customers/update", NOW, NOW, b'{"id":1}', quiet_until=NOW
)
ENDED = (DeliveryStatus.DONE, DeliveryStatus.SKIPPED, DeliveryStatus.DISCARDED)


def verdicts(*told: tuple[Verdict, str | None]) -> list[RecordVerdict]:
    return [RecordVerdict(RECORD, verdict, code) for verdict, code in told]


@pytest.mark.parametrize(
    ("told", "status", "reason"),
    [
        ([], DeliveryStatus.SKIPPED, "of_no_concern"),
        ([(Verdict.CREATED, None)], DeliveryStatus.DONE, None),
        ([(Verdict.UPDATED, None), (Verdict.SKIPPED, "old")], DeliveryStatus.DONE, None),
        ([(Verdict.SKIPPED, "old")], DeliveryStatus.SKIPPED, "old"),
        ([(Verdict.UNCHANGED, None)], DeliveryStatus.SKIPPED, "unchanged"),
        ([(Verdict.CONFLICT, "shared_phone"), (Verdict.UPDATED, None)], DeliveryStatus.DONE, "shared_phone"),
        ([(Verdict.UPDATED, None), (Verdict.FAILED, "internal_error")], DeliveryStatus.PARKED, "internal_error"),
    ],
)
def test_the_verdicts_on_what_it_says_decide(
    told: list[tuple[Verdict, str | None]], status: DeliveryStatus, reason: str | None
) -> None:
    after = became.worked(DELIVERY, verdicts(*told), NOW)
    assert (after.status, after.reason, after.worked_at) == (status, reason, NOW)


@pytest.mark.parametrize("status", ENDED)
def test_what_is_worked_says_nothing_any_more(status: DeliveryStatus) -> None:
    telling = replace(DELIVERY, changes=(RemoteChange("customer", "updated", RECORD),), cursor="2")
    after = became.ended(telling, status, NOW)
    assert (after.body, after.changes, after.cursor, after.says_something) == (None, (), None, False)


def test_what_is_parked_keeps_what_it_says() -> None:
    assert became.parked(DELIVERY, "malformed_request", NOW).body == DELIVERY.body


@given(st.integers(0, 400), st.integers(0, 6 * 24 * 60), st.floats(0, 1), st.integers(0, 3_600))
def test_a_failed_one_is_tried_again_later_for_seven_days(
    attempts: int, age_minutes: int, share: float, asked_s: int
) -> None:
    now = NOW + timedelta(minutes=age_minutes)
    after = became.failed(replace(DELIVERY, attempts=attempts), "try_again", asked_s, now, share)
    assert (after.status, after.attempts, after.reason) == (DeliveryStatus.WAITING, attempts + 1, "try_again")
    assert timedelta(seconds=asked_s) <= after.due_at - now <= timedelta(seconds=asked_s + 3_600)
    assert after.quiet_until
    assert after.quiet_until > after.due_at
    assert after.body == DELIVERY.body


def test_after_seven_days_a_person_must_look() -> None:
    after = became.failed(DELIVERY, "try_again", 0, NOW + timedelta(days=7), 0.5)
    assert (after.status, after.reason, after.body) == (DeliveryStatus.PARKED, "retries_exhausted", DELIVERY.body)


def test_what_a_person_has_tried_again_has_seven_days_again() -> None:
    later = NOW + timedelta(days=9)
    again = became.retried(became.failed(DELIVERY, "try_again", 0, NOW + timedelta(days=7), 0.5), later)
    assert (again.status, again.attempts, again.reason, again.due_at) == (DeliveryStatus.WAITING, 0, None, later)
    assert became.failed(again, "try_again", 0, later + timedelta(days=1), 0.5).status is DeliveryStatus.WAITING
    assert again.received_at == NOW


@given(st.integers(0, 6 * 24 * 60), st.floats(0, 1), st.integers(0, 3_600))
def test_one_whose_turn_has_not_come_was_not_tried(age_minutes: int, share: float, asked_s: int) -> None:
    now = NOW + timedelta(minutes=age_minutes)
    after = became.not_ready(DELIVERY, asked_s, now, share)
    assert (after.status, after.attempts) == (DeliveryStatus.WAITING, 0)
    assert timedelta(seconds=asked_s) <= after.due_at - now <= timedelta(seconds=asked_s + 900)


@given(st.integers(0, 7 * 24 * 60), st.floats(0, 1))
def test_the_sweep_leaves_what_it_told_of_alone_for_a_while(age_minutes: int, share: float) -> None:
    now = NOW + timedelta(minutes=age_minutes)
    after = became.told_of(DELIVERY, now, share)
    assert after.quiet_until
    assert timedelta(seconds=225) <= after.quiet_until - now <= timedelta(seconds=1.25 * 3_600)
    assert replace(after, quiet_until=NOW) == DELIVERY


def test_what_nobody_came_back_from_is_parked_at_last() -> None:
    after = became.told_of(DELIVERY, NOW + timedelta(days=8), 0.5)
    assert (after.status, after.reason) == (DeliveryStatus.PARKED, "worker_lost")


@pytest.mark.parametrize("status", ENDED)
def test_what_was_worked_is_not_worked_again(status: DeliveryStatus) -> None:
    with pytest.raises(StateConflict):
        became.retried(became.ended(DELIVERY, status, NOW), NOW)


def test_what_has_nothing_left_to_say_is_not_worked_again() -> None:
    with pytest.raises(StateConflict, match="forgotten"):
        became.retried(replace(became.parked(DELIVERY, "x", NOW), body=None), NOW)
    short = became.told_in_short(DELIVERY, [RemoteChange("customer", "updated", RECORD)])
    assert became.retried(replace(became.parked(short, "x", NOW), body=None), NOW).status is DeliveryStatus.WAITING


LAW = RemoteChange("customer", "redact", RECORD)


@pytest.mark.parametrize("action", ["redact", "data_request"])
def test_a_request_of_the_law_keeps_what_it_says_while_it_waits_and_nothing_once_it_is_parked(action: str) -> None:
    waiting = became.told_in_short(DELIVERY, [replace(LAW, action=action)])
    assert became.forgotten(waiting) == waiting
    kept = became.forgotten(became.parked(waiting, "x", NOW))
    assert (kept.status, kept.says_something) == (DeliveryStatus.PARKED, False)


@pytest.mark.parametrize(
    "change", [RemoteChange("customer", "updated", RECORD), replace(LAW, kind="integration")], ids=["person", "shop"]
)
@pytest.mark.parametrize("status", [DeliveryStatus.WAITING, DeliveryStatus.PARKED])
def test_what_ids_are_enough_for_keeps_these(status: DeliveryStatus, change: RemoteChange) -> None:
    """A shop that is to be forgotten is named by its domain."""
    told = replace(became.told_in_short(DELIVERY, [change]), status=status)
    assert became.forgotten(told) == replace(told, body=None)
    assert became.forgotten(became.forgotten(told)) == became.forgotten(told)


def test_what_was_not_looked_at_yet_is_kept_unless_it_is_parked() -> None:
    assert became.forgotten(DELIVERY) == DELIVERY
    assert not became.forgotten(became.parked(DELIVERY, "x", NOW)).says_something


def test_what_is_put_away_says_nothing_and_stays_away() -> None:
    away = became.discarded(became.parked(DELIVERY, "x", NOW), NOW)
    assert (away.status, away.body) == (DeliveryStatus.DISCARDED, None)
    assert became.discarded(away, NOW + timedelta(days=1)) == away
    with pytest.raises(StateConflict):
        became.discarded(became.ended(DELIVERY, DeliveryStatus.DONE, NOW), NOW)


def test_in_short_a_change_names_nobody() -> None:
    told = RemoteChange(
        "customer",
        "redact",
        RECORD,
        customer=RemoteCustomer(RECORD, ("ann@example.com",)),
        orders=(ExternalId("7"),),
        reference=ExternalId("9"),
        absorbed=(ExternalId("3"),),
    )
    assert in_short(told) == replace(told, customer=None)


@given(st.binary(max_size=2_000))
def test_a_body_comes_out_as_it_went_in(body: bytes) -> None:
    assert unpack(pack(body)) == body
    assert can_be_kept(body)


def test_one_event_of_one_integration_is_one_delivery() -> None:
    same = replace(DELIVERY, body=None, received_at=NOW + timedelta(days=1), topic="other")
    assert same.id == DELIVERY.id
    assert replace(DELIVERY, event_id="event-2").id != DELIVERY.id
    assert replace(DELIVERY, integration=IntegrationId("other")).id != DELIVERY.id
