"""Runs are read."""

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.ids import IntegrationId, RunId
from customerhub.domain.page import Page
from customerhub.domain.run import RecordVerdict, Run
from customerhub.domain.verdict import Verdict
from customerhub.errors import NotFound
from customerhub.ports.runs import RunStore


def get_run(run_id: RunId, caller: Caller, *, runs: RunStore) -> Run:
    """One run of the caller's tenant. Raises Forbidden without sync:read, NotFound and StoreUnavailable."""
    caller.require(Scope.SYNC_READ)
    run = runs.get_run(caller.tenant.id, run_id)
    if run is None:
        raise NotFound("there is no such run")
    return run


def list_runs(
    integration: IntegrationId | None, caller: Caller, before: str | None, limit: int, *, runs: RunStore
) -> Page[Run]:
    """A page of the tenant's runs, or of those of one integration, the newest first. Raises Forbidden without
    sync:read, and StoreUnavailable."""
    caller.require(Scope.SYNC_READ)
    return runs.list_runs(caller.tenant.id, integration, before, limit)


def list_run_records(
    run_id: RunId, verdict: Verdict | None, caller: Caller, after: str | None, limit: int, *, runs: RunStore
) -> Page[RecordVerdict]:
    """A page of the verdicts so far, in the order in which the records came. Raises what `get_run` raises."""
    run = get_run(run_id, caller, runs=runs)
    return runs.list_records(run.tenant, run.id, verdict, after, limit)
