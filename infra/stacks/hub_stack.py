"""The whole hub in one stack: a layer and its functions in different stacks block each other's updates."""

from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path

from aws_cdk import CfnOutput, Duration, Stack
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from customerhub import deployment
from infra.constructs.alarms import Alarms
from infra.constructs.alerts_topic import AlertsTopic
from infra.constructs.exports_bucket import ExportsBucket
from infra.constructs.function import ARCHITECTURE, RUNTIME, HubFunction
from infra.constructs.http_api import HubApi
from infra.constructs.messages import acknowledge_any_identity, send_emails, send_texts
from infra.constructs.profile_stream import ProfileStream, follow_stream
from infra.constructs.queues import FailureQueue
from infra.constructs.schedule import Wakeup
from infra.constructs.table import HubTable
from infra.constructs.table_access import access, search
from infra.stacks import outputs
from infra.stacks.club import Club
from infra.stacks.intake import Intake, deliveries_queue
from infra.stacks.integrations import Integrations
from infra.stacks.runs import Runs, runs_queue

JOBS_LATE = Duration.minutes(30)
"""A message may be held back for a quarter of an hour on purpose."""
IMPORTS_LATE = Duration.hours(2)
RUNS_LATE = Duration.hours(1)
EVENTS_LATE = Duration.minutes(20)


class HubStack(Stack):
    """Tables, functions, HTTP API and alarms, from the packages that `infra.build` made in `built`."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        built: Path,
        cors_origins: Sequence[str],
        mail_from: str,
        event_source: str | None = None,
    ) -> None:
        super().__init__(scope, construct_id, description="Customer Hub: one customer, known once, however they arrive")
        self._built = built
        self.mail_from = mail_from
        self._layers = [self._layer("deps"), self._layer("core")]
        self.customers = HubTable(self, "CustomersTable", indexes=deployment.CUSTOMERS_INDEXES, streams_new_images=True)
        self.work = HubTable(self, "WorkTable", indexes=deployment.WORK_INDEXES)
        self.exports = ExportsBucket(self, "Exports")
        self.authorizer = self._authorizer_function()
        self.alerts = AlertsTopic(self, "Alerts")
        self.deliveries = deliveries_queue(self)
        self.runs_queue = runs_queue(self)
        self.club = Club(self, cors_origins=cors_origins)
        self.intake = Intake(self, event_source=event_source)
        self.integrations = Integrations(self)
        self.runs = Runs(self)
        self.functions = {
            deployment.CUSTOMERS: self._customers_function(),
            deployment.CUSTOMER_SEARCH: self._customer_search_function(),
            deployment.MERGES: self._merges_function(),
            deployment.CONFLICTS: self._conflicts_function(),
            deployment.PRIVACY: self._privacy_function(),
            deployment.DUTIES: self._duties_function(),
            deployment.VERIFICATIONS: self._verifications_function(),
            deployment.ANALYTICS: self._analytics_function(),
            deployment.API_DOCS: self._api_docs_function(),
            **self.club.api_functions,
            **self.intake.api_functions,
            **self.integrations.api_functions,
        }
        self.stream_failures = FailureQueue(self, "ProfileStreamFailures")
        self.profile_stream = self._profile_stream_function()
        self.cleanup = self._cleanup_function()
        self.api = HubApi(self, "Api", functions=self.functions, authorizer=self.authorizer, cors_origins=cors_origins)
        self.integrations.tell_public_url(self.api.api_endpoint)
        self.alarms = self._add_alarms()
        self._add_outputs()

    def _layer(self, name: str) -> lambda_.LayerVersion:
        return lambda_.LayerVersion(
            self,
            f"{name.title()}Layer",
            code=lambda_.Code.from_asset(str(self._built / "layers" / name)),
            compatible_runtimes=[RUNTIME],
            compatible_architectures=[ARCHITECTURE],
        )

    def function(
        self,
        name: str,
        *,
        timeout_s: int,
        memory_mb: int = 512,
        environment: Mapping[str, str] | None = None,
        statements: Iterable[iam.PolicyStatement] = (),
    ) -> HubFunction:
        """The function of `functions/<name>`, with the stack's layers."""
        return HubFunction(
            self,
            name.title().replace("_", ""),
            name=name,
            code=self._built / "functions" / name,
            layers=self._layers,
            memory_mb=memory_mb,
            timeout_s=timeout_s,
            environment=environment,
            statements=statements,
        )

    def tables(self) -> dict[str, str]:
        """What a function that works on both tables has in its environment."""
        return {
            deployment.CUSTOMERS_TABLE_VARIABLE: self.customers.table_name,
            deployment.WORK_TABLE_VARIABLE: self.work.table_name,
        }

    def _authorizer_function(self) -> HubFunction:
        # API Gateway waits 10 seconds for an authorizer; ending before that leaves the reason in our own log.
        return self.function(
            deployment.AUTHORIZER,
            timeout_s=9,
            environment={deployment.WORK_TABLE_VARIABLE: self.work.table_name},
            statements=[access(self.work, ["GetItem", "BatchGetItem"], deployment.CREDENTIAL_KEYS)],
        )

    def _customers_function(self) -> HubFunction:
        # Half of the 30 seconds that API Gateway waits, so that a caller gets our answer and not a gateway's.
        return self.function(
            deployment.CUSTOMERS,
            timeout_s=15,
            environment=self.tables(),
            statements=[
                access(
                    self.customers,
                    ["GetItem", "BatchGetItem", "Query", "PutItem", "DeleteItem", "ConditionCheckItem"],
                    deployment.TENANT_KEYS,
                ),
                access(self.work, ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"], deployment.TENANT_KEYS),
                access(self.work, ["Query"], deployment.INTEGRATION_KEYS),
            ],
        )

    def _merges_function(self) -> HubFunction:
        return self.function(
            deployment.MERGES,
            timeout_s=25,
            environment=self.tables(),
            statements=[
                access(
                    self.customers,
                    ["GetItem", "BatchGetItem", "Query", "PutItem", "UpdateItem", "DeleteItem", "ConditionCheckItem"],
                    deployment.TENANT_KEYS,
                ),
                *self._owing(),
                access(self.work, ["UpdateItem"], deployment.RATE_KEYS),
            ],
        )

    def _conflicts_function(self) -> HubFunction:
        return self.function(
            deployment.CONFLICTS,
            timeout_s=15,
            environment=self.tables(),
            statements=[
                access(self.customers, ["GetItem", "BatchGetItem", "PutItem", "DeleteItem"], deployment.TENANT_KEYS),
                access(self.work, ["GetItem", "BatchGetItem", "PutItem"], deployment.CONFLICT_KEYS),
                search(self.work, [deployment.BY_LIST], deployment.CONFLICT_LIST_KEYS),
                *self._owing(),
                access(self.work, ["UpdateItem"], deployment.RATE_KEYS),
            ],
        )

    def _owing(self) -> list[iam.PolicyStatement]:
        """What a change of a member is owed to, and the jobs that it is owed by."""
        return [
            access(self.work, ["Query"], deployment.INTEGRATION_KEYS),
            access(self.work, ["BatchGetItem", "PutItem"], deployment.JOB_KEYS),
            access(self.work, ["UpdateItem"], deployment.SYNC_KEYS),
        ]

    def _customer_search_function(self) -> HubFunction:
        return self.function(
            deployment.CUSTOMER_SEARCH,
            timeout_s=15,
            environment=self.tables(),
            statements=[
                access(self.customers, ["GetItem", "BatchGetItem", "Query"], deployment.TENANT_KEYS),
                search(self.customers, deployment.PEOPLE_INDEXES, deployment.TENANT_KEYS),
                access(self.work, ["UpdateItem"], deployment.RATE_KEYS),
            ],
        )

    def _privacy_function(self) -> HubFunction:
        # An erasure works for 20 seconds at most before it leaves the rest to the schedule.
        function = self.function(
            deployment.PRIVACY,
            memory_mb=1024,
            timeout_s=29,
            environment={**self.tables(), deployment.EXPORTS_BUCKET_VARIABLE: self.exports.bucket_name},
            statements=[
                *self._erasing(),
                search(self.work, [deployment.BY_LIST], deployment.DELIVERY_LIST_KEYS),
                access(self.work, ["UpdateItem"], deployment.RATE_KEYS),
                self.exports.sharing(),
            ],
        )
        self.exports.acknowledge(function.role)
        return function

    def _duties_function(self) -> HubFunction:
        return self.function(
            deployment.DUTIES,
            timeout_s=15,
            environment={**self.tables(), deployment.ALERTS_TOPIC_VARIABLE: self.alerts.topic_arn},
            statements=[
                access(self.customers, ["GetItem", "BatchGetItem"], deployment.TENANT_KEYS),
                search(self.customers, [deployment.BY_RECORD], deployment.TENANT_KEYS),
                access(self.work, ["GetItem", "BatchGetItem", "PutItem"], deployment.DUTY_KEYS),
                search(self.work, [deployment.BY_LIST], deployment.DUTY_LIST_KEYS),
                access(self.work, ["UpdateItem"], deployment.RATE_KEYS),
                *self._alerting(),
            ],
        )

    def _alerting(self) -> list[iam.PolicyStatement]:
        """What an alert about an integration is raised and ended with."""
        return [
            access(self.work, ["GetItem"], deployment.INTEGRATION_KEYS),
            access(self.work, ["GetItem", "PutItem"], deployment.CARE_KEYS),
            self.alerts.publishing(),
        ]

    def _cleanup_function(self) -> HubFunction:
        function = self.function(
            deployment.CLEANUP,
            timeout_s=300,
            environment={**self.tables(), deployment.ALERTS_TOPIC_VARIABLE: self.alerts.topic_arn},
            statements=[
                *self._erasing(),
                search(self.customers, [deployment.BY_ACTIVITY, deployment.BY_RECORD], deployment.TENANT_KEYS),
                search(self.work, [deployment.BY_LIST], deployment.ERASURE_LIST),
                search(self.work, [deployment.BY_LIST], deployment.DUTY_LIST_KEYS),
                search(self.work, [deployment.BY_LIST], deployment.DELIVERY_LIST_KEYS),
                search(self.work, [deployment.BY_DUE], deployment.DUTY_LIST),
                search(self.work, [deployment.BY_DUE], deployment.STAFF_DUTY_LIST),
                self.alerts.publishing(),
                access(self.work, ["Query"], deployment.TENANTS),
                access(self.work, ["GetItem"], deployment.TENANT_SETTINGS_KEYS),
            ],
        )
        Wakeup(self, "FinishErasures", task=deployment.FINISH_ERASURES, function=function)
        Wakeup(self, "WorkDuties", task=deployment.WORK_DUTIES, function=function)
        Wakeup(self, "CleanQuietCustomers", task=deployment.CLEAN_QUIET_CUSTOMERS, function=function)
        return function

    def _erasing(self) -> list[iam.PolicyStatement]:
        actions = ["GetItem", "BatchGetItem", "Query", "PutItem", "DeleteItem", "BatchWriteItem"]
        erasing = [access(table, actions, deployment.TENANT_KEYS) for table in (self.customers, self.work)]
        # Whoever inherits a phone is owed to the shops, and so is who leaves them.
        return [*erasing, access(self.work, ["UpdateItem"], deployment.SYNC_KEYS)]

    def _verifications_function(self) -> HubFunction:
        function = self.function(
            deployment.VERIFICATIONS,
            timeout_s=20,
            environment={**self.tables(), deployment.MAIL_FROM_VARIABLE: self.mail_from},
            statements=[
                access(
                    self.customers,
                    ["GetItem", "BatchGetItem", "PutItem", "ConditionCheckItem"],
                    deployment.TENANT_KEYS,
                ),
                access(self.work, ["GetItem", "PutItem", "UpdateItem"], deployment.TENANT_KEYS),
                *self._owing(),
                send_emails(self.mail_from),
                send_texts(),
            ],
        )
        acknowledge_any_identity(function.role)
        return function

    def _analytics_function(self) -> HubFunction:
        return self.function(
            deployment.ANALYTICS,
            timeout_s=15,
            environment={deployment.WORK_TABLE_VARIABLE: self.work.table_name},
            statements=[
                access(self.work, ["GetItem", "Query"], deployment.STATISTICS_KEYS),
                access(self.work, ["UpdateItem"], deployment.RATE_KEYS),
            ],
        )

    def _profile_stream_function(self) -> HubFunction:
        function = self.function(
            deployment.PROFILE_STREAM,
            timeout_s=25,
            environment={deployment.WORK_TABLE_VARIABLE: self.work.table_name},
            statements=[
                access(self.work, ["BatchGetItem", "PutItem", "UpdateItem"], deployment.STATISTICS_KEYS),
                *follow_stream(self.customers, self.stream_failures),
            ],
        )
        ProfileStream(
            self, "ProfileStreamMapping", table=self.customers, function=function, failures=self.stream_failures
        )
        return function

    def _api_docs_function(self) -> HubFunction:
        return self.function(
            deployment.API_DOCS,
            timeout_s=9,
        )

    def _add_alarms(self) -> Alarms:
        alarms = Alarms(self, "Alarms")
        followers = {deployment.PROFILE_STREAM: self.profile_stream}
        others = {deployment.AUTHORIZER: self.authorizer, deployment.CLEANUP: self.cleanup}
        others |= {**followers, **self.club.workers, **self.intake.workers, **self.runs.workers}
        for name, function in {**self.functions, **others}.items():
            alarms.watch_function(name, function)
        for name, function in followers.items():
            alarms.watch_follower(name, function)
        alarms.watch_failures(deployment.PROFILE_STREAM_FAILURES, self.stream_failures)
        alarms.watch_function(deployment.IMPORT_WORKER, self.club.import_worker, works_to_its_end=True)
        alarms.watch_function(deployment.RUN_WORKER, self.runs.run_worker, works_to_its_end=True)
        alarms.watch_queue("jobs", self.club.jobs, late=JOBS_LATE)
        alarms.watch_queue("imports", self.club.imports, late=IMPORTS_LATE)
        alarms.watch_queue("runs", self.runs_queue, late=RUNS_LATE)
        alarms.watch_queue("deliveries", self.deliveries, late=JOBS_LATE)
        alarms.watch_queue("webhook-events", self.intake.events, late=EVENTS_LATE)
        alarms.watch_api(self.api)
        alarms.watch_table("customers", self.customers, deployment.CUSTOMERS_INDEXES)
        alarms.watch_table("work", self.work, deployment.WORK_INDEXES)
        return alarms

    def _add_outputs(self) -> None:
        values = {
            outputs.API_ID: self.api.api_id,
            outputs.API_URL: self.api.api_endpoint,
            outputs.CUSTOMERS_TABLE: self.customers.table_name,
            outputs.WORK_TABLE: self.work.table_name,
            outputs.JOBS_QUEUE: self.club.jobs.queue_url,
            outputs.IMPORTS_QUEUE: self.club.imports.queue_url,
            outputs.DELIVERIES_QUEUE: self.deliveries.queue_url,
            outputs.RUNS_QUEUE: self.runs_queue.queue_url,
            outputs.IMPORTS_BUCKET: self.club.uploads.bucket_name,
            outputs.ALARM_TOPIC: self.alarms.topic.topic_arn,
            outputs.ALERTS_TOPIC: self.alerts.topic_arn,
        }
        for name, value in values.items():
            CfnOutput(self, name, value=value)
