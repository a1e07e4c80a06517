"""Every hour each integration is looked after, and who was not told of what is wrong is told."""

import random
from dataclasses import dataclass
from datetime import datetime

from customerhub.domain.ids import TenantId
from customerhub.domain.integration import Integration
from customerhub.domain.job import Job
from customerhub.domain.owing import owe, register_webhooks
from customerhub.ports import Clock, TenantDirectory
from customerhub.ports.jobs import JobQueue, JobStore
from customerhub.ports.partners import IntegrationStore
from customerhub.services.alert_parts import AlertParts
from customerhub.services.attempts import attempts
from customerhub.services.set_alert import tell_overdue_alerts
from customerhub.services.tell_queue import tell_queue


@dataclass(frozen=True)
class Checked:
    """How many integrations are to be looked after, of how many tenants; `left` are the tenants for which there was no
    time."""

    tenants: int = 0
    integrations: int = 0
    left: int = 0


def check_integrations(
    until: datetime,
    *,
    tenants: TenantDirectory,
    integrations: IntegrationStore,
    jobs: JobStore,
    queue: JobQueue,
    alerts: AlertParts,
    clock: Clock,
) -> Checked:
    """Owe every active integration of every tenant the job that looks after it; idempotent. It is done by the workers
    of jobs, each tenant in its turn and within its platform's allowance. Alerts that should have been published by now
    are, of inactive ones too: no job looks after these.

    In an order of chance, so that where the time does not suffice it is not always the same who waits for the next
    hour. One round trip for each tenant, three for each integration, and one message. Raises StoreUnavailable.
    """
    order = list(tenants.list_tenants())
    random.shuffle(order)
    count = 0
    for number, tenant in enumerate(order):
        if clock.now() >= until:
            return Checked(number, count, len(order) - number)
        count += _check_tenant(tenant, integrations, jobs, queue, alerts)
    return Checked(len(order), count)


def _check_tenant(
    tenant: TenantId, integrations: IntegrationStore, jobs: JobStore, queue: JobQueue, alerts: AlertParts
) -> int:
    known = integrations.list_integrations(tenant)
    active = [one for one in known if one.active]
    if active:
        tell_queue([_owe(one, jobs, alerts.clock) for one in active], queue=queue)
    for one in known:
        tell_overdue_alerts(one, parts=alerts)
    return len(active)


def _owe(integration: Integration, jobs: JobStore, clock: Clock) -> Job:
    debt = register_webhooks(integration.tenant, integration.id)

    def attempt() -> Job:
        change = owe(debt, jobs.get_jobs(integration.tenant, [debt.job]).get(debt.job), clock.now())
        jobs.write_jobs([change])
        return change.stored

    return attempts(clock, attempt)
