"""The stack on MiniStack has what its template says, the rights of each function included."""

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


def as_function(hub: Hub, name_part: str) -> Any:
    """A DynamoDB client with the rights of the function."""
    [name] = [name for name in physical_ids(hub, "AWS::Lambda::Function") if name_part in name]
    role = hub.emulator.client("lambda").get_function_configuration(FunctionName=name)["Role"]
    session = hub.emulator.client("sts").assume_role(RoleArn=role, RoleSessionName="test")["Credentials"]
    return boto3.client(
        "dynamodb",
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
