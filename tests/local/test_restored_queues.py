"""A queue is still read for its function after MiniStack was stopped and started again, under another port."""

import io
import json
import time
import zipfile
from pathlib import Path
from typing import Any

from infra.local.emulator import Emulator, running_emulator
from infra.local.ministack_venv import ensure_ministack

DEADLINE_S = 60
TAKES_EVERYTHING = "def handler(event, context): return {}"


def test_a_restored_queue_is_read_for_its_function(tmp_path: Path) -> None:
    """Invariant 2: what was owed before a restart is done after it."""
    with running_emulator(ensure_ministack(), tmp_path, persist=True) as emulator:
        _connect(emulator)
    with running_emulator(ensure_ministack(), tmp_path, persist=True) as emulator:
        sqs = emulator.client("sqs")
        url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
        sqs.send_message(QueueUrl=url, MessageBody="{}")

        deadline = time.monotonic() + DEADLINE_S
        while _messages(sqs, url) and time.monotonic() < deadline:
            time.sleep(0.2)
        assert _messages(sqs, url) == 0


def _connect(emulator: Emulator) -> None:
    trust = {"Effect": "Allow", "Principal": {"Service": "lambda.amazonaws.com"}, "Action": "sts:AssumeRole"}
    role = emulator.client("iam").create_role(
        RoleName="worker", AssumeRolePolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [trust]})
    )["Role"]["Arn"]
    code = io.BytesIO()
    with zipfile.ZipFile(code, "w") as archive:
        archive.writestr("handler.py", TAKES_EVERYTHING)
    functions = emulator.client("lambda")
    functions.create_function(
        FunctionName="worker",
        Runtime="python3.12",
        Handler="handler.handler",
        Role=role,
        Code={"ZipFile": code.getvalue()},
    )
    sqs = emulator.client("sqs")
    url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    arn = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])["Attributes"]["QueueArn"]
    functions.create_event_source_mapping(FunctionName="worker", EventSourceArn=arn)


def _messages(sqs: Any, url: str) -> int:
    """Those that wait and those that are being worked on."""
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]
    counts = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
    return sum(int(counts[name]) for name in names)
