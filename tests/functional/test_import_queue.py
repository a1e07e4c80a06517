"""The queue of imports, over MiniStack's SQS."""

import json

import pytest

from customerhub.aws.import_queue import SqsImportQueue
from customerhub.domain.ids import ImportId, TenantId
from customerhub.errors import ServiceUnavailable
from infra.local.tables import DynamoDBTables


def test_each_import_is_told_of_in_the_group_of_its_tenant(dynamodb_tables: DynamoDBTables) -> None:
    sqs = dynamodb_tables.emulator.client("sqs", dynamodb_tables.account)
    url = sqs.create_queue(QueueName="imports")["QueueUrl"]
    imports = [(TenantId("winery"), ImportId(f"{number:026d}")) for number in range(12)]
    SqsImportQueue(url, sqs).send(imports)
    received = []
    while messages := sqs.receive_message(QueueUrl=url, MaxNumberOfMessages=10).get("Messages"):
        received += messages
    told = sorted(json.loads(message["Body"])["import"] for message in received)
    assert told == [import_id for _, import_id in imports]


def test_a_queue_that_is_not_reached_is_a_fault_of_the_moment(dynamodb_tables: DynamoDBTables) -> None:
    class Refusing:
        """An SQS client that takes nothing."""

        def send_message_batch(self, **_: object) -> dict[str, list[object]]:
            return {"Failed": [{"Id": "0"}]}

    with pytest.raises(ServiceUnavailable):
        SqsImportQueue("https://queue", Refusing()).send([(TenantId("winery"), ImportId("0"))])
