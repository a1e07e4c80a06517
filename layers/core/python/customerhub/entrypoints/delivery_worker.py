"""The edge of the queue of deliveries: each message has one webhook worked.

A message says that there is something to do, nothing more: one that comes twice, or too late, finds the delivery
worked. A message is failed only where it cannot be read, or where time is short: what met a fault is tried again at its
own time, and what could not even be read or written is found by the sweep.
"""

import time
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from aws_lambda_powertools import Logger

from customerhub.domain.ids import DELIVERY_ID_PATTERN, DeliveryId, TenantId
from customerhub.entrypoints.queue_messages import Handler, build_handler, read_message
from customerhub.entrypoints.unforeseen import log_unforeseen
from customerhub.errors import HubError
from customerhub.services.work_delivery import DeliveryParts, give_back, work_delivery

RESERVE = timedelta(seconds=25)
"""What is left of the function's time when it begins no further delivery, and no further page of one: a platform may
take that long over one call, and then the outcome has to be written."""


def build_delivery_worker(parts: DeliveryParts) -> Handler:
    """The handler. It never raises: an exception would be logged with its message, which may quote a person."""
    logger = Logger()
    worker = _Worker(
        replace(parts, unforeseen=lambda error, record: log_unforeseen(logger, error, f"record {record}")), logger
    )
    return build_handler(worker.settles, parts.club.clock, RESERVE)


class _Worker:
    def __init__(self, parts: DeliveryParts, logger: Logger) -> None:
        self._parts = parts
        self._logger = logger

    def settles(self, record: dict[str, Any], until: datetime) -> bool:
        """Whether the message may go. Without enough time for it it comes back."""
        if self._parts.club.clock.now() >= until:
            return False
        try:
            tenant, delivery = read_message(record["body"], "delivery", DELIVERY_ID_PATTERN)
        except Exception as error:
            log_unforeseen(self._logger, error, record["messageId"])
            return False
        self._works(tenant, DeliveryId(delivery), until)
        return True

    def _works(self, tenant: TenantId, delivery: DeliveryId, until: datetime) -> None:
        started, about = time.perf_counter(), {"tenant": tenant, "delivery": delivery}
        try:
            after = work_delivery(tenant, delivery, until, parts=self._parts)
        except HubError as fault:
            self._logger.warning("try again", extra=about | {"reason": str(fault)})
            return
        except Exception as error:
            log_unforeseen(self._logger, error, delivery)
            self._gives_back(tenant, delivery)
            return
        outcome = (
            {"integration": after.integration, "topic": after.topic, "status": after.status, "reason": after.reason}
            if after
            else {}
        )
        elapsed_ms = round((time.perf_counter() - started) * 1000)
        self._logger.info("worked", extra=about | outcome | {"ms": elapsed_ms})

    def _gives_back(self, tenant: TenantId, delivery: DeliveryId) -> None:
        """Otherwise it would be tried every minute, and never be parked."""
        try:
            give_back(tenant, delivery, parts=self._parts)
        except HubError as fault:
            self._logger.warning("try again", extra={"tenant": tenant, "delivery": delivery, "reason": str(fault)})
