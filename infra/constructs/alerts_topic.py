"""The topic of alerts about integrations. Subscribe whoever looks after merchants, or a paging service."""

from aws_cdk import aws_iam as iam
from aws_cdk import aws_kms as kms
from aws_cdk import aws_sns as sns
from constructs import Construct


class AlertsTopic(sns.Topic):
    """Encrypted, TLS only. The key is the one that AWS manages for SNS: nobody but our own functions publishes here,
    and whoever may publish to a topic of the account may use it."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            display_name="Customer Hub alerts",
            master_key=kms.Alias.from_alias_name(scope, f"{construct_id}Key", "alias/aws/sns"),
            enforce_ssl=True,
        )

    def publishing(self) -> iam.PolicyStatement:
        """Returns a statement that allows to publish here."""
        return iam.PolicyStatement(actions=["sns:Publish"], resources=[self.topic_arn])
