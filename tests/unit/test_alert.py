"""Alerts: told once when they begin, once when they are over. Pure."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.alert import RETOLD_AFTER, Alert, AlertKind, raised, recovered
from customerhub.domain.ids import IntegrationId, TenantId

START = datetime(2026, 11, 25, 9, tzinfo=UTC)


def fresh(at: datetime = START) -> Alert:
    return Alert(TenantId("t"), IntegrationId("shopify"), AlertKind.DRIFT, "too much", at, at)


def test_one_that_stands_stays_as_it_was_raised() -> None:
    stands = replace(fresh(), is_told=True, version=2)
    assert raised(stands, fresh(START + timedelta(hours=1))) is stands
    assert recovered(None, START) is None


def test_one_that_is_overdue_was_not_told_for_ten_minutes() -> None:
    assert not fresh().is_overdue(START + RETOLD_AFTER - timedelta(seconds=1))
    assert fresh().is_overdue(START + RETOLD_AFTER)
    assert not replace(fresh(), is_told=True).is_overdue(START + timedelta(days=1))


@given(st.lists(st.sampled_from(["bad", "well", "publish"]), max_size=30))
def test_whoever_listens_hears_beginnings_and_ends_in_turn(events: list[str]) -> None:
    """Whatever is published late or never: no two beginnings without an end between them, no end of what nobody heard
    of, and once all is told the last word is true."""
    known: Alert | None = None
    heard: list[str] = []
    now = START

    def publish(alert: Alert) -> Alert:
        if not alert.is_told:
            heard.append("raised" if alert.is_open else "recovered")
        return replace(alert, is_told=True)

    for event in events:
        now += timedelta(minutes=1)
        match event:
            case "bad":
                known = raised(known, fresh(now))
            case "well":
                known = recovered(known, now)
            case _:
                known = publish(known) if known else None
    if known:
        known = publish(known)
    assert heard == [("raised", "recovered")[number % 2] for number in range(len(heard))]
    assert (len(heard) % 2 == 1) == (known is not None and known.is_open)
