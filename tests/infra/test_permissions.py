"""Each function may do what it does and nothing else: invariant 7, as far as IAM can hold it."""

from typing import Any

import pytest

from customerhub import deployment
from tests.infra.assembly import Assembly, Properties, logical_id

LOG = {"logs:CreateLogStream", "logs:PutLogEvents"}

Grant = tuple[str, frozenset[str], str]


def grant(resource: str, actions: set[str], leading_keys: str) -> Grant:
    return resource, frozenset(actions), leading_keys


TABLE_GRANTS = {
    deployment.AUTHORIZER: {grant("WorkTable", {"dynamodb:GetItem", "dynamodb:BatchGetItem"}, "AUTH#*")},
    deployment.CUSTOMERS: {
        grant(
            "CustomersTable",
            {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:ConditionCheckItem"},
            "T#*",
        ),
        grant(
            "WorkTable",
            {"dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"},
            "T#*",
        ),
    },
    deployment.API_DOCS: set(),
}


def test_every_function_is_listed_here(deployed: Assembly) -> None:
    assert deployed.functions().keys() == TABLE_GRANTS.keys()


@pytest.mark.parametrize("name", TABLE_GRANTS)
def test_invariant_7_a_function_reads_and_writes_its_own_keys_only(deployed: Assembly, name: str) -> None:
    statements = [s for s in statements_of(deployed, name) if not actions_of(s) <= LOG]
    assert {found for s in statements for found in grants(s)} == TABLE_GRANTS[name]


@pytest.mark.parametrize("name", TABLE_GRANTS)
def test_a_function_writes_to_its_own_log_only(deployed: Assembly, name: str) -> None:
    (statement,) = [s for s in statements_of(deployed, name) if actions_of(s) <= LOG]
    log_group = deployed.functions()[name]["LoggingConfig"]["LogGroup"]
    assert logical_id(statement["Resource"]) == logical_id(log_group)


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
    """A table, without the hash that CloudFormation's logical ids end with."""
    return logical_id(resource)[:-8]
