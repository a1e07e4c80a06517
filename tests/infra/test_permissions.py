"""Each function may do what it does and nothing else: invariant 7, as far as IAM can hold it."""

import json
from typing import Any

import pytest

from customerhub import deployment
from customerhub.deployment import CUSTOMERS_INDEXES
from tests.infra.assembly import Assembly, Properties, logical_id

LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}
STREAM = {f"dynamodb:{action}" for action in ("DescribeStream", "GetRecords", "GetShardIterator", "ListStreams")}
FAILURES = {"sqs:SendMessage"}
MESSAGES = {"ses:SendEmail", "sns:Publish"}
FILES = {"s3:PutObject", "s3:GetObject"}
BESIDE_TABLES = LOG | STREAM | FAILURES | MESSAGES | FILES

Grant = tuple[str, frozenset[str], str]


def grant(resource: str, actions: set[str], leading_keys: str) -> Grant:
    return resource, frozenset(actions), leading_keys


ERASING = {
    "dynamodb:GetItem",
    "dynamodb:BatchGetItem",
    "dynamodb:Query",
    "dynamodb:PutItem",
    "dynamodb:DeleteItem",
    "dynamodb:BatchWriteItem",
}

TABLE_GRANTS = {
    deployment.AUTHORIZER: {grant("WorkTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem"}, "AUTH#*")},
    deployment.CUSTOMERS: {
        grant(
            "CustomersTable",
            {
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:PutItem",
                "dynamodb:DeleteItem",
                "dynamodb:ConditionCheckItem",
            },
            "T#*",
        ),
        grant(
            "WorkTable",
            {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
            "T#*",
        ),
    },
    deployment.CUSTOMER_SEARCH: {
        grant("CustomersTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query"}, "T#*"),
        *(grant(f"CustomersTable/index/{index.name}", {"dynamodb:Query"}, "T#*") for index in CUSTOMERS_INDEXES),
        grant("WorkTable", {"dynamodb:UpdateItem"}, deployment.RATE_KEYS),
    },
    deployment.ANALYTICS: {
        grant("WorkTable", {"dynamodb:GetItem", "dynamodb:Query"}, "T#*#STATS#*"),
        grant("WorkTable", {"dynamodb:UpdateItem"}, "T#*#RATE#*"),
    },
    deployment.PROFILE_STREAM: {
        grant("WorkTable", {"dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, "T#*#STATS#*")
    },
    deployment.MERGES: {
        grant(
            "CustomersTable",
            {
                "dynamodb:GetItem",
                "dynamodb:BatchGetItem",
                "dynamodb:Query",
                "dynamodb:PutItem",
                "dynamodb:DeleteItem",
                "dynamodb:ConditionCheckItem",
            },
            "T#*",
        ),
        grant("WorkTable", {"dynamodb:UpdateItem"}, deployment.RATE_KEYS),
    },
    deployment.CONFLICTS: {
        grant(
            "CustomersTable",
            {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:DeleteItem"},
            "T#*",
        ),
        grant("WorkTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem"}, "T#*#CONFLICT#*"),
        grant("WorkTable/index/by_list", {"dynamodb:Query"}, "T#*#CONFLICTS#*"),
        grant("WorkTable", {"dynamodb:UpdateItem"}, deployment.RATE_KEYS),
    },
    deployment.VERIFICATIONS: {
        grant(
            "CustomersTable",
            {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"},
            "T#*",
        ),
        grant("WorkTable", {"dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"}, "T#*"),
    },
    deployment.PRIVACY: {
        grant("CustomersTable", ERASING, "T#*"),
        grant("WorkTable", ERASING, "T#*"),
        grant("WorkTable", {"dynamodb:UpdateItem"}, deployment.RATE_KEYS),
    },
    deployment.CLEANUP: {
        grant("CustomersTable", ERASING, "T#*"),
        grant("WorkTable", ERASING, "T#*"),
        grant("CustomersTable/index/by_activity", {"dynamodb:Query"}, "T#*"),
        grant("WorkTable/index/by_list", {"dynamodb:Query"}, "ERASURES"),
        grant("WorkTable", {"dynamodb:Query"}, "AUTH#TENANTS"),
        grant("WorkTable", {"dynamodb:GetItem"}, "AUTH#TENANT#*"),
    },
    deployment.API_DOCS: set(),
}


def test_every_function_is_listed_here(deployed: Assembly) -> None:
    assert deployed.functions().keys() == TABLE_GRANTS.keys()


@pytest.mark.parametrize("name", TABLE_GRANTS)
def test_invariant_7_a_function_reads_and_writes_its_own_keys_only(deployed: Assembly, name: str) -> None:
    statements = [s for s in statements_of(deployed, name) if not actions_of(s) <= BESIDE_TABLES]
    assert {found for s in statements for found in grants(s)} == TABLE_GRANTS[name]


@pytest.mark.parametrize("name", TABLE_GRANTS)
@pytest.mark.parametrize(
    ("actions", "target"),
    [(STREAM, ("CustomersTable", "StreamArn")), (FAILURES, ("ProfileStreamFailures", "Arn"))],
    ids=["stream", "failures"],
)
def test_one_function_follows_the_customers_and_says_what_was_given_up(
    deployed: Assembly, name: str, actions: set[str], target: tuple[str, str]
) -> None:
    found = [s for s in statements_of(deployed, name) if actions_of(s) & actions]
    assert [actions_of(s) for s in found] == ([actions] if name == deployment.PROFILE_STREAM else [])
    for statement in found:
        resource, attribute = statement["Resource"]["Fn::GetAtt"]
        assert (resource[:-8], attribute) == target


@pytest.mark.parametrize("name", TABLE_GRANTS)
def test_a_function_writes_to_its_own_log_only(deployed: Assembly, name: str) -> None:
    (statement,) = [s for s in statements_of(deployed, name) if actions_of(s) <= LOG]
    log_group = deployed.functions()[name]["LoggingConfig"]["LogGroup"]
    assert logical_id(statement["Resource"]) == logical_id(log_group)


def test_one_function_sends_messages_to_people_in_one_name(deployed: Assembly) -> None:
    """From the address of the deployment, and to telephone numbers: no topic may be published to."""
    sending = {
        name: [s for s in statements_of(deployed, name) if actions_of(s) & MESSAGES] for name in deployed.functions()
    }
    assert [name for name, statements in sending.items() if statements] == [deployment.VERIFICATIONS]
    email, text = sending[deployment.VERIFICATIONS]
    environment = deployed.functions()[deployment.VERIFICATIONS]["Environment"]["Variables"]
    assert email["Condition"] == {"StringEquals": {"ses:FromAddress": environment[deployment.MAIL_FROM_VARIABLE]}}
    assert json.dumps(email["Resource"]).endswith(':identity/*"]]}')
    assert text == {"Action": "sns:Publish", "Effect": "Allow", "NotResource": "arn:*:sns:*:*:*"}


def test_one_function_shares_files_in_the_bucket_of_exports_alone(deployed: Assembly) -> None:
    sharing = {name: [s for s in statements_of(deployed, name) if actions_of(s) & FILES] for name in TABLE_GRANTS}
    assert [name for name, statements in sharing.items() if statements] == [deployment.PRIVACY]
    (statement,) = sharing[deployment.PRIVACY]
    (bucket,) = deployed.of_type("AWS::S3::Bucket")
    assert actions_of(statement) == FILES
    assert statement["Resource"] == {"Fn::Join": ["", [{"Fn::GetAtt": [bucket, "Arn"]}, "/*"]]}


def test_no_two_functions_share_a_role(deployed: Assembly) -> None:
    roles = [logical_id(function["Role"]) for function in deployed.functions().values()]
    assert len(set(roles)) == len(roles)


def test_nothing_else_grants_anything(deployed: Assembly) -> None:
    assert not [role for role in deployed.of_type("AWS::IAM::Role").values() if "ManagedPolicyArns" in role]
    types = {resource["Type"] for resource in deployed.resources.values()}
    assert not types & {"AWS::IAM::Policy", "AWS::IAM::ManagedPolicy", "AWS::IAM::RolePolicy"}


def statements_of(assembly: Assembly, name: str) -> list[Properties]:
    role = assembly.resources[logical_id(assembly.functions()[name]["Role"])]["Properties"]
    assert [policy["PolicyName"] for policy in role["Policies"]] == ["Access"]
    statements: list[Properties] = role["Policies"][0]["PolicyDocument"]["Statement"]
    assert {statement["Effect"] for statement in statements} == {"Allow"}
    return statements


def actions_of(statement: Properties) -> set[str]:
    actions = statement["Action"]
    return {actions} if isinstance(actions, str) else set(actions)


def grants(statement: Properties) -> list[Grant]:
    """Fails unless the condition is the one that holds for no request without keys."""
    condition = statement["Condition"]
    leading_keys: str = condition["ForAllValues:StringLike"]["dynamodb:LeadingKeys"][0]
    assert condition == {
        "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [leading_keys]},
        "Null": {"dynamodb:LeadingKeys": "false"},
    }
    resources = statement["Resource"] if isinstance(statement["Resource"], list) else [statement["Resource"]]
    return [grant(resource_name(resource), actions_of(statement), leading_keys) for resource in resources]


def resource_name(resource: Any) -> str:
    """A table, without the hash that CloudFormation's logical ids end with, and the index of it that is meant."""
    index = resource["Fn::Join"][1][-1] if "Fn::Join" in resource else ""
    return logical_id(resource)[:-8] + index
