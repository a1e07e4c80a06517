"""A bucket as every bucket of the hub is."""

from collections.abc import Sequence

from aws_cdk import Acknowledgment, Duration, RemovalPolicy, Validations
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct


class PrivateBucket(s3.Bucket):
    """Private, encrypted, TLS only; what is in it is deleted after `retention`, an upload that was broken off after a
    day. `why_unlogged` is the reason why it needs no access log."""

    def __init__(
        self,
        scope: Construct,
        construct_id: str,
        *,
        retention: Duration,
        why_unlogged: str,
        cors: Sequence[s3.CorsRule] | None = None,
    ) -> None:
        super().__init__(
            scope,
            construct_id,
            block_public_access=s3.BlockPublicAccess.BLOCK_ALL,
            encryption=s3.BucketEncryption.S3_MANAGED,
            enforce_ssl=True,
            object_ownership=s3.ObjectOwnership.BUCKET_OWNER_ENFORCED,
            lifecycle_rules=[
                s3.LifecycleRule(expiration=retention, abort_incomplete_multipart_upload_after=Duration.days(1)),
            ],
            cors=cors,
            removal_policy=RemovalPolicy.DESTROY,
        )
        Validations.of(self).acknowledge(Acknowledgment(id="AwsSolutions-S1", reason=why_unlogged))

    def acknowledge_any_file(self, role: iam.IRole | None, reason: str) -> None:
        """Records why a function's rights are bound to no single file."""
        if role is None:
            raise ValueError("a role is needed")
        logical_id = self.stack.get_logical_id(self.node.default_child)  # type: ignore[arg-type]
        Validations.of(role).acknowledge(
            Acknowledgment(id=f"AwsSolutions-IAM5[Resource::<{logical_id}.Arn>/*]", reason=reason)
        )
