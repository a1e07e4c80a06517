"""Duties, and what is looked at when a shop is to be forgotten."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from customerhub.domain.customer import Customer
    from customerhub.domain.duty import Duty, DutyStatus, Part
    from customerhub.domain.ids import CustomerId, DutyId, ExternalId, IntegrationId, TenantId
    from customerhub.domain.page import Page
    from customerhub.domain.records import Record


class DutyStore(Protocol):
    """Duties. Reads of single ones are strongly consistent, lists are as of a moment ago. Every method raises
    StoreUnavailable on a fault."""

    def get_duty(self, tenant: TenantId, duty: DutyId) -> Duty | None:
        """One duty. One round trip."""

    def put_duty(self, duty: Duty) -> None:
        """Replace what was read, or keep a new one. Raises GuardFailed where it has changed since, or is there."""

    def list_duties(self, tenant: TenantId, status: DutyStatus, after: str | None, limit: int) -> Page[Duty]:
        """A tenant's, the one that is due first first."""

    def open_duties(self, until: datetime, limit: int) -> Sequence[Duty]:
        """Of all tenants, up to `limit` that are for the hub to do, and then as many for staff that are to be looked at
        by `until`; of each the one that is due first first."""

    def find_linked(self, tenant: TenantId, integration: IntegrationId, record: ExternalId) -> Sequence[CustomerId]:
        """The customers in whose collections there is a link to that record, also one that was deleted, as of a moment
        ago. One round trip for each two of the index's partitions."""


class ShopEstate(Protocol):
    """What hangs on customers, and on an integration, when the shop behind it is forgotten. Reads are strongly
    consistent; every method raises StoreUnavailable on a fault, and removing what is gone already is no fault."""

    def records(self, customer: Customer) -> Iterator[Record]:
        """The customer's records of every kind, in all collections, read page by page."""

    def drop_records(self, tenant: TenantId, records: Sequence[Record]) -> None:
        """Remove links and orders, and what leads to them."""

    def count_belongings(self, tenant: TenantId, integration: IntegrationId) -> Mapping[Part, int]:
        """How many products and deliveries the integration has, the latter as of a moment ago, and without those that
        are still to be worked since the law wants it."""

    def drop_belongings(self, tenant: TenantId, integration: IntegrationId) -> Iterator[None]:
        """Remove what is counted, page by page; first of all how far its feeds have come, and what was compared."""
