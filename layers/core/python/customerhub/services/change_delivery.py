"""Staff have a delivery worked again, or put it away."""

from collections.abc import Callable
from datetime import datetime

from customerhub.domain.caller import Caller, Scope
from customerhub.domain.delivery import Delivery, DeliveryStatus
from customerhub.domain.ids import DeliveryId, IntegrationId
from customerhub.errors import NotFound
from customerhub.ports import Clock
from customerhub.ports.deliveries import DeliveryQueue, DeliveryStore
from customerhub.services.attempts import attempts
from customerhub.services.tell_queue import tell_delivery_queue

Change = Callable[[Delivery, datetime], Delivery]
"""What is to become of a delivery at that moment: `retried` or `discarded` of `domain.delivery_outcome`."""


def change_delivery(
    integration: IntegrationId,
    delivery_id: DeliveryId,
    change: Change,
    caller: Caller,
    *,
    deliveries: DeliveryStore,
    queue: DeliveryQueue,
    clock: Clock,
    before_write: Callable[[], object] = lambda: None,
) -> Delivery:
    """The delivery after the change. A worker that is at it is not interrupted: who writes last finds it changed. One
    read and one write. Raises NotFound where that integration has no such delivery, StoreUnavailable,
    TooMuchContention, Forbidden without sync:write, and whatever `change` and `before_write` raise."""
    caller.require(Scope.SYNC_WRITE)

    def attempt() -> Delivery:
        known = deliveries.get_delivery(caller.tenant.id, delivery_id)
        if known is None or known.integration != integration:
            raise NotFound("there is no such delivery")
        after = change(known, clock.now())
        before_write()
        if after == known:
            return known
        stored = deliveries.put_delivery(after)
        if stored.status is DeliveryStatus.WAITING:
            tell_delivery_queue([stored], queue=queue)
        return stored

    return attempts(clock, attempt)
