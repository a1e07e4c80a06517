"""The whole hub in one stack: a layer and its functions in different stacks block each other's updates."""

from collections.abc import Sequence
from pathlib import Path

from aws_cdk import CfnOutput, Stack
from aws_cdk import aws_lambda as lambda_
from constructs import Construct

from customerhub import deployment
from infra.constructs.alarms import Alarms
from infra.constructs.function import ARCHITECTURE, RUNTIME, HubFunction
from infra.constructs.http_api import HubApi
from infra.constructs.table import HubTable
from infra.constructs.table_access import access
from infra.stacks import outputs


class HubStack(Stack):
    """Tables, functions, HTTP API and alarms, from the packages that `infra.build` made in `built`."""

    def __init__(self, scope: Construct, construct_id: str, *, built: Path, cors_origins: Sequence[str]) -> None:
        super().__init__(scope, construct_id, description="Customer Hub: one customer, known once, however they arrive")
        self._built = built
        self._layers = [self._layer("deps"), self._layer("core")]
        self.customers = HubTable(self, "CustomersTable", indexes=deployment.CUSTOMERS_INDEXES)
        self.work = HubTable(self, "WorkTable", indexes=deployment.WORK_INDEXES)
        self.authorizer = self._authorizer_function()
        self.functions = {
            deployment.CUSTOMERS: self._customers_function(),
            deployment.API_DOCS: self._api_docs_function(),
        }
        self.api = HubApi(self, "Api", functions=self.functions, authorizer=self.authorizer, cors_origins=cors_origins)
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

    def _code(self, name: str) -> Path:
        return self._built / "functions" / name

    def _authorizer_function(self) -> HubFunction:
        # API Gateway waits 10 seconds for an authorizer; ending before that leaves the reason in our own log.
        return HubFunction(
            self,
            "Authorizer",
            name=deployment.AUTHORIZER,
            code=self._code(deployment.AUTHORIZER),
            layers=self._layers,
            memory_mb=512,
            timeout_s=9,
            environment={deployment.WORK_TABLE_VARIABLE: self.work.table_name},
            statements=[access(self.work, ["GetItem", "BatchGetItem"], deployment.CREDENTIAL_KEYS)],
        )

    def _customers_function(self) -> HubFunction:
        # Half of the 30 seconds that API Gateway waits, so that a caller gets our answer and not a gateway's.
        return HubFunction(
            self,
            "Customers",
            name=deployment.CUSTOMERS,
            code=self._code(deployment.CUSTOMERS),
            layers=self._layers,
            memory_mb=512,
            timeout_s=15,
            environment={
                deployment.CUSTOMERS_TABLE_VARIABLE: self.customers.table_name,
                deployment.WORK_TABLE_VARIABLE: self.work.table_name,
            },
            statements=[
                access(
                    self.customers,
                    ["GetItem", "BatchGetItem", "PutItem", "ConditionCheckItem"],
                    deployment.TENANT_KEYS,
                ),
                access(self.work, ["GetItem", "BatchGetItem", "PutItem", "UpdateItem"], deployment.TENANT_KEYS),
            ],
        )

    def _api_docs_function(self) -> HubFunction:
        return HubFunction(
            self,
            "ApiDocs",
            name=deployment.API_DOCS,
            code=self._code(deployment.API_DOCS),
            layers=self._layers,
            memory_mb=512,
            timeout_s=9,
        )

    def _add_alarms(self) -> Alarms:
        alarms = Alarms(self, "Alarms")
        for name, function in {deployment.AUTHORIZER: self.authorizer, **self.functions}.items():
            alarms.watch_function(name, function)
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
            outputs.ALARM_TOPIC: self.alarms.topic.topic_arn,
        }
        for name, value in values.items():
            CfnOutput(self, name, value=value)
