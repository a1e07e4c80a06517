"""Duties by themselves: what tells one from another, and when somebody must hear of one."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest

from customerhub.domain.duty import NEAR, TERM, Duty, DutyKind, DutyStatus, Outcome, Part, Receipt, Request, new_duty
from customerhub.domain.ids import CustomerId, ExternalId, IntegrationId, TenantId

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)
REQUEST = Request(TenantId("winery"), DutyKind.DATA_REQUEST, IntegrationId("shopify"), ExternalId("7"), "9999")


def test_the_same_request_is_the_same_duty() -> None:
    assert REQUEST.duty == replace(REQUEST).duty
    others = {
        replace(REQUEST, kind=DutyKind.REDACT).duty,
        replace(REQUEST, integration=IntegrationId("shopify-2")).duty,
        replace(REQUEST, about=ExternalId("8")).duty,
        replace(REQUEST, reference="10000").duty,
    }
    assert len(others) == 4
    assert REQUEST.duty not in others


def test_parts_of_a_request_do_not_run_into_one_another() -> None:
    one = replace(REQUEST, about=ExternalId('7","8'), reference="9")
    other = replace(REQUEST, about=ExternalId("7"), reference='8","9')
    assert one.duty != other.duty


def test_a_new_duty_is_open_for_thirty_days() -> None:
    duty = new_duty(REQUEST, (CustomerId("c"),), NOW)
    assert (duty.status, duty.due_at, duty.customer, duty.customers) == (
        DutyStatus.OPEN,
        NOW + timedelta(days=30),
        "7",
        ("c",),
    )


def test_a_shop_is_no_person() -> None:
    assert new_duty(replace(REQUEST, kind=DutyKind.SHOP_REDACT), (), NOW).customer is None


@pytest.mark.parametrize(
    ("kind", "for_staff"), [(DutyKind.DATA_REQUEST, True), (DutyKind.REDACT, False), (DutyKind.SHOP_REDACT, False)]
)
def test_only_a_data_request_is_for_staff(kind: DutyKind, for_staff: bool) -> None:
    assert new_duty(replace(REQUEST, kind=kind), (), NOW).is_for_staff == for_staff


def test_a_duty_is_near_its_end_until_it_is_done() -> None:
    duty = new_duty(REQUEST, (), NOW)
    near = NOW + TERM - NEAR
    assert [duty.is_near(at) for at in (NOW, near - timedelta(seconds=1), near, NOW + 2 * TERM)] == [
        False,
        False,
        True,
        True,
    ]
    assert not duty.done(Receipt(Outcome.HANDED_OVER, near)).is_near(near)


def test_what_is_done_keeps_its_receipt_and_nothing_of_how_far_it_had_come() -> None:
    fresh = new_duty(replace(REQUEST, kind=DutyKind.SHOP_REDACT), (), NOW)
    half: Duty = replace(fresh, position="p", counted="q", counts={Part.LINKS: 1})
    done = half.done(Receipt(Outcome.SHOP_FORGOTTEN, NOW, counts={Part.LINKS: 2}))
    assert (done.status, done.position, done.counted, done.counts) == (DutyStatus.DONE, None, None, {})
    assert done.receipt
    assert done.receipt.counts == {Part.LINKS: 2}
