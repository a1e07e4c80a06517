"""What a function may do to a table: named actions, on named keys only."""

from collections.abc import Iterable

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam


def access(table: dynamodb.Table, actions: Iterable[str], leading_keys: str) -> iam.PolicyStatement:
    """Returns a statement that allows `actions` on the items whose partition key matches `leading_keys`.

    A transaction needs the actions of the writes that it is made of.
    """
    return iam.PolicyStatement(
        actions=[f"dynamodb:{action}" for action in actions],
        resources=[table.table_arn],
        conditions={
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [leading_keys]},
            # "For all values" holds when there is no value at all: a request without keys is refused here.
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    )
