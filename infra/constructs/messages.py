"""What a function may send to people, and in whose name."""

from aws_cdk import Acknowledgment, Aws, Validations
from aws_cdk import aws_iam as iam


def send_emails(sender: str) -> iam.PolicyStatement:
    """Returns a statement that allows e-mails from the address `sender`."""
    return iam.PolicyStatement(
        actions=["ses:SendEmail"],
        resources=[f"arn:{Aws.PARTITION}:ses:{Aws.REGION}:{Aws.ACCOUNT_ID}:identity/*"],
        conditions={"StringEquals": {"ses:FromAddress": sender}},
    )


def send_texts() -> iam.PolicyStatement:
    """Returns a statement that allows text messages.

    A text message is published to a number, which has no ARN: whatever has one, every topic above all, is left out.
    """
    return iam.PolicyStatement(actions=["sns:Publish"], not_resources=["arn:*:sns:*:*:*"])


def acknowledge_any_identity(role: iam.IRole | None) -> None:
    """Records why `send_emails` is bound to no single identity."""
    if role is None:
        raise ValueError("a role is needed")
    Validations.of(role).acknowledge(
        Acknowledgment(
            id="AwsSolutions-IAM5[Resource::arn:<AWS::Partition>:ses:<AWS::Region>:<AWS::AccountId>:identity/*]",
            reason="SES chooses whether the address or its domain sends, and in its sandbox asks for the recipient's "
            "identity too: the sender is bound by a condition instead.",
        )
    )
