"""How the work towards shops and CRMs is going."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.integration import Integration
from customerhub.domain.sync_health import SyncFigures, total
from customerhub.services.job_desk_parts import JobDesk


@dataclass(frozen=True)
class SyncHealth:
    """The figures as of `at`: of each integration, and of everything, what is for no integration included."""

    at: datetime
    total: SyncFigures
    integrations: Sequence[tuple[Integration, SyncFigures]]


def report_sync_health(caller: Caller, *, desk: JobDesk) -> SyncHealth:
    """The figures of the caller's tenant, at a cost that does not grow with its jobs. Raises Forbidden without
    sync:read, and StoreUnavailable."""
    caller.require(Scope.SYNC_READ)
    tenant, now = caller.tenant.id, desk.clock.now()
    integrations = desk.integrations.list_integrations(tenant)
    figures = desk.jobs.read_figures(tenant, [*(one.id for one in integrations), None], now)
    return SyncHealth(now, total(figures.values()), [(one, figures[one.id]) for one in integrations])
