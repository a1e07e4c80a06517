"""Run a job that was taken, and write what came of it."""

import random
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from typing import assert_never

from customerhub.domain import attempt as became
from customerhub.domain.attempt import Verdict, code_of, verdict_of
from customerhub.domain.changes import Changes
from customerhub.domain.job import Attempt, Failure, Job, JobChange, JobStatus
from customerhub.domain.tenant import Tenant
from customerhub.errors import GuardFailed, HubError, LostRace, RetryLater, StoreUnavailable
from customerhub.services.job_parts import Effect, JobParts, Turn
from customerhub.services.perform_job import perform_job
from customerhub.services.tell_queue import tell_queue

MARGIN = timedelta(seconds=30)
"""Before the lease runs out nothing more is begun: a partner may take that long over the last call."""
WRITES = 5
RUNS = 10
"""A job that is owed anew each time it is done is left to somebody else after these."""


@dataclass(frozen=True)
class _Came:
    """What came of one run: `after` and what is written with it. `once`: not to be run again."""

    before: Job
    after: Job
    changes: Changes
    attempt: Attempt | None
    once: bool


def run_job(job: Job, tenant: Tenant, deadline: datetime, *, parts: JobParts) -> Job | None:
    """Run a job under its lease until `deadline`, and write its outcome with whatever it changes in the hub, in one
    transaction; the job as it is then, None where it is not this worker's any more.

    Owed anew while it ran, it is run again. An error of the tree is an outcome (`domain.attempt.VERDICTS`); anything
    else is raised, and the job is tried again once its lease has run out. Raises StoreUnavailable where the outcome
    could not be written: what was done is found by the next run.
    """
    return _Run(tenant, deadline, parts).until_written(job)


def give_back(job: Job, failure: Failure, *, parts: JobParts) -> None:
    """Count an attempt that failed for a reason which nobody foresaw. The job is tried again later, as any other."""
    after = became.failed(job, failure, 0, _share())
    parts.jobs.write_jobs([JobChange(after, job, Attempt(failure.at, failed=True))])


@dataclass(frozen=True)
class _Run:
    tenant: Tenant
    deadline: datetime
    parts: JobParts

    def until_written(self, job: Job) -> Job | None:
        """The job as it was leased may be owed anew meanwhile: then it is read and run again."""
        mine: Job | None = job
        for _ in range(RUNS):
            if mine is None:
                return None
            came = self._run(mine)
            if came is None:
                mine = self._read_again(mine)
                continue
            try:
                return self._write(came)
            except LostRace:
                mine = self._read_again(mine)
                if mine and came.once:
                    return self._write_over(came, mine)
        return self._leave(mine) if mine else None

    def _run(self, job: Job) -> _Came | None:
        """None where the job has changed meanwhile."""
        self.parts.times.drain()
        until = min(self.deadline, job.lease.until - MARGIN) if job.lease else self.deadline
        try:
            effect = perform_job(Turn(job, self.tenant, until, self.parts.clock), parts=self.parts)
        except LostRace:
            return None
        except HubError as error:
            return self._failed(job, error)
        if effect.refusal:
            came = self._failed(effect.job or job, effect.refusal)
            return replace(came, changes=effect.changes, once=effect.once)
        return self._succeeded(effect.job or job, effect)

    def _succeeded(self, job: Job, effect: Effect) -> _Came:
        now = self.parts.clock.now()
        attempt: Attempt | None = Attempt(now, response_times_s=self.parts.times.drain())
        match effect.status:
            case JobStatus.WAITING:
                after, attempt = became.not_ready(job, effect.wait_s, now, _share()), None
                after = became.waiting(after, effect.due_at, now) if effect.due_at else after
            case JobStatus.DONE:
                after = replace(became.done(job, now), reason=effect.reason)
            case _:
                after = became.ended(job, effect.status, now, effect.reason)
        return _Came(job, after, effect.changes, attempt, effect.once)

    def _failed(self, job: Job, error: HubError) -> _Came:
        now = self.parts.clock.now()
        failure = Failure(now, code_of(error), str(error))
        retry_after_s = error.retry_after_s if isinstance(error, RetryLater) else 0
        attempt: Attempt | None = Attempt(now, failed=True, response_times_s=self.parts.times.drain())
        match verdict_of(error):
            case Verdict.RETRY:
                after = became.failed(job, failure, retry_after_s, _share())
            case Verdict.WAIT:
                after, attempt = became.not_ready(job, retry_after_s, now, _share()), None
            case Verdict.PARK:
                after = became.parked(job, failure)
            case Verdict.SKIP:
                after, attempt = became.ended(job, JobStatus.SKIPPED, now, failure.code), None
            case verdict:
                assert_never(verdict)
        return _Came(job, after, Changes(), attempt, once=False)

    def _write(self, came: _Came) -> Job:
        """Transactions that met on a counter are tried again, and so is what a time-out left unknown: where it had
        taken effect, the guard says so. Raises LostRace and StoreUnavailable."""
        change = JobChange(came.after, came.before, came.attempt)
        changes = replace(came.changes, jobs=(change, *came.changes.jobs))
        for number in range(WRITES):
            try:
                self.parts.identities.write(self.tenant, changes, None)
                break
            except GuardFailed:
                raise
            except (LostRace, StoreUnavailable):
                if number == WRITES - 1:
                    raise
                self.parts.clock.sleep(_share() * 0.05 * 2**number)
        written = [change.stored, *(other.stored for other in came.changes.jobs)]
        tell_queue(written, queue=self.parts.queue)
        return change.stored

    def _write_over(self, came: _Came, mine: Job) -> Job | None:
        """The outcome of what was done once, on the job as it has become."""
        after = replace(came.after, overrides=mine.overrides)
        try:
            return self._write(replace(came, before=mine, after=after))
        except LostRace:
            return None

    def _read_again(self, job: Job) -> Job | None:
        """The job as it is now; None where this worker's lease has ended."""
        now = self.parts.jobs.get_jobs(job.tenant, [job.id]).get(job.id)
        holds = now is not None and now.lease is not None and job.lease is not None
        return now if now and holds and now.lease and job.lease and now.lease.token == job.lease.token else None

    def _leave(self, job: Job) -> Job | None:
        """Whoever comes next goes on."""
        try:
            return self._write(_Came(job, became.again(job, self.parts.clock.now()), Changes(), None, once=False))
        except LostRace:
            return None


def _share() -> float:
    return random.random()  # noqa: S311 - spreads retries, guards nothing
