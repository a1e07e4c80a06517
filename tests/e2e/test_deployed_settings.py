"""The stack on MiniStack has what its template says, the rights of each function included."""

from collections.abc import Callable
from typing import Any

import boto3
import pytest
from botocore.exceptions import ClientError

from customerhub.deployment import ALLOWED_HEADERS, TTL_ATTRIBUTE
from infra.local.emulator import REGION
from infra.local.hub import Hub
from infra.stacks.outputs import STACK


def physical_ids(hub: Hub, resource_type: str) -> list[str]:
    resources = hub.emulator.client("cloudformation").describe_stack_resources(StackName=STACK)["StackResources"]
    return [found["PhysicalResourceId"] for found in resources if found["ResourceType"] == resource_type]


def test_tables_expire_items_and_can_be_recovered(stack: Hub) -> None:
    dynamodb = stack.emulator.client("dynamodb")
    for table in stack.tables.values():
        expiry = dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]
        backups = dynamodb.describe_continuous_backups(TableName=table)["ContinuousBackupsDescription"]
        assert expiry == {"TimeToLiveStatus": "ENABLED", "AttributeName": TTL_ATTRIBUTE}
        assert backups["PointInTimeRecoveryDescription"]["PointInTimeRecoveryStatus"] == "ENABLED"


def test_pages_of_other_origins_may_call_the_api(stack: Hub) -> None:
    [api_id] = physical_ids(stack, "AWS::ApiGatewayV2::Api")

    cors = stack.emulator.client("apigatewayv2").get_api(ApiId=api_id)["CorsConfiguration"]

    assert set(cors["AllowHeaders"]) == set(ALLOWED_HEADERS)


def as_function(hub: Hub, name_part: str, service: str = "dynamodb") -> Any:
    """A client of the service with the rights of the function."""
    [name] = [name for name in physical_ids(hub, "AWS::Lambda::Function") if f"-{name_part}" in name]
    role = hub.emulator.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    session = hub.emulator.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    # The stubs accept literal names of services only.
    create: Callable[..., Any] = boto3.client
    return create(
        service,
        endpoint_url=hub.emulator.endpoint,
        region_name=REGION,
        aws_access_key_id=session["AccessKeyId"],
        aws_secret_access_key=session["SecretAccessKey"],
        aws_session_token=session["SessionToken"],
    )


def test_a_function_has_the_rights_of_its_role_and_no_others(stack: Hub) -> None:
    """Invariant 7: the function that decides who calls cannot read a person."""
    authorizer = as_function(stack, "Authorizer")
    key = {"PK": {"S": "AUTH#nobody"}, "SK": {"S": "x"}}

    assert "Item" not in authorizer.get_item(TableName=stack.tables["WORK_TABLE"], Key=key)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        authorizer.get_item(TableName=stack.tables["CUSTOMERS_TABLE"], Key=key)
    with pytest.raises(ClientError, match="AccessDeniedException"):
        authorizer.put_item(TableName=stack.tables["WORK_TABLE"], Item=key)


def test_the_worker_reads_credentials_of_integrations_and_no_other_secret(stack: Hub) -> None:
    """Invariant 8: and no function that answers callers reads any."""
    secrets = stack.emulator.client("secretsmanager")
    secrets.create_secret(Name="somebody-else/password", SecretString="{}")
    tenant = stack.tenants[0].id
    worker, club = (as_function(stack, name, "secretsmanager") for name in ("JobWorker", "Club"))

    assert worker.get_secret_value(SecretId=f"customerhub/{tenant}/shopify")["SecretString"]
    with pytest.raises(ClientError, match="AccessDeniedException"):
        worker.get_secret_value(SecretId="somebody-else/password")
    with pytest.raises(ClientError, match="AccessDeniedException"):
        club.get_secret_value(SecretId=f"customerhub/{tenant}/shopify")


def test_messages_are_sent_to_the_own_queue_and_read_by_nobody_who_answers_callers(stack: Hub) -> None:
    club = as_function(stack, "Club", "sqs")
    jobs, imports = stack.queues["JOBS_QUEUE_URL"], stack.queues["IMPORTS_QUEUE_URL"]

    with pytest.raises(ClientError, match="AccessDenied"):
        club.send_message(QueueUrl=imports, MessageBody="{}")
    with pytest.raises(ClientError, match="AccessDenied"):
        club.receive_message(QueueUrl=jobs)


def test_spreadsheets_are_kept_where_no_export_is(stack: Hub) -> None:
    bucket = stack.queues["IMPORTS_BUCKET"]
    exports = next(name for name in physical_ids(stack, "AWS::S3::Bucket") if name != bucket)
    imports = as_function(stack, "ImportWorker", "s3")

    imports.put_object(Bucket=bucket, Key="a/b", Body=b"x")
    with pytest.raises(ClientError, match="404"):
        imports.head_object(Bucket=bucket, Key="a/missing")
    with pytest.raises(ClientError, match="AccessDenied"):
        imports.put_object(Bucket=exports, Key="a/b", Body=b"x")
