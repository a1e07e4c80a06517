"""Staff have many jobs tried again, or put them away."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.ids import JobId, TenantId
from customerhub.domain.job import Job, JobChange, JobKind
from customerhub.domain.job_desk import JobFilter
from customerhub.domain.page import MAX_PAGE_SIZE
from customerhub.errors import LostRace, NotFound, StateConflict
from customerhub.services.attempts import attempts
from customerhub.services.change_job import Change
from customerhub.services.job_desk_parts import JobDesk
from customerhub.services.list_jobs import find_jobs
from customerhub.services.tell_queue import tell_queue

TOGETHER = 25
"""Jobs of one transaction."""
MAX_PAGES = 3
"""Of a hundred jobs, in one call: it has some seconds."""


@dataclass(frozen=True)
class Changed:
    """What became of the jobs: `matched` is the sum of the others. `unchanged` were as asked for already, `refused` are
    those that the change does not fit, `missing` there are not. `after` leads to those that this call did not come
    to."""

    changed: int = 0
    unchanged: int = 0
    refused: int = 0
    missing: int = 0
    after: str | None = None

    @property
    def matched(self) -> int:
        """All that were looked at."""
        return self.changed + self.unchanged + self.refused + self.missing

    def with_more(self, other: "Changed") -> "Changed":
        """Both as one, the other being later."""
        return Changed(
            self.changed + other.changed,
            self.unchanged + other.unchanged,
            self.refused + other.refused,
            self.missing + other.missing,
            other.after,
        )


def change_named_jobs(
    ids: Sequence[JobId],
    change: Change,
    caller: Caller,
    *,
    desk: JobDesk,
    before_write: Callable[[], object] = lambda: None,
) -> Changed:
    """The jobs of these ids, each by itself: one that is refused keeps no other. A repeated call changes nothing more.
    Raises StoreUnavailable, TooMuchContention, Forbidden without sync:write, and whatever `before_write` raises."""
    caller.require(Scope.SYNC_WRITE)
    unique = list(dict.fromkeys(ids))
    before_write()
    found = desk.jobs.get_jobs(caller.tenant.id, unique)
    changed = _Changing(caller.tenant.id, change, desk).all(list(found.values()))
    return replace(changed, missing=changed.missing + len(unique) - len(found))


def change_matching_jobs(
    job_filter: JobFilter,
    change: Change,
    caller: Caller,
    after: str | None,
    *,
    desk: JobDesk,
    before_write: Callable[[], object] = lambda: None,
) -> Changed:
    """All jobs that match, a few hundred in one call: `after` leads on. The ends of enrollments wait for their day, and
    are meant only where the filter says so. Raises as `change_named_jobs` does."""
    caller.require(Scope.SYNC_WRITE)
    before_write()
    changing, total = _Changing(caller.tenant.id, change, desk), Changed()
    for _ in range(MAX_PAGES):
        page = find_jobs(job_filter, caller.tenant.id, after, MAX_PAGE_SIZE, desk=desk)
        meant = [job for job in page.items if job_filter.kind or job.kind is not JobKind.END_ENROLLMENT]
        total = replace(total.with_more(changing.all(meant)), after=page.after)
        after = page.after
        if after is None:
            break
    return total


@dataclass(frozen=True)
class _Changing:
    tenant: TenantId
    change: Change
    desk: JobDesk

    def all(self, jobs: Sequence[Job]) -> Changed:
        """What became of each."""
        total = Changed()
        for start in range(0, len(jobs), TOGETHER):
            total = total.with_more(self._some(jobs[start : start + TOGETHER]))
        return total

    def _some(self, jobs: Sequence[Job]) -> Changed:
        now, changes, unchanged, refused = self.desk.clock.now(), list[JobChange](), 0, 0
        for job in jobs:
            try:
                after = self.change(job, now)
            except StateConflict:
                refused += 1
                continue
            if after == job:
                unchanged += 1
            else:
                changes.append(JobChange(after, job))
        return Changed(unchanged=unchanged, refused=refused).with_more(self._written(changes))

    def _written(self, changes: Sequence[JobChange]) -> Changed:
        """Together, or one by one where one of them has changed since it was read."""
        if not changes:
            return Changed()
        try:
            self.desk.jobs.write_jobs(changes)
        except LostRace:
            total = Changed()
            for change in changes:
                total = total.with_more(attempts(self.desk.clock, partial(self._one, change.after.id)))
            return total
        tell_queue([change.stored for change in changes], queue=self.desk.queue)
        return Changed(changed=len(changes))

    def _one(self, job_id: JobId) -> Changed:
        job = self.desk.jobs.get_jobs(self.tenant, [job_id]).get(job_id)
        if job is None:
            return Changed(missing=1)
        try:
            after = self.change(job, self.desk.clock.now())
        except (StateConflict, NotFound):
            return Changed(refused=1)
        if after == job:
            return Changed(unchanged=1)
        change = JobChange(after, job)
        self.desk.jobs.write_jobs([change])
        tell_queue([change.stored], queue=self.desk.queue)
        return Changed(changed=1)
