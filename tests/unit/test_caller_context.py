"""Invariant 7: a function knows its caller from the authorizer alone, exactly as the authorizer saw it."""

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.caller import Caller, TrustedCaller, UserCaller
from customerhub.entrypoints.caller_context import caller_context, caller_of, refusal_context
from customerhub.errors import Unauthenticated
from tests.support.people import NOW, user

TEXT = st.text(max_size=30)
TIMES = st.datetimes(min_value=datetime(2027, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001 - zone from `timezones`


@given(st.from_type(TrustedCaller) | st.builds(UserCaller, expires_at=TIMES))
def test_every_caller_comes_through_unchanged(caller: Caller) -> None:
    assert caller_of(caller_context(caller), NOW) == caller


def test_a_refusal_is_no_caller() -> None:
    refusal = Unauthenticated("the token has expired", code="token_expired")
    with pytest.raises(Unauthenticated, match="expired") as raised:
        caller_of(refusal_context(refusal), NOW)
    assert raised.value.code == "token_expired"


def test_a_context_without_a_caller_is_no_caller() -> None:
    with pytest.raises(Unauthenticated):
        caller_of({}, NOW)


def test_a_token_that_ran_out_while_its_check_was_remembered_is_refused() -> None:
    with pytest.raises(Unauthenticated) as raised:
        caller_of(caller_context(user("u")), NOW + timedelta(hours=1, minutes=1))
    assert raised.value.code == "token_expired"
