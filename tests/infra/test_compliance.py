"""The rules of cdk-nag are kept, and breaking one stops the synthesis."""

import json
from pathlib import Path

import pytest
from aws_cdk import App, Stack
from aws_cdk import aws_dynamodb as dynamodb

from infra.app import synthesise
from tests.infra.assembly import Assembly


def test_the_hub_breaks_no_rule(deployed: Assembly) -> None:
    report = json.loads((deployed.directory / "validation-report.json").read_text())
    assert [plugin["violations"] for plugin in report["pluginReports"] if plugin["violations"]] == []


def test_a_broken_rule_stops_the_synthesis(tmp_path: Path) -> None:
    app = App(outdir=str(tmp_path))
    key = dynamodb.Attribute(name="PK", type=dynamodb.AttributeType.STRING)
    dynamodb.Table(Stack(app, "Careless"), "Unrecoverable", partition_key=key)
    with pytest.raises(RuntimeError, match="AwsSolutions-DDB3"):
        synthesise(app)
