"""Health figures: percentiles from buckets, and sums."""

from collections import Counter
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from customerhub.domain.job import JobKind, JobStatus
from customerhub.domain.sync_health import SyncFigures, bucket_of, percentile_ms, total

NOW = datetime(2026, 11, 25, 9, tzinfo=UTC)


@given(st.lists(st.floats(0.001, 100), min_size=1, max_size=200), st.sampled_from([0.5, 0.95]))
def test_a_percentile_is_within_a_tenth_of_the_true_one(times_s: list[float], share: float) -> None:
    ordered = sorted(times_s)
    true_ms = 1000 * ordered[max(0, -(-int(share * 100) * len(ordered) // 100) - 1)]
    read = percentile_ms(Counter(map(bucket_of, times_s)), share)
    assert read is not None
    assert 0.9 * true_ms - 0.1 <= read <= 1.1 * true_ms + 0.1


def test_without_answers_there_is_no_percentile() -> None:
    assert percentile_ms({}, 0.5) is None


def test_extreme_times_have_a_bucket() -> None:
    assert bucket_of(0) == 0
    assert bucket_of(10**6) == bucket_of(10**7)


def test_the_total_is_the_sum_the_last_success_and_the_oldest_debt() -> None:
    one = SyncFigures(
        {(JobKind.SYNC_CUSTOMER, JobStatus.DONE): 2, (JobKind.END_ENROLLMENT, JobStatus.WAITING): 5},
        attempts=3,
        failed_attempts=1,
        last_success_at=NOW,
        buckets={4: 1},
        oldest_due_at=NOW - timedelta(hours=1),
    )
    other = SyncFigures(
        {(JobKind.SYNC_CUSTOMER, JobStatus.DONE): 1, (JobKind.SEND_WELCOME, JobStatus.WAITING): 4},
        attempts=1,
        last_success_at=NOW - timedelta(hours=2),
        buckets={4: 2, 5: 1},
        oldest_due_at=NOW - timedelta(hours=3),
    )
    both = total([one, other, SyncFigures()])
    assert both.count(JobKind.SYNC_CUSTOMER, JobStatus.DONE) == 3
    assert (both.attempts, both.failed_attempts) == (4, 1)
    assert (both.last_success_at, both.oldest_due_at) == (NOW, NOW - timedelta(hours=3))
    assert both.buckets == {4: 3, 5: 1}
    assert both.queue_length == 4, "the ends of enrollments wait for their day, not for a worker"
