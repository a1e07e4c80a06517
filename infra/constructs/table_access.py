"""What a function may do to a table: named actions, on named keys only."""

from collections.abc import Iterable

from aws_cdk import aws_dynamodb as dynamodb
from aws_cdk import aws_iam as iam

from customerhub.deployment import Index


def access(table: dynamodb.Table, actions: Iterable[str], leading_keys: str) -> iam.PolicyStatement:
    """Returns a statement that allows `actions` on the items whose partition key matches `leading_keys`.

    A transaction needs the actions of the writes that it is made of.
    """
    return _statement(actions, [table.table_arn], leading_keys)


def search(table: dynamodb.Table, indexes: Iterable[Index], leading_keys: str) -> iam.PolicyStatement:
    """Returns a statement that allows queries of `indexes`, by partition keys that match `leading_keys`."""
    return _statement(["Query"], [f"{table.table_arn}/index/{index.name}" for index in indexes], leading_keys)


def _statement(actions: Iterable[str], resources: list[str], leading_keys: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[f"dynamodb:{action}" for action in actions],
        resources=resources,
        conditions={
            "ForAllValues:StringLike": {"dynamodb:LeadingKeys": [leading_keys]},
            # "For all values" holds when there is no value at all: a request without keys is refused here.
            "Null": {"dynamodb:LeadingKeys": "false"},
        },
    )
