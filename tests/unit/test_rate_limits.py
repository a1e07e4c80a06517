"""The verdict of a count that runs beside the work."""

import time
from concurrent.futures import Future
from typing import Any

import pytest

from customerhub.errors import StoreUnavailable, TooManyRequests
from customerhub.store.rate_limits import PATIENCE_S, PendingCount


def _future(result: Any = None, error: BaseException | None = None) -> "Future[Any]":
    future: Future[Any] = Future()
    if error:
        future.set_exception(error)
    else:
        future.set_result(result)
    return future


def _count(person: "Future[Any]", granted: "Future[Any]") -> PendingCount:
    return PendingCount(person, granted, limit=20, ceiling=100, reset_s=30)


def test_within_the_limits_the_caller_learns_where_it_stands() -> None:
    status = _count(_future(20), _future(True)).require()
    assert (status.limit, status.remaining, status.reset_s, status.ceiling) == (20, 0, 30, 100)


@pytest.mark.parametrize(("calls", "granted", "limit"), [(21, True, 20), (1, False, 100)])
def test_beyond_a_limit_the_call_is_refused(calls: int, granted: bool, limit: int) -> None:
    with pytest.raises(TooManyRequests) as refusal:
        _count(_future(calls), _future(granted)).require()
    assert (refusal.value.limit, refusal.value.retry_after_s) == (limit, 30)


@pytest.mark.parametrize("error", [StoreUnavailable("throttled"), RuntimeError("a bug"), PermissionError("IAM")])
def test_a_count_that_fails_lets_the_call_pass(error: Exception) -> None:
    assert _count(_future(error=error), _future(error=error)).require().remaining == 20


def test_a_late_count_is_waited_for_once_and_never_overturns_what_was_let_pass() -> None:
    late: Future[int] = Future()
    count = _count(late, Future())
    started = time.monotonic()
    count.require()
    waited_s = time.monotonic() - started
    late.set_result(21)
    assert count.require().remaining == 20, "what was written in between cannot be refused any more"
    assert waited_s >= PATIENCE_S
