"""Large exports and uploaded spreadsheets are nobody else's, and are not kept."""

import pytest

from customerhub import deployment
from tests.infra.assembly import Assembly, Properties, logical_id

BUCKETS = {
    deployment.EXPORTS_BUCKET_VARIABLE: (deployment.PRIVACY, 1),
    deployment.IMPORTS_BUCKET_VARIABLE: (deployment.IMPORTS, 7),
}
"""Environment variable to a function that has it, and to the days for which files are kept."""


def bucket_of(assembly: Assembly, variable: str) -> str:
    function = assembly.functions()[BUCKETS[variable][0]]
    return logical_id(function["Environment"]["Variables"][variable])


def bucket(assembly: Assembly, variable: str) -> Properties:
    found: Properties = assembly.resources[bucket_of(assembly, variable)]["Properties"]
    return found


def test_every_bucket_is_listed_here(deployed: Assembly) -> None:
    assert deployed.of_type("AWS::S3::Bucket").keys() == {bucket_of(deployed, variable) for variable in BUCKETS}


@pytest.mark.parametrize("variable", BUCKETS)
def test_a_bucket_is_private_encrypted_and_forgets(deployed: Assembly, variable: str) -> None:
    properties = bucket(deployed, variable)
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    assert properties["PublicAccessBlockConfiguration"] == dict.fromkeys(blocked, True)
    (encryption,) = properties["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (rule,) = properties["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (BUCKETS[variable][1], "Enabled")
    assert rule["AbortIncompleteMultipartUpload"] == {"DaysAfterInitiation": 1}


@pytest.mark.parametrize("variable", BUCKETS)
def test_a_bucket_takes_no_call_without_tls(deployed: Assembly, variable: str) -> None:
    name = bucket_of(deployed, variable)
    policies = deployed.of_type("AWS::S3::BucketPolicy").values()
    (policy,) = (policy for policy in policies if logical_id(policy["Bucket"]) == name)
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}


def test_pages_may_upload_spreadsheets_and_read_nothing(deployed: Assembly) -> None:
    assert "CorsConfiguration" not in bucket(deployed, deployment.EXPORTS_BUCKET_VARIABLE)
    (rule,) = bucket(deployed, deployment.IMPORTS_BUCKET_VARIABLE)["CorsConfiguration"]["CorsRules"]
    (api,) = deployed.of_type("AWS::ApiGatewayV2::Api").values()
    assert rule["AllowedMethods"] == ["PUT"]
    assert rule["AllowedOrigins"] == api["CorsConfiguration"]["AllowOrigins"]
