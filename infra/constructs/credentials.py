"""Credentials of integrations in Secrets Manager: one secret each, written when a shop is connected."""

from aws_cdk import Acknowledgment, Aws, Validations
from aws_cdk import aws_iam as iam

from customerhub import deployment


def read_credentials() -> iam.PolicyStatement:
    """Returns a statement that allows to read credentials: with them a webhook's signature is checked."""
    return _statement("GetSecretValue")


def use_credentials() -> iam.PolicyStatement:
    """Returns a statement that allows to read credentials, and to replace those that were renewed."""
    return _statement("GetSecretValue", "PutSecretValue")


def keep_credentials() -> iam.PolicyStatement:
    """Returns a statement that allows to keep the credentials of whoever is connected, and to use them."""
    return _statement("GetSecretValue", "PutSecretValue", "CreateSecret")


def _statement(*actions: str) -> iam.PolicyStatement:
    return iam.PolicyStatement(
        actions=[f"secretsmanager:{action}" for action in actions],
        resources=[
            f"arn:{Aws.PARTITION}:secretsmanager:{Aws.REGION}:{Aws.ACCOUNT_ID}:secret:{deployment.SECRET_PREFIX}*"
        ],
    )


def acknowledge_any_credentials(role: iam.IRole | None) -> None:
    """Records why `use_credentials` is bound to no single secret."""
    if role is None:
        raise ValueError("a role is needed")
    resource = "arn:<AWS::Partition>:secretsmanager:<AWS::Region>:<AWS::AccountId>:secret"
    Validations.of(role).acknowledge(
        Acknowledgment(
            id=f"AwsSolutions-IAM5[Resource::{resource}:{deployment.SECRET_PREFIX}*]",
            reason="Secrets are made as merchants connect their shops; nothing else is kept under this prefix.",
        )
    )
