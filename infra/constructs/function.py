"""A Lambda function as every function of the hub is."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from aws_cdk import Duration, RemovalPolicy
from aws_cdk import aws_iam as iam
from aws_cdk import aws_lambda as lambda_
from aws_cdk import aws_logs as logs
from constructs import Construct

from infra.targets import LAMBDA

LOG_RETENTION = logs.RetentionDays.ONE_MONTH
RUNTIME = lambda_.Runtime(f"python{LAMBDA.python}", lambda_.RuntimeFamily.PYTHON)
ARCHITECTURE = lambda_.Architecture.ARM_64


class HubFunction(lambda_.Function):
    """`functions/<name>/handler.py` with a role of its own that may write its own log and what `statements` allow."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        name: str,
        code: Path,
        layers: Iterable[lambda_.LayerVersion],
        memory_mb: int,
        timeout_s: int,
        environment: Mapping[str, str] | None = None,
        statements: Iterable[iam.PolicyStatement] = (),
    ) -> None:
        log_group = logs.LogGroup(
            scope, f"{construct_id}Log", retention=LOG_RETENTION, removal_policy=RemovalPolicy.DESTROY
        )
        super().__init__(
            scope,
            construct_id,
            description=f"Customer Hub: {name}",
            runtime=RUNTIME,
            architecture=ARCHITECTURE,
            handler="handler.handler",
            code=lambda_.Code.from_asset(str(code)),
            layers=list(layers),
            memory_size=memory_mb,
            timeout=Duration.seconds(timeout_s),
            role=_role(scope, f"{construct_id}Role", log_group, statements),
            log_group=log_group,
            logging_format=lambda_.LoggingFormat.JSON,
            environment={**_common_environment(name), **(environment or {})},
        )


def _common_environment(name: str) -> dict[str, str]:
    return {
        "POWERTOOLS_SERVICE_NAME": name,
        "POWERTOOLS_LOG_LEVEL": "INFO",
    }


def _role(
    scope: Construct, construct_id: str, log_group: logs.LogGroup, statements: Iterable[iam.PolicyStatement]
) -> iam.Role:
    write_log = iam.PolicyStatement(
        actions=["logs:CreateLogStream", "logs:PutLogEvents"], resources=[log_group.log_group_arn]
    )
    return iam.Role(
        scope,
        construct_id,
        assumed_by=iam.ServicePrincipal("lambda.amazonaws.com"),
        inline_policies={"Access": iam.PolicyDocument(statements=[write_log, *statements])},
    )
