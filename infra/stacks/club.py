"""The club, and what it owes to shops and CRMs: functions, queues and the bucket of spreadsheets."""

from collections.abc import Sequence
from typing import TYPE_CHECKING

from aws_cdk import aws_iam as iam

from customerhub import deployment
from infra.constructs.credentials import acknowledge_any_credentials, use_credentials
from infra.constructs.function import HubFunction
from infra.constructs.imports_bucket import ImportsBucket
from infra.constructs.messages import acknowledge_any_identity, send_emails
from infra.constructs.queues import Batches, QueueWorker, WorkQueue
from infra.constructs.schedule import Wakeup
from infra.constructs.table_access import access, search

if TYPE_CHECKING:
    from infra.stacks.hub_stack import HubStack

JOB_WORKER_TIMEOUT_S = 60
IMPORT_WORKER_TIMEOUT_S = 900
"""As long as Lambda lets a function run: an import is gone on with by one call after the other."""
JOB_BATCHES = Batches(size=5, at_once=10)
LOOKED_AT = (deployment.JOB_LIST_KEYS, deployment.DELIVERY_LIST_KEYS)
"""What is listed of an integration by whoever looks after it."""
IMPORT_BATCHES = Batches(size=1, at_once=5)


class Club:
    """Made once, in `hub`, which has its tables already. `api_functions` serve routes, `workers` are called by queues
    and the schedule."""

    def __init__(self, hub: "HubStack", *, cors_origins: Sequence[str]) -> None:
        self._hub = hub
        self.jobs = WorkQueue(hub, "Jobs", worker_timeout_s=JOB_WORKER_TIMEOUT_S)
        self.imports = WorkQueue(hub, "ImportRuns", worker_timeout_s=IMPORT_WORKER_TIMEOUT_S)
        self.uploads = ImportsBucket(hub, "Uploads", cors_origins=cors_origins)
        self.api_functions = {
            deployment.CLUB: self._club_function(),
            deployment.IMPORTS: self._imports_function(),
            deployment.SYNC: self._sync_function(),
        }
        self.import_worker = self._import_worker_function()
        self.workers = {
            deployment.JOB_WORKER: self._job_worker_function(),
            deployment.JOB_SWEEP: self._job_sweep_function(),
        }

    def _club_function(self) -> HubFunction:
        return self._hub.function(
            deployment.CLUB,
            timeout_s=25,
            environment={**self._hub.tables(), **self._jobs_variable()},
            statements=[
                self._people("Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"),
                search(self._hub.customers, [deployment.BY_ENROLLMENT], deployment.TENANT_KEYS),
                self._work("Query", "DeleteItem"),
                self.jobs.sending(),
            ],
        )

    def _imports_function(self) -> HubFunction:
        function = self._hub.function(
            deployment.IMPORTS,
            timeout_s=29,
            memory_mb=1024,
            environment={**self._hub.tables(), **self._imports_variables()},
            statements=[
                self._people("Query"),
                self._work("Query"),
                search(self._hub.work, [deployment.BY_LIST], deployment.IMPORT_LIST_KEYS),
                *self.uploads.keeping(),
                self.imports.sending(),
            ],
        )
        self.uploads.acknowledge(function.role)
        return function

    def _sync_function(self) -> HubFunction:
        return self._hub.function(
            deployment.SYNC,
            timeout_s=25,
            environment={**self._hub.tables(), **self._jobs_variable()},
            statements=[
                self._people("Query", "PutItem", "ConditionCheckItem"),
                self._work("Query"),
                search(self._hub.work, [deployment.BY_LIST], deployment.JOB_LIST_KEYS),
                self.jobs.sending(),
            ],
        )

    def _job_worker_function(self) -> HubFunction:
        function = self._hub.function(
            deployment.JOB_WORKER,
            timeout_s=JOB_WORKER_TIMEOUT_S,
            environment={
                **self._hub.tables(),
                **self._jobs_variable(),
                deployment.MAIL_FROM_VARIABLE: self._hub.mail_from,
                deployment.DELIVERIES_QUEUE_VARIABLE: self._hub.deliveries.queue_url,
                deployment.RUNS_QUEUE_VARIABLE: self._hub.runs_queue.queue_url,
                deployment.ALERTS_TOPIC_VARIABLE: self._hub.alerts.topic_arn,
            },
            statements=[
                self._people("Query", "PutItem", "DeleteItem", "ConditionCheckItem"),
                search(self._hub.customers, [deployment.BY_ENROLLMENT], deployment.TENANT_KEYS),
                self._work("Query", "DeleteItem", "BatchWriteItem"),
                *(search(self._hub.work, [deployment.BY_LIST], listed) for listed in LOOKED_AT),
                access(self._hub.work, ["GetItem"], deployment.TENANT_SETTINGS_KEYS),
                self.jobs.sending(),
                self.jobs.working(),
                self._hub.deliveries.sending(),
                self._hub.runs_queue.sending(),
                self._hub.alerts.publishing(),
                use_credentials(),
                send_emails(self._hub.mail_from),
            ],
        )
        acknowledge_any_credentials(function.role)
        acknowledge_any_identity(function.role)
        QueueWorker(self._hub, "JobsMapping", queue=self.jobs, function=function, batches=JOB_BATCHES)
        return function

    def _import_worker_function(self) -> HubFunction:
        function = self._hub.function(
            deployment.IMPORT_WORKER,
            timeout_s=IMPORT_WORKER_TIMEOUT_S,
            memory_mb=1024,
            environment={**self._hub.tables(), **self._imports_variables(), **self._jobs_variable()},
            statements=[
                self._people("Query", "PutItem", "DeleteItem", "ConditionCheckItem"),
                self._work("Query", "DeleteItem"),
                access(self._hub.work, ["GetItem"], deployment.TENANT_SETTINGS_KEYS),
                *self.uploads.keeping(),
                self.jobs.sending(),
                self.imports.sending(),
                self.imports.working(),
            ],
        )
        self.uploads.acknowledge(function.role)
        QueueWorker(self._hub, "ImportRunsMapping", queue=self.imports, function=function, batches=IMPORT_BATCHES)
        return function

    def _job_sweep_function(self) -> HubFunction:
        function = self._hub.function(
            deployment.JOB_SWEEP,
            timeout_s=60,
            environment={
                **self._hub.tables(),
                **self._jobs_variable(),
                deployment.IMPORTS_QUEUE_VARIABLE: self.imports.queue_url,
                deployment.DELIVERIES_QUEUE_VARIABLE: self._hub.deliveries.queue_url,
                deployment.RUNS_QUEUE_VARIABLE: self._hub.runs_queue.queue_url,
            },
            statements=[
                self._work(),
                search(self._hub.work, [deployment.BY_DUE], deployment.DUE_KEYS),
                search(self._hub.work, [deployment.BY_LIST], deployment.IMPORT_LIST),
                search(self._hub.work, [deployment.BY_LIST], deployment.RUN_LIST),
                self.jobs.sending(),
                self.imports.sending(),
                self._hub.deliveries.sending(),
                self._hub.runs_queue.sending(),
            ],
        )
        Wakeup(self._hub, "SweepJobs", task=deployment.SWEEP_JOBS, function=function)
        return function

    def _people(self, *further: str) -> iam.PolicyStatement:
        """Customers, with what is stored of their membership."""
        return access(self._hub.customers, ["GetItem", "BatchGetItem", *further], deployment.TENANT_KEYS)

    def _work(self, *further: str) -> iam.PolicyStatement:
        """Stages, integrations, jobs, imports, and what is counted of them."""
        actions = ["GetItem", "BatchGetItem", "PutItem", "UpdateItem", *further]
        return access(self._hub.work, actions, deployment.TENANT_KEYS)

    def _jobs_variable(self) -> dict[str, str]:
        return {deployment.JOBS_QUEUE_VARIABLE: self.jobs.queue_url}

    def _imports_variables(self) -> dict[str, str]:
        return {
            deployment.IMPORTS_QUEUE_VARIABLE: self.imports.queue_url,
            deployment.IMPORTS_BUCKET_VARIABLE: self.uploads.bucket_name,
        }
