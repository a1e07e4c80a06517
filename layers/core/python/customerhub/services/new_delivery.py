"""A delivery as it comes into the inbox, by whichever way it was heard of."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime

from customerhub.domain.attempt import TOLD
from customerhub.domain.delivery import Delivery, can_be_kept, in_short
from customerhub.domain.integration import Integration
from customerhub.domain.remote import RemoteChange, VerifiedDelivery
from customerhub.errors import MalformedRequest
from customerhub.ports.connector import Connector


def new_delivery(integration: Integration, connector: Connector, verified: VerifiedDelivery, now: datetime) -> Delivery:
    """The delivery, due now. Of one that is too long to be kept it is noted what it is about, and the records are read
    again at the shop when it is worked. Asks the platform nothing."""
    delivery = Delivery(
        integration.tenant,
        integration.id,
        verified.event_id,
        verified.topic,
        received_at=now,
        due_at=now,
        body=verified.body,
        occurred_at=verified.occurred_at,
        quiet_until=now + TOLD,
    )
    if can_be_kept(verified.body):
        return delivery
    return replace(delivery, body=None, changes=tuple(map(in_short, read_changes(connector, verified))))


def read_changes(connector: Connector, verified: VerifiedDelivery) -> Sequence[RemoteChange]:
    """What a delivery says; nothing where that cannot be read."""
    try:
        return connector.parse_webhook(verified)
    except MalformedRequest:
        return ()
