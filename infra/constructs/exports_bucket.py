"""The bucket of exports that are too large for an answer."""

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

RETENTION = Duration.days(1)


class ExportsBucket(s3.Bucket):
    """Private, encrypted, TLS only; what is in it is deleted after a day. No page of any origin may read it."""

    def __init__(self, scope: Construct, construct_id: str) -> None:
        super().__init__(
            scope,
            construct_id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=RETENTION, abort_incomplete_multipart_upload_after=RETENTION),
            ],
            removal_policy=RemovalPolicy.DESTROY,
        )
        Validations.of(self).acknowledge(
            Acknowledgment(
                id="AwsSolutions-S1",
                reason="Each file is fetched by one link that is good for ten minutes, and is gone after a day; the "
                "calls that make the links are in the API's access log.",
            )
        )

    def sharing(self) -> iam.PolicyStatement:
        """Returns a statement that allows to put files here, and to sign links by which they are fetched."""
        return iam.PolicyStatement(actions=["s3:PutObject", "s3:GetObject"], resources=[self.arn_for_objects("*")])

    def acknowledge_any_file(self, role: iam.IRole | None) -> None:
        """Records why `sharing` is bound to no single file."""
        if role is None:
            raise ValueError("a role is needed")
        logical_id = self.stack.get_logical_id(self.node.default_child)  # type: ignore[arg-type]
        Validations.of(role).acknowledge(
            Acknowledgment(
                id=f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>/*]",
                reason="Files have random names; the bucket holds exports alone.",
            )
        )
