"""A delivery as it comes into the inbox, by whichever way it was heard of."""

from collections.abc import Sequence
from datetime import datetime

from customerhub.domain.attempt import TOLD
from customerhub.domain.delivery import Delivery, can_be_kept, in_short
from customerhub.domain.integration import Integration
from customerhub.domain.remote import RemoteChange, VerifiedDelivery
from customerhub.ports.connector import Connector


def new_delivery(integration: Integration, connector: Connector, verified: VerifiedDelivery, now: datetime) -> Delivery:
    """The delivery, due now. It is noted in short what it says, as far as that can be read: by that it is worked where
    its body is too long to be kept, or is forgotten before its turn. Asks the platform nothing."""
    return Delivery(
        integration.tenant,
        integration.id,
        verified.event_id,
        verified.topic,
        received_at=now,
        due_at=now,
        body=verified.body if can_be_kept(verified.body) else None,
        changes=tuple(map(in_short, read_changes(connector, verified))),
        occurred_at=verified.occurred_at,
        quiet_until=now + TOLD,
    )


def read_changes(connector: Connector, verified: VerifiedDelivery) -> Sequence[RemoteChange]:
    """What a delivery says; nothing where that cannot be read, for whatever reason: the worker meets it again, and says
    which."""
    try:
        return connector.parse_webhook(verified)
    except Exception:
        return ()
