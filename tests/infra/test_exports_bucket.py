"""Large exports are nobody else's, and are not kept."""

from tests.infra.assembly import Assembly, logical_id


def test_the_bucket_is_private_encrypted_and_forgets_after_a_day(deployed: Assembly) -> None:
    (bucket,) = deployed.of_type("AWS::S3::Bucket").values()
    blocked = ("BlockPublicAcls", "BlockPublicPolicy", "IgnorePublicAcls", "RestrictPublicBuckets")
    assert bucket["PublicAccessBlockConfiguration"] == dict.fromkeys(blocked, True)
    (encryption,) = bucket["BucketEncryption"]["ServerSideEncryptionConfiguration"]
    assert encryption["ServerSideEncryptionByDefault"]["SSEAlgorithm"] == "AES256"
    (rule,) = bucket["LifecycleConfiguration"]["Rules"]
    assert (rule["ExpirationInDays"], rule["Status"]) == (1, "Enabled")
    assert "CorsConfiguration" not in bucket


def test_the_bucket_takes_no_call_without_tls(deployed: Assembly) -> None:
    (name,) = deployed.of_type("AWS::S3::Bucket")
    (policy,) = deployed.of_type("AWS::S3::BucketPolicy").values()
    (statement,) = policy["PolicyDocument"]["Statement"]
    assert logical_id(policy["Bucket"]) == name
    assert (statement["Effect"], statement["Action"]) == ("Deny", "s3:*")
    assert statement["Condition"] == {"Bool": {"aws:SecureTransport": "false"}}
