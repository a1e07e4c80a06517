"""Nobody deploys without saying in whose name e-mails are sent."""

import pytest
from aws_cdk import App

from infra.app import SenderMissingError, add_hub


def test_a_deployment_without_a_sender_is_refused_before_anything_is_built() -> None:
    with pytest.raises(SenderMissingError, match="mailFrom"):
        add_hub(App(context={"target": "lambda"}))
