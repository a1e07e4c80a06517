"""Pulls and comparisons: the function that works them, and the one that the schedule has them started by."""

from typing import TYPE_CHECKING

from customerhub import deployment
from infra.constructs.credentials import acknowledge_any_credentials, use_credentials
from infra.constructs.function import HubFunction
from infra.constructs.queues import Batches, QueueWorker, WorkQueue
from infra.constructs.schedule import Wakeup
from infra.constructs.table_access import access, search

if TYPE_CHECKING:
    from infra.stacks.hub_stack import HubStack

RUN_WORKER_TIMEOUT_S = 900
"""As long as Lambda lets a function run: room for the slowest of pages."""
RUN_BATCHES = Batches(size=1, at_once=20)
"""One at a time: a run must not wait behind another one of the same batch."""


def runs_queue(hub: "HubStack") -> WorkQueue:
    """Returns the queue of runs that are to be started or gone on with."""
    return WorkQueue(hub, "Runs", worker_timeout_s=RUN_WORKER_TIMEOUT_S)


class Runs:
    """Made once, in `hub`, which has its tables, its queues, its topic of alerts and the club already. `workers` are
    called by the schedule; `run_worker` by its queue."""

    def __init__(self, hub: "HubStack") -> None:
        self._hub = hub
        self.run_worker = self._run_worker_function()
        self.workers = {deployment.INTEGRATION_CARE: self._integration_care_function()}

    def _run_worker_function(self) -> HubFunction:
        hub = self._hub
        people = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"]
        work = ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem"]
        function = hub.function(
            deployment.RUN_WORKER,
            timeout_s=RUN_WORKER_TIMEOUT_S,
            memory_mb=1024,
            environment={
                **hub.tables(),
                deployment.RUNS_QUEUE_VARIABLE: hub.runs_queue.queue_url,
                deployment.JOBS_QUEUE_VARIABLE: hub.club.jobs.queue_url,
                deployment.ALERTS_TOPIC_VARIABLE: hub.alerts.topic_arn,
            },
            statements=[
                access(hub.customers, people, deployment.TENANT_KEYS),
                search(hub.customers, [deployment.BY_RECORD], deployment.TENANT_KEYS),
                access(hub.work, work, deployment.TENANT_KEYS),
                search(hub.work, [deployment.BY_LIST], deployment.TENANT_KEYS),
                access(hub.work, ["GetItem"], deployment.TENANT_SETTINGS_KEYS),
                hub.runs_queue.sending(),
                hub.runs_queue.working(),
                hub.club.jobs.sending(),
                hub.alerts.publishing(),
                use_credentials(),
            ],
        )
        acknowledge_any_credentials(function.role)
        QueueWorker(hub, "RunsMapping", queue=hub.runs_queue, function=function, batches=RUN_BATCHES)
        return function

    def _integration_care_function(self) -> HubFunction:
        hub = self._hub
        function = hub.function(
            deployment.INTEGRATION_CARE,
            timeout_s=900,
            environment={
                **hub.tables(),
                deployment.RUNS_QUEUE_VARIABLE: hub.runs_queue.queue_url,
                deployment.JOBS_QUEUE_VARIABLE: hub.club.jobs.queue_url,
                deployment.ALERTS_TOPIC_VARIABLE: hub.alerts.topic_arn,
            },
            statements=[
                access(hub.work, ["Query"], deployment.TENANTS),
                access(hub.work, ["Query"], deployment.INTEGRATION_KEYS),
                access(hub.work, ["BatchGetItem", "PutItem"], deployment.JOB_KEYS),
                access(hub.work, ["UpdateItem"], deployment.SYNC_KEYS),
                access(hub.work, ["Query", "PutItem"], deployment.CARE_KEYS),
                hub.runs_queue.sending(),
                hub.club.jobs.sending(),
                hub.alerts.publishing(),
            ],
        )
        Wakeup(hub, "StartPulls", task=deployment.START_PULLS, function=function)
        Wakeup(hub, "StartComparisons", task=deployment.START_COMPARISONS, function=function)
        Wakeup(hub, "CheckIntegrations", task=deployment.CHECK_INTEGRATIONS, function=function)
        return function
