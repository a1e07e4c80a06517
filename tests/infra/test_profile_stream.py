"""What changes at a customer's profile reaches the function that counts it, and somebody is told when it does not."""

import json

import pytest

from customerhub import deployment
from tests.infra.assembly import Assembly, Properties, logical_id

HOUR_S = 3600


@pytest.fixture(scope="module")
def mapping(deployed: Assembly) -> Properties:
    """The one event source mapping of a stream."""
    mappings = deployed.of_type("AWS::Lambda::EventSourceMapping").values()
    (found,) = (mapping for mapping in mappings if "StartingPosition" in mapping)
    return found


@pytest.fixture(scope="module")
def queue(deployed: Assembly, mapping: Properties) -> str:
    """Logical id of the queue of what was given up."""
    return logical_id(mapping["DestinationConfig"]["OnFailure"]["Destination"])


def test_the_customers_table_alone_streams_its_new_images(deployed: Assembly, mapping: Properties) -> None:
    streamed = {
        name: table["StreamSpecification"]
        for name, table in deployed.of_type("AWS::DynamoDB::Table").items()
        if "StreamSpecification" in table
    }
    assert streamed == {logical_id(mapping["EventSourceArn"]): {"StreamViewType": "NEW_IMAGE"}}


def test_profiles_alone_are_handed_on(deployed: Assembly, mapping: Properties) -> None:
    (pattern,) = (json.loads(found["Pattern"]) for found in mapping["FilterCriteria"]["Filters"])
    assert pattern["dynamodb"]["Keys"] == {deployment.SORT_KEY: {"S": [deployment.PROFILE_SORT_KEY]}}
    function = deployed.resources[logical_id(mapping["FunctionName"])]["Properties"]
    assert function == deployed.functions()[deployment.PROFILE_STREAM]


def test_no_record_is_lost_before_it_was_tried_and_none_blocks_the_others_for_ever(mapping: Properties) -> None:
    """Invariant 2: the stream itself keeps records for a day."""
    assert mapping["StartingPosition"] == "TRIM_HORIZON"
    assert mapping["BisectBatchOnFunctionError"] is True
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    assert HOUR_S <= mapping["MaximumRecordAgeInSeconds"] < 24 * HOUR_S
    assert mapping["MaximumBatchingWindowInSeconds"] == 1


def test_what_was_given_up_is_kept_encrypted_for_two_weeks(deployed: Assembly, queue: str) -> None:
    properties = deployed.resources[queue]["Properties"]
    assert properties["SqsManagedSseEnabled"] is True
    assert properties["MessageRetentionPeriod"] == 14 * 24 * HOUR_S
    (policy,) = (p for p in deployed.of_type("AWS::SQS::QueuePolicy").values() if p["Queues"] == [{"Ref": queue}])
    (refusal,) = policy["PolicyDocument"]["Statement"]
    assert (refusal["Effect"], refusal["Condition"]) == ("Deny", {"Bool": {"aws:SecureTransport": "false"}})


def test_records_that_were_given_up_are_told(deployed: Assembly, queue: str) -> None:
    dimensions = [{"Name": "QueueName", "Value": {"Fn::GetAtt": [queue, "QueueName"]}}]
    waiting = alarms(deployed, "ApproximateNumberOfMessagesVisible")
    (alarm,) = (alarm for alarm in waiting if alarm["Dimensions"] == dimensions)
    assert (alarm["Threshold"], alarm["Statistic"]) == (1, "Maximum")


def test_figures_that_fall_behind_are_told(deployed: Assembly, mapping: Properties) -> None:
    (alarm,) = alarms(deployed, "IteratorAge")
    assert alarm["Dimensions"] == [{"Name": "FunctionName", "Value": {"Ref": logical_id(mapping["FunctionName"])}}]
    assert alarm["Threshold"] < mapping["MaximumRecordAgeInSeconds"] * 1000


def alarms(assembly: Assembly, metric: str) -> list[Properties]:
    return [alarm for alarm in assembly.of_type("AWS::CloudWatch::Alarm").values() if alarm["MetricName"] == metric]
