"""Webhooks come in over HTTPS and over EventBridge, and who takes them in sees nobody's data."""

from pathlib import Path

import pytest
from aws_cdk import App
from aws_cdk.assertions import Match, Template

from customerhub import deployment
from infra.app import add_hub
from infra.stacks.hub_stack import HubStack
from infra.targets import LAMBDA_SOURCES
from tests.infra.assembly import Assembly, logical_id

SOURCE = "aws.partner/shopify.com/12345/customer-hub"


@pytest.fixture(scope="module")
def followed(tmp_path_factory: pytest.TempPathFactory) -> Template:
    """The hub with a source of events."""
    context = {"target": LAMBDA_SOURCES.name, "mailFrom": "hello@shop.example", "shopifyEventSource": SOURCE}
    outdir: Path = tmp_path_factory.mktemp("assembly")
    hub: HubStack = add_hub(App(outdir=str(outdir), context=context))
    return Template.from_stack(hub)


def test_platforms_answer_is_not_waited_for_longer_than_they_do(deployed: Assembly) -> None:
    assert deployed.functions()[deployment.WEBHOOKS]["Timeout"] <= 10


def test_without_a_source_there_is_no_bus(deployed: Assembly) -> None:
    assert "AWS::Events::EventBus" not in {resource["Type"] for resource in deployed.resources.values()}


def test_what_comes_over_the_source_is_queued_for_its_function(followed: Template) -> None:
    bus = {"Name": SOURCE, "EventSourceName": SOURCE}
    followed.has_resource_properties("AWS::Events::EventBus", bus)
    rules = followed.find_resources("AWS::Events::Rule", {"Properties": {"EventPattern": {"source": [SOURCE]}}})
    (rule,) = rules.values()
    (target,) = rule["Properties"]["Targets"]
    queue = logical_id(target["Arn"])
    assert target["SqsParameters"] == {"MessageGroupId": "$.detail.metadata.X-Shopify-Shop-Domain"}
    mappings = followed.find_resources("AWS::Lambda::EventSourceMapping")
    (mapping,) = (m["Properties"] for m in mappings.values() if logical_id(m["Properties"]["EventSourceArn"]) == queue)
    assert mapping["FunctionResponseTypes"] == ["ReportBatchItemFailures"]
    functions = followed.find_resources("AWS::Lambda::Function")
    variables = functions[logical_id(mapping["FunctionName"])]["Properties"]["Environment"]["Variables"]
    assert variables["POWERTOOLS_SERVICE_NAME"] == deployment.WEBHOOK_EVENTS


def test_only_that_rule_may_put_events_into_the_queue(followed: Template) -> None:
    followed.has_resource_properties(
        "AWS::SQS::QueuePolicy",
        {
            "PolicyDocument": {
                "Statement": Match.array_with(
                    [
                        Match.object_like(
                            {
                                "Action": Match.array_with(["sqs:SendMessage"]),
                                "Condition": {"ArnEquals": {"aws:SourceArn": Match.any_value()}},
                                "Effect": "Allow",
                                "Principal": {"Service": "events.amazonaws.com"},
                            }
                        )
                    ]
                )
            }
        },
    )


@pytest.mark.parametrize("name", [deployment.WEBHOOKS, deployment.WEBHOOK_EVENTS])
def test_who_takes_webhooks_in_does_not_know_the_table_of_people(deployed: Assembly, name: str) -> None:
    assert deployment.CUSTOMERS_TABLE_VARIABLE not in deployed.functions()[name]["Environment"]["Variables"]


def test_events_that_cannot_be_stored_are_kept_and_told(deployed: Assembly) -> None:
    queues = deployed.of_type("AWS::SQS::Queue")
    (name,) = (name for name in queues if name.startswith("WebhookEventsQueue") and "Failures" not in name)
    failures = logical_id(queues[name]["RedrivePolicy"]["deadLetterTargetArn"])
    dimensions = [{"Name": "QueueName", "Value": {"Fn::GetAtt": [failures, "QueueName"]}}]
    alarms = deployed.of_type("AWS::CloudWatch::Alarm").values()
    assert [alarm for alarm in alarms if alarm["Dimensions"] == dimensions]
