"""A DynamoDB table as every table of the hub is."""

from collections.abc import Iterable

from aws_cdk import RemovalPolicy
from aws_cdk import aws_dynamodb as dynamodb
from constructs import Construct

from customerhub import deployment


class HubTable(dynamodb.Table):
    """On demand, encrypted, recoverable to any second of the last 35 days, and not deleted with the stack.

    The key is AWS's own in the account: its use is in CloudTrail, and no key policy of ours can lock the data away.
    """

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        indexes: Iterable[deployment.Index] = (),
        streams_new_images: bool = False,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            partition_key=_string(deployment.PARTITION_KEY),
            sort_key=_string(deployment.SORT_KEY),
            billing_mode=dynamodb.BillingMode.PAY_PER_REQUEST,
            encryption=dynamodb.TableEncryption.AWS_MANAGED,
            point_in_time_recovery_specification=dynamodb.PointInTimeRecoverySpecification(
                point_in_time_recovery_enabled=True
            ),
            time_to_live_attribute=deployment.TTL_ATTRIBUTE,
            stream=dynamodb.StreamViewType.NEW_IMAGE if streams_new_images else None,
            deletion_protection=True,
            removal_policy=RemovalPolicy.RETAIN,
        )
        for index in indexes:
            self.add_global_secondary_index(
                index_name=index.name,
                partition_key=_string(index.partition_key),
                sort_key=_string(index.sort_key) if index.sort_key else None,
                projection_type=dynamodb.ProjectionType.KEYS_ONLY,
            )


def _string(name: str) -> dynamodb.Attribute:
    return dynamodb.Attribute(name=name, type=dynamodb.AttributeType.STRING)
