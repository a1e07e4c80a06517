"""Somebody is told when a function, the API or a table fails."""

import pytest

from customerhub import deployment
from layers.deps.botocore_data import OPERATIONS
from tests.infra.assembly import Assembly, Properties, logical_id

FUNCTIONS = (
    deployment.AUTHORIZER,
    deployment.CUSTOMERS,
    deployment.CUSTOMER_SEARCH,
    deployment.CONFLICTS,
    deployment.ANALYTICS,
    deployment.PROFILE_STREAM,
    deployment.PRIVACY,
    deployment.CLEANUP,
    deployment.DUTIES,
    deployment.VERIFICATIONS,
    deployment.API_DOCS,
    deployment.MERGES,
    deployment.CLUB,
    deployment.IMPORTS,
    deployment.SYNC,
    deployment.JOB_WORKER,
    deployment.JOB_SWEEP,
    deployment.INTEGRATIONS,
    deployment.WEBHOOKS,
    deployment.WEBHOOK_EVENTS,
    deployment.DELIVERY_WORKER,
    deployment.INTEGRATION_CARE,
)
WORK_TO_THEIR_END = (deployment.IMPORT_WORKER, deployment.RUN_WORKER)
"""They may go on with an import or a run until their time is nearly up."""


def alarms(assembly: Assembly, metric: str, dimension: str, resource: str) -> list[Properties]:
    return [
        alarm
        for alarm in assembly.of_type("AWS::CloudWatch::Alarm").values()
        if alarm["MetricName"] == metric and {"Name": dimension, "Value": {"Ref": resource}} in alarm["Dimensions"]
    ]


def function_id(assembly: Assembly, name: str) -> str:
    function = assembly.functions()[name]
    return next(key for key, value in assembly.of_type("AWS::Lambda::Function").items() if value == function)


def test_every_function_is_listed_here(deployed: Assembly) -> None:
    assert deployed.functions().keys() == {*FUNCTIONS, *WORK_TO_THEIR_END}


@pytest.mark.parametrize("name", [*FUNCTIONS, *WORK_TO_THEIR_END])
@pytest.mark.parametrize("metric", ["Errors", "Throttles"])
def test_one_failed_call_of_a_function_is_told(deployed: Assembly, name: str, metric: str) -> None:
    (alarm,) = alarms(deployed, metric, "FunctionName", function_id(deployed, name))
    assert (alarm["Threshold"], alarm["Statistic"], alarm["EvaluationPeriods"]) == (1, "Sum", 1)


@pytest.mark.parametrize("name", FUNCTIONS)
def test_a_function_near_its_time_out_is_told(deployed: Assembly, name: str) -> None:
    (alarm,) = alarms(deployed, "Duration", "FunctionName", function_id(deployed, name))
    timeout_ms = deployed.functions()[name]["Timeout"] * 1000
    assert alarm["ExtendedStatistic"] == "p99"
    assert 0.5 * timeout_ms < alarm["Threshold"] < timeout_ms


def test_server_errors_of_the_api_are_told(deployed: Assembly) -> None:
    (api,) = deployed.of_type("AWS::ApiGatewayV2::Api")
    (alarm,) = alarms(deployed, "5xx", "ApiId", api)
    assert alarm["Statistic"] == "Sum"


def test_faults_and_throttling_of_every_table_and_index_are_told(deployed: Assembly) -> None:
    for name, table in deployed.of_type("AWS::DynamoDB::Table").items():
        parts = 1 + len(table.get("GlobalSecondaryIndexes", []))
        errors = alarms(deployed, "SystemErrors", "TableName", name)
        assert {operation_of(alarm) for alarm in errors} == OPERATIONS["dynamodb"]
        assert len(alarms(deployed, "ReadThrottleEvents", "TableName", name)) == parts
        assert len(alarms(deployed, "WriteThrottleEvents", "TableName", name)) == parts


def operation_of(alarm: Properties) -> str:
    return next(str(part["Value"]) for part in alarm["Dimensions"] if part["Name"] == "Operation")


def test_every_alarm_reaches_an_encrypted_topic_that_cloudwatch_may_publish_to(deployed: Assembly) -> None:
    topic = next(name for name in deployed.of_type("AWS::SNS::Topic") if name.startswith("Alarms"))
    for alarm in deployed.of_type("AWS::CloudWatch::Alarm").values():
        assert alarm["AlarmActions"] == [{"Ref": topic}]
    key = deployed.resources[logical_id(deployed.resources[topic]["Properties"]["KmsMasterKeyId"])]["Properties"]
    policy = policy_of(deployed, topic)
    assert cloudwatch_actions(key["KeyPolicy"]) == {"kms:Decrypt", "kms:GenerateDataKey*"}
    assert cloudwatch_actions(policy["PolicyDocument"]) == {"sns:Publish"}
    assert any(s["Effect"] == "Deny" and "aws:SecureTransport" in s["Condition"]["Bool"] for s in refusals(policy))


def policy_of(deployed: Assembly, topic: str) -> Properties:
    """The policy of a topic."""
    policies = deployed.of_type("AWS::SNS::TopicPolicy").values()
    return next(policy for policy in policies if policy["Topics"] == [{"Ref": topic}])


def test_alerts_about_integrations_have_an_encrypted_topic_of_their_own(deployed: Assembly) -> None:
    topic = next(name for name in deployed.of_type("AWS::SNS::Topic") if name.startswith("Alerts"))
    assert "alias/aws/sns" in str(deployed.resources[topic]["Properties"]["KmsMasterKeyId"])
    assert refusals(policy_of(deployed, topic))


def refusals(policy: Properties) -> list[Properties]:
    return [s for s in policy["PolicyDocument"]["Statement"] if s["Effect"] == "Deny"]


def cloudwatch_actions(document: Properties) -> set[str]:
    found: set[str] = set()
    for statement in document["Statement"]:
        if statement["Effect"] == "Allow" and statement["Principal"] == {"Service": "cloudwatch.amazonaws.com"}:
            actions = statement["Action"]
            found |= {actions} if isinstance(actions, str) else set(actions)
    return found
