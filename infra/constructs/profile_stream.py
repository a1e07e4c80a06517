"""The stream of the customers table, and the function that follows it."""

import json

from aws_cdk import Duration
from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

from customerhub import deployment

BATCH_SIZE = 100
MAX_RECORD_AGE = Duration.hours(6)
"""How long a fault may last before records are given up: a quarter of the time for which the stream keeps them. One
that cannot be read holds up its shard for no longer."""
PROFILES = {"eventName": ["INSERT", "MODIFY"], "dynamodb": {"Keys": {"SK": {"S": [deployment.PROFILE_SORT_KEY]}}}}


class ProfileStream(lambda_.CfnEventSourceMapping):
    """Calls `function` with batches of what changed at profiles, until it has dealt with them or they are too old.

    The function's role needs `follow_stream`.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        table: dynamodb.Table,
        function: lambda_.Function,
        failures: sqs.Queue,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            event_source_arn=table.table_stream_arn,
            function_name=function.function_name,
            starting_position="TRIM_HORIZON",
            batch_size=BATCH_SIZE,
            maximum_batching_window_in_seconds=1,
            bisect_batch_on_function_error=True,
            function_response_types=["ReportBatchItemFailures"],
            maximum_record_age_in_seconds=int(MAX_RECORD_AGE.to_seconds()),
            filter_criteria={"filters": [{"pattern": json.dumps(PROFILES)}]},
            destination_config={"onFailure": {"destination": failures.queue_arn}},
        )


def follow_stream(table: dynamodb.Table, failures: sqs.Queue) -> list[iam.PolicyStatement]:
    """Returns statements that allow Lambda to read the stream of `table`, and to report to `failures`, in the name of
    the function. (A grant of the CDK's would allow the listing of every stream in the account.)"""
    reads = ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")
    if table.table_stream_arn is None:
        raise ValueError(f"{table.node.path} has no stream")
    return [
        iam.PolicyStatement(actions=[f"dynamodb:{action}" for action in reads], resources=[table.table_stream_arn]),
        iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[failures.queue_arn]),
    ]
