"""The template as MiniStack gets it."""

from typing import Any

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


def test_the_check_of_the_bootstrap_stack_is_dropped() -> None:
    resources: dict[str, Any] = {"Topic": {"Type": "AWS::SNS::Topic", "Condition": "IsLarge"}}
    template = {"Resources": resources, "Parameters": {"BootstrapVersion": {}}, "Rules": {"CheckBootstrapVersion": {}}}

    assert honourable_template(template) == {"Resources": resources}
