"""Alerts: told when they begin, and when they are over. Pure."""

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


def test_what_is_not_known_to_be_told_is_told_all_the_same() -> None:
    """The message may have been taken, and the answer lost."""
    later = START + timedelta(minutes=1)
    ended = recovered(replace(fresh(), version=1), later)
    assert ended == replace(fresh(), recovered_at=later, changed_at=later, version=1)
    assert raised(ended, fresh(later)) == replace(fresh(later), version=1)


Published = st.sampled_from(["heard", "heard unnoticed", "lost"])


@given(st.lists(st.tuples(st.booleans(), Published), max_size=30))
def test_whoever_listens_hears_the_last_word_and_without_faults_every_one_once(events: list[tuple[bool, str]]) -> None:
    """Whatever is published late, twice or never: once the last change is told, the last word is true."""
    known: Alert | None = None
    heard: list[str] = []
    now = START

    def publish(alert: Alert, fate: str) -> Alert:
        if alert.is_told or fate == "lost":
            return alert
        heard.append("raised" if alert.is_open else "recovered")
        return replace(alert, is_told=fate == "heard")

    for is_bad, fate in events:
        now += timedelta(minutes=1)
        known = raised(known, fresh(now)) if is_bad else recovered(known, now)
        known = publish(known, fate) if known else None
    if known:
        known = publish(known, "heard")
        assert (heard[-1], known.is_told) == ("raised" if known.is_open else "recovered", True)
    if all(fate == "heard" for _, fate in events):
        assert heard == [("raised", "recovered")[number % 2] for number in range(len(heard))]
