"""Alerts about integrations, published to a topic of SNS."""

import json
import logging
from functools import cached_property
from typing import Any

from botocore.config import Config
from botocore.exceptions import BotoCoreError, ClientError
from botocore.session import get_session

from customerhub.domain.alert import Alert
from customerhub.domain.integration import Integration
from customerhub.errors import ServiceUnavailable

_CONFIG = Config(connect_timeout=1, read_timeout=3, retries={"mode": "standard", "total_max_attempts": 2})
MAX_SUBJECT = 100
_logger = logging.getLogger(__name__)


class SnsAlertTopic:
    """Implements `ports.care.AlertTopic`. The client is made when it is first needed, unless one is given.

    A message is a JSON object (`alert`, `state`, `id`, `tenant`, `integration`, `platform`, `account`, `detail`,
    `raisedAt`, `recoveredAt`) under a subject for people; a message that comes twice has the same `id` and `state`.
    """

    def __init__(self, arn: str, client: Any = None) -> None:
        self._arn = arn
        self._client = client

    def publish(self, alert: Alert, integration: Integration) -> None:
        """One Publish."""
        state = "raised" if alert.is_open else "recovered"
        subject = f"Customer Hub: {alert.kind} {state}, {integration.id} of {integration.tenant}"
        message = {
            "alert": alert.kind,
            "state": state,
            "id": f"{alert.tenant}/{alert.integration}/{alert.kind}/{alert.raised_at.isoformat()}",
            "tenant": integration.tenant,
            "integration": integration.id,
            "platform": integration.platform,
            "account": integration.account,
            "detail": alert.detail,
            "raisedAt": alert.raised_at.isoformat(),
            "recoveredAt": alert.recovered_at.isoformat() if alert.recovered_at else None,
        }
        try:
            self._sns.publish(TopicArn=self._arn, Subject=subject[:MAX_SUBJECT], Message=json.dumps(message))
        except BotoCoreError as error:
            raise _unavailable(f"SNS was not reached: {type(error).__name__}") from error
        except ClientError as error:
            raise _unavailable(f"SNS answered {error.response['Error']['Code']}") from error

    @cached_property
    def _sns(self) -> Any:
        return self._client or get_session().create_client("sns", config=_CONFIG)


def _unavailable(what: str) -> ServiceUnavailable:
    """Whoever raises alerts goes on without: an operator must see that nobody hears of them."""
    _logger.warning("an alert was not published: %s", what)
    return ServiceUnavailable(what)
