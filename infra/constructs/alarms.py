"""Alarms on what a merchant would notice, and the topic that they are sent to."""

from collections.abc import Iterable

from aws_cdk import Aws, Duration, RemovalPolicy
from aws_cdk import aws_apigatewayv2 as http
from aws_cdk import aws_cloudwatch as cloudwatch
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sns as sns
from aws_cdk import aws_sqs as sqs
from aws_cdk.aws_cloudwatch_actions import SnsAction
from constructs import Construct

from customerhub import deployment
from infra.constructs.queues import WorkQueue

PERIOD = Duration.minutes(5)
SLOW_SHARE = 0.8
"""The share of its time-out that a function may use at the 99th percentile."""

OPERATIONS = ("GetItem", "BatchGetItem", "PutItem", "Query", "UpdateItem", "BatchWriteItem", "TransactWriteItems")
"""One alarm each: a sum over them would cost as much, and hide which one fails."""


class Alarms(Construct):
    """The alarms of the stack. Subscribe people or a paging service to `topic`."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(scope, construct_id)
        self.topic = _topic(self)

    def watch_function(self, name: str, function: lambda_.Function, *, works_to_its_end: bool = False) -> None:
        """Alarms on an unhandled error, on a refused call, and on a slow one in a hundred for a quarter of an hour,
        unless the function takes all the time that it has."""
        self._add(f"{name}-errors", function.metric_errors(period=PERIOD), threshold=1)
        self._add(f"{name}-throttles", function.metric_throttles(period=PERIOD), threshold=1)
        if works_to_its_end:
            return
        slow_ms = _timeout(function).to_milliseconds() * SLOW_SHARE
        duration = function.metric_duration(period=PERIOD, statistic="p99")
        self._add(f"{name}-slow", duration, threshold=slow_ms, periods=3)

    def watch_follower(self, name: str, function: lambda_.Function) -> None:
        """Alarms when the stream that the function follows is five minutes ahead of it for a quarter of an hour."""
        age = function.metric("IteratorAge", period=PERIOD, statistic="Maximum")
        self._add(f"{name}-late", age, threshold=PERIOD.to_milliseconds(), periods=3)

    def watch_failures(self, name: str, queue: sqs.Queue) -> None:
        """Alarms as long as there is a message in a queue that should be empty."""
        waiting = queue.metric_approximate_number_of_messages_visible(period=PERIOD, statistic="Maximum")
        self._add(name, waiting, threshold=1)

    def watch_queue(self, name: str, queue: WorkQueue, *, late: Duration) -> None:
        """Alarms on work at which workers died, and as long as a message has been there for as long as `late`."""
        self.watch_failures(f"{name}-failures", queue.failures)
        age = queue.metric_approximate_age_of_oldest_message(period=PERIOD, statistic="Maximum")
        self._add(f"{name}-late", age, threshold=late.to_seconds())

    def watch_api(self, api: http.HttpApi) -> None:
        """Alarms on five answers of status 5xx within five minutes."""
        self._add("api-5xx", api.metric_server_error(period=PERIOD, statistic="Sum"), threshold=5)

    def watch_table(self, name: str, table: dynamodb.Table, indexes: Iterable[deployment.Index] = ()) -> None:
        """Alarms on a fault of DynamoDB in any operation, and on throttling of the table or of one of `indexes`."""
        for operation in OPERATIONS:
            errors = _table_metric(table, "SystemErrors", Operation=operation)
            self._add(f"{name}-table-errors-{operation}", errors, threshold=1)
        for event in ("ReadThrottleEvents", "WriteThrottleEvents"):
            self._add(f"{name}-table-{event}", _table_metric(table, event), threshold=1)
            for index in indexes:
                throttles = _table_metric(table, event, GlobalSecondaryIndexName=index.name)
                self._add(f"{name}-{index.name}-{event}", throttles, threshold=1)

    def _add(self, name: str, metric: cloudwatch.IMetric, *, threshold: float, periods: int = 1) -> None:
        alarm = cloudwatch.Alarm(
            self,
            name,
            metric=metric,
            threshold=threshold,
            evaluation_periods=periods,
            comparison_operator=cloudwatch.ComparisonOperator.GREATER_THAN_OR_EQUAL_TO_THRESHOLD,
            # Without calls there are no figures: that is a quiet night, not a fault.
            treat_missing_data=cloudwatch.TreatMissingData.NOT_BREACHING,
        )
        alarm.add_alarm_action(SnsAction(self.topic))


def _table_metric(table: dynamodb.Table, name: str, **dimensions: str) -> cloudwatch.Metric:
    return table.metric(
        name, dimensions_map={"TableName": table.table_name, **dimensions}, period=PERIOD, statistic="Sum"
    )


def _timeout(function: lambda_.Function) -> Duration:
    if function.timeout is None:
        raise ValueError(f"{function.node.path} has no time-out of its own")
    return function.timeout


def _topic(scope: Construct) -> sns.Topic:
    # CloudWatch cannot publish through the key that AWS manages for SNS, as that key's policy cannot be changed.
    key = kms.Key(scope, "Key", enable_key_rotation=True, removal_policy=RemovalPolicy.DESTROY)
    topic = sns.Topic(scope, "Topic", display_name="Customer Hub alarms", master_key=key, enforce_ssl=True)
    key.add_to_resource_policy(_allow_cloudwatch(["kms:Decrypt", "kms:GenerateDataKey*"], "*"))
    topic.add_to_resource_policy(_allow_cloudwatch(["sns:Publish"], topic.topic_arn))
    return topic


def _allow_cloudwatch(actions: list[str], resource: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        principals=[iam.ServicePrincipal("cloudwatch.amazonaws.com")],
        actions=actions,
        resources=[resource],
        conditions={"StringEquals": {"aws:SourceAccount": Aws.ACCOUNT_ID}},
    )
