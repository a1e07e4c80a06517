"""The template as MiniStack gets it."""

from typing import Any

import pytest

from infra.local.differences import honourable_template


def policy(*statements: dict[str, Any]) -> dict[str, Any]:
    role = {"Type": "AWS::IAM::Role", "Properties": {"Policies": [{"PolicyDocument": {"Statement": [*statements]}}]}}
    return {"Resources": {"Role": role}}


def test_conditions_on_leading_keys_are_dropped_and_all_others_kept() -> None:
    over_leading_keys = {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": ["T#*"]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    other = {"Bool": {"aws:SecureTransport": "true"}}
    read = {"Effect": "Allow", "Action": "dynamodb:GetItem", "Resource": "*"}

    adapted = honourable_template(
        policy({**read, "Condition": {**over_leading_keys, **other}}, {**read, "Condition": over_leading_keys}, read)
    )

    assert adapted == policy({**read, "Condition": other}, {**read, "Condition": {}}, read)


def test_a_right_to_send_emails_is_left_without_sender_and_identity() -> None:
    send = {
        "Effect": "Allow",
        "Action": "ses:SendEmail",
        "Resource": "arn:aws:ses:us-east-1:0:identity/*",
        "Condition": {"StringEquals": {"ses:FromAddress": "a@example.com"}},
    }

    adapted = honourable_template(policy(send))

    assert adapted == policy({"Effect": "Allow", "Action": "ses:SendEmail", "Resource": "*", "Condition": {}})


def test_a_right_to_send_messages_is_one_to_send_several_at_once() -> None:
    send = {"Effect": "Allow", "Action": "sqs:SendMessage", "Resource": "arn:aws:sqs:us-east-1:0:jobs"}
    adapted = honourable_template(policy(send))
    assert adapted == policy({**send, "Action": ["sqs:SendMessage", "sqs:SendMessageBatch"]})


def test_the_check_of_the_bootstrap_stack_is_dropped() -> None:
    resources: dict[str, Any] = {"Topic": {"Type": "AWS::SNS::Topic", "Condition": "IsLarge"}}
    bootstrap: dict[str, Any] = {"Parameters": {"BootstrapVersion": {}}, "Rules": {"CheckBootstrapVersion": {}}}
    assert honourable_template({"Resources": resources, **bootstrap}) == {"Resources": resources}

    ours = {"PublicUrl": {"Type": "String"}}
    kept = honourable_template({"Resources": resources, **bootstrap, "Parameters": {**ours, "BootstrapVersion": {}}})
    assert kept == {"Resources": resources, "Parameters": ours}


@pytest.mark.parametrize("kind", ["AWS::S3::Bucket", "AWS::SQS::Queue"])
def test_policies_that_demand_tls_are_dropped(kind: str) -> None:
    resource = {"Type": kind, "Properties": {}}
    template = {"Resources": {"Kept": resource, "Policy": {"Type": f"{kind}Policy", "Properties": {}}}}
    assert honourable_template(template) == {"Resources": {"Kept": resource}}


def test_a_topic_keeps_its_policy_and_denies_nothing_for_want_of_tls() -> None:
    """MiniStack lets anybody publish to a topic without a policy."""
    denial = {"Effect": "Deny", "Action": "sns:Publish", "Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    template = {"Resources": {"Policy": {"Type": "AWS::SNS::TopicPolicy", "Properties": {"Statement": [denial]}}}}
    (kept,) = honourable_template(template)["Resources"]["Policy"]["Properties"]["Statement"]
    assert kept == denial | {"Condition": {"Bool": {"aws:SecureTransport": "true"}}}
