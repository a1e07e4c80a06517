"""A run of an integration is started."""

from contextlib import suppress
from dataclasses import replace

from customerhub.domain.ids import CredentialId, new_run_id
from customerhub.domain.integration import Integration
from customerhub.domain.run import Run, RunKind, RunStatus
from customerhub.errors import ServiceUnavailable
from customerhub.services.attempts import attempts
from customerhub.services.run_parts import RunParts


def start_run(
    integration: Integration,
    kind: RunKind,
    asked_by: CredentialId,
    *,
    parts: RunParts,
    tells: bool = True,
) -> Run:
    """A new run, of which the workers are told; or the one that is under way, of which an integration has one at a
    time, whatever its kind. One that was cancelled, and has yet to end, is none.

    What changed before a run that is under way was started it has perhaps passed by already: whoever needs that looks
    at its `started_at`. Idempotent as long as the run is under way. Two round trips, three where one is under way, and
    one to the queue; who works the run at once does not tell it (`tells`). Where the queue is not reached the sweep
    sends a message later. Raises StoreUnavailable.
    """
    run = attempts(parts.clock, lambda: _started(integration, kind, asked_by, parts))
    if tells:
        with suppress(ServiceUnavailable):
            parts.queue.send([(run.tenant, run.id)])
    return run


def _started(integration: Integration, kind: RunKind, asked_by: CredentialId, parts: RunParts) -> Run:
    state = parts.runs.get_pull_state(integration.tenant, integration.id)
    known = parts.runs.get_run(integration.tenant, state.run) if state.run else None
    if known and known.status is RunStatus.RUNNING and not known.cancel_requested:
        return known
    now, run_id = parts.clock.now(), new_run_id()
    run = Run(integration.tenant, run_id, integration.id, kind, asked_by, now, now)
    return parts.runs.start_run(run, replace(state, run=run_id))
