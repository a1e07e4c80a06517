"""What MiniStack 1.5.33 does otherwise than AWS with our template, each difference made up for here only."""

from collections.abc import Callable, Iterable
from typing import Any

from infra.local.emulator import Emulator

OfType = Callable[[str], Iterable[tuple[str, dict[str, Any]]]]
"""Resource type to the physical id and properties of each deployed resource."""

UNKNOWN_KEYS = ("dynamodb:LeadingKeys", "ses:FromAddress")
"""Condition keys of which it does not know the value in a request, so that it would refuse them all."""
SEND_EMAIL = "ses:SendEmail"
SEND_MESSAGE = "sqs:SendMessage"
BOOTSTRAP = "BootstrapVersion"
TLS_POLICIES = ("AWS::S3::BucketPolicy", "AWS::SQS::QueuePolicy")
WITHOUT_TLS = {"Bool": {"aws:SecureTransport": "false"}}
WITH_TLS = {"Bool": {"aws:SecureTransport": "true"}}


def honourable_template(template: dict[str, Any]) -> dict[str, Any]:
    """`template` without what MiniStack cannot honour.

    Those are the check of the account's bootstrap stack, conditions on `UNKNOWN_KEYS`, the identity that sends an
    e-mail: it checks that right on no resource in particular; the right to send messages, which is another one for a
    batch of them; and policies of buckets and queues, which demand TLS where it has none. Those of topics stay, since
    anybody may publish to one that has none; they deny what comes with TLS here. Every other part of a policy is
    enforced.
    """
    kept = {name: part for name, part in template.items() if name not in ("Parameters", "Rules")}
    if parameters := {name: one for name, one in template.get("Parameters", {}).items() if name != BOOTSTRAP}:
        kept["Parameters"] = parameters
    adapted: dict[str, Any] = _honourable_statements(kept)
    resources = adapted["Resources"].items()
    return adapted | {"Resources": {name: part for name, part in resources if part["Type"] not in TLS_POLICIES}}


def _honourable_statements(node: Any) -> Any:
    """`node`, with every policy statement in it as MiniStack can honour it."""
    if isinstance(node, list):
        return [_honourable_statements(item) for item in node]
    if not isinstance(node, dict):
        return node
    adapted = {name: _honourable_statements(value) for name, value in node.items()}
    if isinstance(node.get("Condition"), dict):
        adapted["Condition"] = {
            name: keys for name, keys in node["Condition"].items() if not any(key in keys for key in UNKNOWN_KEYS)
        }
    if node.get("Condition") == WITHOUT_TLS:
        adapted["Condition"] = WITH_TLS
    if node.get("Action") == SEND_EMAIL:
        adapted["Resource"] = "*"
    if node.get("Action") == SEND_MESSAGE:
        adapted["Action"] = [SEND_MESSAGE, f"{SEND_MESSAGE}Batch"]
    return adapted


def restore_dropped_settings(of_type: OfType, emulator: Emulator) -> None:
    """Set what its CloudFormation forgets: expiry and recovery of tables, CORS of the HTTP API. Idempotent."""
    dynamodb = emulator.client("dynamodb")
    for table, properties in of_type("AWS::DynamoDB::Table"):
        _restore_expiry(dynamodb, table, properties)
        if recovery := properties.get("PointInTimeRecoverySpecification"):
            dynamodb.update_continuous_backups(TableName=table, PointInTimeRecoverySpecification=recovery)
    for api_id, properties in of_type("AWS::ApiGatewayV2::Api"):
        if cors := properties.get("CorsConfiguration"):
            emulator.client("apigatewayv2").update_api(ApiId=api_id, CorsConfiguration=cors)


def _restore_expiry(dynamodb: Any, table: str, properties: dict[str, Any]) -> None:
    """DynamoDB refuses to switch on what is on."""
    expiry = properties.get("TimeToLiveSpecification")
    if (
        expiry
        and dynamodb.describe_time_to_live(TableName=table)["TimeToLiveDescription"]["TimeToLiveStatus"] != "ENABLED"
    ):
        dynamodb.update_time_to_live(TableName=table, TimeToLiveSpecification=expiry)
