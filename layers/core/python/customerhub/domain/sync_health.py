"""How the work towards shops and CRMs is going, in figures that cost the same however much work there is. Pure.

Response times are counted in buckets that grow by the fourth root of two, about 19 % each, so that a percentile read
from them is within 10 % of the true one.
"""

import math
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime

from customerhub.domain.job import JobKind, JobStatus

BUCKETS_PER_DOUBLING = 4
FIRST_BOUND_MS = 1.0
LAST_BUCKET = 70
"""Up to about three minutes."""
WINDOW_HOURS = 24
_QUEUED = tuple(kind for kind in JobKind if kind is not JobKind.END_ENROLLMENT)
"""What waits for a worker. The end of an enrollment waits for its day."""

JobCounts = Mapping[tuple[JobKind, JobStatus], int]


def bucket_of(duration_s: float) -> int:
    """The bucket of a response time."""
    ratio = max(duration_s * 1000, FIRST_BOUND_MS) / FIRST_BOUND_MS
    return min(int(BUCKETS_PER_DOUBLING * math.log2(ratio)), LAST_BUCKET)


def percentile_ms(buckets: Mapping[int, int], share: float) -> float | None:
    """The response time that `share` of the answers stayed within, in the middle of its bucket; None of no answers."""
    total = sum(buckets.values())
    if not total:
        return None
    counted = 0
    for bucket in sorted(buckets):
        counted += buckets[bucket]
        if counted >= share * total:
            return round(FIRST_BOUND_MS * 2 ** ((bucket + 0.5) / BUCKETS_PER_DOUBLING), 1)
    raise AssertionError("unreachable: the counts add up to the total")


@dataclass(frozen=True)
class SyncFigures:
    """Of one integration, or of the work that is for none. `buckets` are the response times of the last
    `WINDOW_HOURS`, the hour under way included; `oldest_due_at` is when the job that is due longest fell due."""

    jobs: JobCounts = field(default_factory=dict)
    attempts: int = 0
    failed_attempts: int = 0
    last_success_at: datetime | None = None
    buckets: Mapping[int, int] = field(default_factory=dict)
    oldest_due_at: datetime | None = None

    def count(self, kind: JobKind, status: JobStatus) -> int:
        """Jobs of that kind and status."""
        return self.jobs.get((kind, status), 0)

    def of_status(self, status: JobStatus) -> int:
        """Jobs of that status, of any kind."""
        return sum(count for (_, counted), count in self.jobs.items() if counted is status)

    @property
    def queue_length(self) -> int:
        """Jobs that wait for a worker, now or after a pause."""
        return sum(self.count(kind, JobStatus.WAITING) for kind in _QUEUED)


def total(figures: Iterable[SyncFigures]) -> SyncFigures:
    """All of them as one."""
    listed = tuple(figures)
    jobs: Counter[tuple[JobKind, JobStatus]] = Counter()
    buckets: Counter[int] = Counter()
    for one in listed:
        jobs.update(one.jobs)
        buckets.update(one.buckets)
    return SyncFigures(
        jobs,
        sum(one.attempts for one in listed),
        sum(one.failed_attempts for one in listed),
        max((one.last_success_at for one in listed if one.last_success_at), default=None),
        buckets,
        min((one.oldest_due_at for one in listed if one.oldest_due_at), default=None),
    )
