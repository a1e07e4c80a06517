"""The bucket of exports that are too large for an answer."""

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from constructs import Construct

from infra.constructs.private_bucket import PrivateBucket


class ExportsBucket(PrivateBucket):
    """What is in it is deleted after a day. No page of any origin may read it."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            retention=Duration.days(1),
            why_unlogged="Each file is fetched by one link that is good for ten minutes, and is gone after a day; the "
            "calls that make the links are in the API's access log.",
        )

    def sharing(self) -> iam.PolicyStatement:
        """Returns a statement that allows to put files here, and to sign links by which they are fetched."""
        return iam.PolicyStatement(actions=["s3:PutObject", "s3:GetObject"], resources=[self.arn_for_objects("*")])

    def acknowledge(self, role: iam.IRole | None) -> None:
        """Records why `sharing` is bound to no single file."""
        self.acknowledge_any_file(role, "Files have random names; the bucket holds exports alone.")
