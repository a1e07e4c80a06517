"""Shops are told to send their webhooks to where the hub is."""

import re

from customerhub import deployment
from infra.stacks import outputs
from tests.infra.assembly import Assembly


def test_whoever_has_webhooks_registered_knows_the_hubs_address(deployed: Assembly) -> None:
    """What the deployment was told, else the API's own; nobody else is told."""
    (api,) = deployed.of_type("AWS::ApiGatewayV2::Api")
    endpoint = {"Fn::GetAtt": [api, "ApiEndpoint"]}
    told = {
        name: function["Environment"]["Variables"].get(deployment.PUBLIC_URL_VARIABLE)
        for name, function in deployed.functions().items()
    }
    expected = {"Fn::If": ["HasPublicUrl", {"Ref": outputs.PUBLIC_URL}, endpoint]}
    assert {name for name, url in told.items() if url} == {deployment.INTEGRATIONS, deployment.JOB_WORKER}
    assert told[deployment.INTEGRATIONS] == told[deployment.JOB_WORKER] == expected


def test_the_address_is_a_base_url_or_nothing(deployed: Assembly) -> None:
    parameter = deployed.parameters[outputs.PUBLIC_URL]
    assert parameter["Default"] == ""
    accepted = ["", "https://hub.example.com", "http://127.0.0.1:8787"]
    refused = ["hub.example.com", "https://hub.example.com/", "https://hub.example.com/x", "https://x?y", "ftp://x"]
    pattern = parameter["AllowedPattern"]
    assert [re.fullmatch(pattern, url) is not None for url in accepted + refused] == [True] * 3 + [False] * 5
