"""The bucket of uploaded spreadsheets, and of what could not be imported from them."""

from collections.abc import Sequence

from aws_cdk import Duration
from aws_cdk import aws_iam as iam
from aws_cdk import aws_s3 as s3
from constructs import Construct

from infra.constructs.private_bucket import PrivateBucket


class ImportsBucket(PrivateBucket):
    """What is in it is deleted after seven days. Pages of `cors_origins` may upload to it, by links that were signed
    for one file."""

    def __init__(self, scope: Construct, construct_id: str, *, cors_origins: Sequence[str]) -> None:
        super().__init__(
            scope,
            construct_id,
            retention=Duration.days(7),
            why_unlogged="Each file is put and fetched by links that are good for one file and a short time; the calls "
            "that make the links are in the API's access log.",
            cors=[
                s3.CorsRule(
                    allowed_methods=[s3.HttpMethods.PUT],
                    allowed_origins=list(cors_origins),
                    allowed_headers=["content-type"],
                    max_age=3600,
                )
            ],
        )

    def keeping(self) -> list[iam.PolicyStatement]:
        """Returns statements that allow to put and get files here, whole and in parts, and to sign links by which
        others do. Whoever may not list is not told that a file is missing: it is refused instead."""
        return [
            iam.PolicyStatement(
                actions=["s3:AbortMultipartUpload", "s3:GetObject", "s3:PutObject"],
                resources=[self.arn_for_objects("*")],
            ),
            iam.PolicyStatement(actions=["s3:ListBucket"], resources=[self.bucket_arn]),
        ]

    def acknowledge(self, role: iam.IRole | None) -> None:
        """Records why `keeping` is bound to no single file."""
        self.acknowledge_any_file(role, "A file's name begins with its tenant; the bucket holds spreadsheets alone.")
