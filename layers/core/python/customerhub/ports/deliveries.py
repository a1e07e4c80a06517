"""The inbox of webhooks, and the queue that carries them to the workers."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Sequence
    from datetime import datetime

    from customerhub.domain.delivery import Delivery, DeliveryFigures, DeliveryStatus
    from customerhub.domain.ids import DeliveryId, IntegrationId, TenantId
    from customerhub.domain.integration import Integration, Platform
    from customerhub.domain.page import Page
    from customerhub.domain.tenant import Tenant


class ShopDirectory(Protocol):
    """Which integration an account of a platform is. Raises StoreUnavailable."""

    def find_shop(self, platform: Platform, account: str, *, fresh: bool = False) -> Integration | None:
        """The integration that has the account, or had it last, as it was a minute ago at most; as it is now with
        `fresh`. Two round trips; none where it was found in this process less than a minute ago."""


class DeliveryStore(Protocol):
    """Deliveries. Reads of single ones are strongly consistent, lists are as of a moment ago. Every method raises
    StoreUnavailable on a fault."""

    def put_delivery_if_absent(self, delivery: Delivery) -> bool:
        """Keep a new one; False where the event is known already. One round trip."""

    def get_delivery(self, tenant: TenantId, delivery: DeliveryId) -> Delivery | None:
        """One delivery. One round trip."""

    def put_delivery(self, delivery: Delivery) -> Delivery:
        """Replace what was read; the delivery as it is stored now. Raises LostRace where it has changed since. One
        round trip."""

    def list_deliveries(
        self, tenant: TenantId, integration: IntegrationId, status: DeliveryStatus, after: str | None, limit: int
    ) -> Page[Delivery]:
        """Of one integration and status, those that came, or were worked, longest ago first; without what they say.
        The cost follows `limit`."""

    def read_figures(self, tenant: TenantId, integration: IntegrationId) -> DeliveryFigures:
        """How the integration's webhooks are going. The cost does not grow with their number."""

    def due_deliveries(self, until: datetime, limit: int) -> Sequence[Delivery]:
        """Waiting deliveries of all tenants that the sweep is to look after by `until`, the longest due first."""

    def drop_bodies(self, tenant: Tenant, integration: IntegrationId) -> None:
        """Forget what an integration's parked and waiting deliveries say of people. What they say in short stays, and
        with it what they can be worked by; one that waits and cannot be read, or is a request of the law about a
        person, keeps its body until it is worked, which is done without it bringing anybody back. Of such a request
        that is parked nothing stays, since its ids may not be all that the person is known by."""


class DeliveryQueue(Protocol):
    """Tells the workers of deliveries. Raises ServiceUnavailable."""

    def send(self, deliveries: Sequence[Delivery]) -> None:
        """Have each delivery worked when it is due, if that is within a quarter of an hour; others are left to the
        sweep. One that is told of twice is worked once, or twice to the same effect."""
