"""A run is asked to stop."""

from contextlib import suppress
from dataclasses import replace

from customerhub.domain.ids import RunId, TenantId
from customerhub.domain.run import Run, RunStatus
from customerhub.errors import NotFound, ServiceUnavailable, StateConflict
from customerhub.services.attempts import attempts
from customerhub.services.run_parts import RunParts


def cancel_run(run_id: RunId, tenant: TenantId, *, parts: RunParts) -> Run:
    """Have the run end after the page that is being worked. What was done stays, and is counted.

    Idempotent. Two round trips, and one to the queue. Raises NotFound, StateConflict (code `already_ended`) for one
    that has ended otherwise, and StoreUnavailable.
    """

    def attempt() -> Run:
        run = parts.runs.get_run(tenant, run_id)
        if run is None:
            raise NotFound("there is no such run")
        if run.status is RunStatus.CANCELLED or run.cancel_requested:
            return run
        if run.status is not RunStatus.RUNNING:
            raise StateConflict("the run has ended already", code="already_ended")
        return parts.runs.put_run(replace(run, cancel_requested=True))

    run = attempts(parts.clock, attempt)
    if run.status is RunStatus.RUNNING:
        with suppress(ServiceUnavailable):
            parts.queue.send([(run.tenant, run.id)])
    return run
