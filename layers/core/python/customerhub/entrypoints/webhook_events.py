"""The edge of webhooks over EventBridge: Shopify's partner event source, whose events a rule puts into a queue.

An event's `detail` holds the webhook's `payload` and, as `metadata`, what the headers would be. Only Shopify can put
anything on the source, so that its name is what a signature is elsewhere.
"""

import json
from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.domain.integration import Platform
from customerhub.entrypoints.queue_messages import Handler, build_handler
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import HubError
from customerhub.services.receive_delivery import InboxParts, receive_event

RESERVE = timedelta(seconds=2)
"""What is left of the function's time when it begins no further event."""
_Settle = Callable[[dict[str, Any], datetime], bool]


def build_webhook_events(parts: InboxParts) -> Handler:
    """The handler. It never raises. What could not be stored comes again; what cannot be read, or what a shop without
    credentials has sent, ends in the queue of what was given up, of which an alarm tells."""
    return build_handler(_settling(parts, Logger()), parts.clock, RESERVE)


def _settling(parts: InboxParts, logger: Logger) -> _Settle:
    def settles(record: dict[str, Any], until: datetime) -> bool:
        if parts.clock.now() >= until:
            return False
        try:
            source, metadata, body = _read_event(record["body"])
            received = receive_event(Platform.SHOPIFY, source, metadata, body, parts=parts)
        except HubError as fault:
            logger.warning("try again", extra={"event": record["messageId"], "reason": str(fault)})
            return False
        except Exception as error:
            log_unforeseen(logger, error, record["messageId"])
            return False
        logger.info(
            "received",
            extra={
                "receipt": received.receipt,
                "tenant": received.tenant,
                "integration": received.integration,
                "delivery": received.delivery,
            },
        )
        return True

    return settles


def _read_event(text: str) -> tuple[str, Mapping[str, str], bytes]:
    """The source, the metadata and the payload's bytes. Raises ValueError for what is no such event, and
    RecursionError."""
    event = json.loads(text)
    detail = event.get("detail") if isinstance(event, dict) else None
    if not isinstance(detail, dict) or not isinstance(detail.get("metadata"), dict) or "payload" not in detail:
        raise ValueError("not an event of a webhook")
    metadata = {str(name): str(value) for name, value in detail["metadata"].items() if value is not None}
    body = json.dumps(detail["payload"], ensure_ascii=False, separators=(",", ":")).encode()
    return str(event.get("source")), metadata, body
