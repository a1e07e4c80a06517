"""Queues: of work, and of what was given up."""

from dataclasses import dataclass

from aws_cdk import Acknowledgment, Duration, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_sqs as sqs
from constructs import Construct

MAX_RECEIVES = 5
VISIBILITY_FACTOR = 6
"""How many time-outs of its worker a message is hidden for, as Lambda's guide advises (2026-10): room for calls of the
function that were refused because too many ran."""


class FailureQueue(sqs.Queue):
    """Holds what was given up: records of a stream by their place in it, work by its id, and events of webhooks that
    could not be stored as they came. Encrypted, TLS only."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            retention_period=Duration.days(14),
        )
        Validations.of(self).acknowledge(
            Acknowledgment(
                id="AwsSolutions-SQS3",
                reason="This is where failures end; nobody consumes it, and an alarm tells when it is not empty.",
            )
        )


class WorkQueue(sqs.Queue):
    """Carries ids of work to a function that may work for `worker_timeout_s`. Encrypted, TLS only.

    A standard queue, whose messages name their tenant as their group: that makes it fair. What was received
    `MAX_RECEIVES` times goes to `failures`: a worker that fails says so in the work's own record, so this is work at
    which the worker died.
    """

    def __init__(self, scope: Construct, construct_id: str, *, worker_timeout_s: int) -> None:
        self.failures = FailureQueue(scope, f"{construct_id}Failures")
        super().__init__(
            scope,
            construct_id,
            encryption=sqs.QueueEncryption.SQS_MANAGED,
            enforce_ssl=True,
            visibility_timeout=Duration.seconds(VISIBILITY_FACTOR * worker_timeout_s),
            dead_letter_queue=sqs.DeadLetterQueue(queue=self.failures, max_receive_count=MAX_RECEIVES),
        )

    def sending(self) -> iam.PolicyStatement:
        """Returns a statement that allows to put messages here."""
        return iam.PolicyStatement(actions=["sqs:SendMessage"], resources=[self.queue_arn])

    def working(self) -> iam.PolicyStatement:
        """Returns a statement that allows Lambda to receive and remove messages, in the name of the function. (A grant
        of the CDK's would be a policy beside the role's own.)"""
        actions = [f"sqs:{action}" for action in ("ReceiveMessage", "DeleteMessage", "GetQueueAttributes")]
        return iam.PolicyStatement(actions=actions, resources=[self.queue_arn])


@dataclass(frozen=True)
class Batches:
    """How a function is handed messages: `size` at a time, and `at_once` such batches at the same time at most."""

    size: int
    at_once: int


class QueueWorker(lambda_.CfnEventSourceMapping):
    """Calls `function` with batches of messages; those that it reports as failed, and only those, come again.

    The function's role needs `WorkQueue.working`.
    """

    def __init__(
        self, scope: Construct, construct_id: str, *, queue: WorkQueue, function: lambda_.Function, batches: Batches
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            event_source_arn=queue.queue_arn,
            function_name=function.function_name,
            batch_size=batches.size,
            function_response_types=["ReportBatchItemFailures"],
            scaling_config={"maximumConcurrency": batches.at_once},
        )
