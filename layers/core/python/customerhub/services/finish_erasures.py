"""Finish the erasures that were interrupted, or that were too large for one call."""

from dataclasses import dataclass
from datetime import datetime

from customerhub.errors import HubError
from customerhub.ports import Clock, ErasureStore, IdentityStore, TenantDirectory, TraceStore
from customerhub.services.sweep_erasure import sweep_erasure

PAGE = 500
"""More than can fail for ever at one time, which would keep the rest from being taken up."""


@dataclass(frozen=True)
class Finished:
    """How many erasures were found unfinished, completed, and left because of a fault."""

    found: int
    completed: int
    failed: int


def finish_erasures(
    until: datetime,
    *,
    tenants: TenantDirectory,
    identities: IdentityStore,
    erasures: ErasureStore,
    traces: TraceStore,
    clock: Clock,
) -> Finished:
    """Go on with the oldest unfinished erasures of all tenants until `until`. A fault with one of them does not keep
    the others. Idempotent. Raises StoreUnavailable where they cannot be listed."""
    found, completed, failed = erasures.unfinished(PAGE), 0, 0
    for erasure in found:
        try:
            tenant = tenants.get_tenant(erasure.tenant)
            if tenant is None:
                continue
            swept = sweep_erasure(
                erasure, tenant, until=until, identities=identities, erasures=erasures, traces=traces, clock=clock
            )
            completed += swept.completed_at is not None
        except HubError:
            failed += 1
    return Finished(len(found), completed, failed)
