"""A record of a table's stream that a function reports as failed is handed to it again, as on AWS."""

import io
import json
import secrets
import time
import zipfile
from collections.abc import Callable
from typing import Any

from infra.local.emulator import Emulator

DEADLINE_S = 30
REPORTS_THE_FIRST_TWO_AS_FAILED = """
calls = []
def handler(event, context):
    numbers = [record["dynamodb"]["SequenceNumber"] for record in event["Records"]]
    calls.append(numbers)
    print(f"call {len(calls)}")
    return {"batchItemFailures": [{"itemIdentifier": numbers[0]}] if len(calls) < 3 else []}
"""


def test_a_record_that_was_reported_as_failed_is_handed_over_again(ministack: Emulator) -> None:
    account = str(10**11 + secrets.randbelow(9 * 10**11))

    def client(service: str) -> Any:
        return ministack.client(service, account)

    stream = _table(client("dynamodb"))
    _function(client, stream)
    client("dynamodb").put_item(TableName="people", Item={"PK": {"S": "ann"}})
    deadline = time.monotonic() + DEADLINE_S
    while (calls := _calls(client("logs"))) != ["call 1", "call 2", "call 3"] and time.monotonic() < deadline:
        time.sleep(0.2)
    assert calls == ["call 1", "call 2", "call 3"]


def _table(dynamodb: Any) -> str:
    """Its stream."""
    table = dynamodb.create_table(
        TableName="people",
        KeySchema=[{"AttributeName": "PK", "KeyType": "HASH"}],
        AttributeDefinitions=[{"AttributeName": "PK", "AttributeType": "S"}],
        BillingMode="PAY_PER_REQUEST",
        StreamSpecification={"StreamEnabled": True, "StreamViewType": "NEW_IMAGE"},
    )["TableDescription"]
    arn: str = table["LatestStreamArn"]
    return arn


def _function(client: Callable[[str], Any], stream: str) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = client("iam").create_role(
        RoleName="follower", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", REPORTS_THE_FIRST_TWO_AS_FAILED)
    client("lambda").create_function(
        FunctionName="follower",
        Runtime="python3.12",
        Handler="handler.handler",
        Role=role,
        Code={"ZipFile": code.getvalue()},
    )
    client("lambda").create_event_source_mapping(
        FunctionName="follower",
        EventSourceArn=stream,
        StartingPosition="TRIM_HORIZON",
        FunctionResponseTypes=["ReportBatchItemFailures"],
    )


def _calls(logs: Any) -> list[str]:
    groups = [group["logGroupName"] for group in logs.describe_log_groups()["logGroups"]]
    events = [event for group in groups for event in logs.filter_log_events(logGroupName=group)["events"]]
    lines = [line for event in events for line in event["message"].splitlines()]
    return [line for line in lines if line.startswith("call ")]
