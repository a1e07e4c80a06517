"""What the hub does by itself, from time to time."""

from aws_cdk import Duration
from aws_cdk import aws_events as events
from aws_cdk import aws_lambda as lambda_
from aws_cdk.aws_events_targets import LambdaFunction
from constructs import Construct

from customerhub.deployment import ScheduledTask


class Wakeup(events.Rule):
    """Calls `function` for a task, regularly. A call that fails is not repeated: the next one takes up the work."""

    def __init__(self, scope: Construct, construct_id: str, *, task: ScheduledTask, function: lambda_.Function) -> None:
        super().__init__(
            scope,
            construct_id,
            description=f"Customer Hub: {task.name}",
            schedule=events.Schedule.rate(Duration.minutes(task.every_minutes)),
        )
        self.add_target(
            LambdaFunction(function, event=events.RuleTargetInput.from_object({"task": task.name}), retry_attempts=0)
        )
