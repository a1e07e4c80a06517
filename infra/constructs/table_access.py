"""What a function may do to a table: named actions, on named keys only."""

from collections.abc import Iterable

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam

from customerhub import deployment

READ_ACTIONS = ("dynamodb:GetItem", "dynamodb:BatchGetItem", "dynamodb:Query")
# A transaction needs the permissions of the writes and checks that it is made of.
WRITE_ACTIONS = ("dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:ConditionCheckItem")


def access(
    table: dynamodb.Table, actions: Iterable[str], leading_keys: str, indexes: Iterable[deployment.Index] = ()
) -> list[iam.PolicyStatement]:
    """Returns statements that allow `actions` on the items whose partition key matches `leading_keys`.

    Each of `indexes` can be queried under the same pattern of its own partition key.
    """
    statements = [_statement(actions, [table.table_arn], leading_keys)]
    index_arns = [f"{table.table_arn}/index/{index.name}" for index in indexes]
    if index_arns:
        statements.append(_statement(["dynamodb:Query"], index_arns, leading_keys))
    return statements


def _statement(actions: Iterable[str], resources: list[str], leading_keys: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=list(actions),
        resources=resources,
        conditions={
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [leading_keys]},
            # "For all values" holds when there is no value at all: a request without keys is refused here.
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    )
