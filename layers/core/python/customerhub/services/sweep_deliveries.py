"""Tell the workers of deliveries that are due and that no message brings: it was lost, or its worker was."""

import random
from contextlib import suppress
from datetime import datetime

from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.delivery_outcome import told_of
from customerhub.errors import LostRace
from customerhub.ports import Clock
from customerhub.ports.deliveries import DeliveryQueue, DeliveryStore
from customerhub.services.sweep_jobs import Swept

PAGE = 25


def sweep_deliveries(until: datetime, *, deliveries: DeliveryStore, queue: DeliveryQueue, clock: Clock) -> Swept:
    """Send what is due, the longest due first, until nothing is or it is `until`.

    A delivery is sent after its next turn with the sweep was written, some minutes ahead and further the longer it has
    waited. One that has waited for longer than any worker tries is parked: it is what workers die at. Raises
    StoreUnavailable and ServiceUnavailable, after which the next sweep goes on.
    """
    found = sent = 0
    while clock.now() < until:
        page = deliveries.due_deliveries(clock.now(), PAGE)
        put_off = [stored for due in page if (stored := _put_off(due, deliveries, clock))]
        waiting = [one for one in put_off if one.status is DeliveryStatus.WAITING]
        queue.send(waiting)
        found, sent = found + len(page), sent + len(waiting)
        if not put_off:
            break
    return Swept(found, sent)


def _put_off(due: Delivery, deliveries: DeliveryStore, clock: Clock) -> Delivery | None:
    """None where it has changed meanwhile, and concerns somebody else."""
    with suppress(LostRace):
        return deliveries.put_delivery(told_of(due, clock.now(), random.random()))  # noqa: S311 - spreads work
    return None
