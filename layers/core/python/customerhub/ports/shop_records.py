"""What the hub knows of a shop's records."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from customerhub.domain.customer import Customer
    from customerhub.domain.ids import CustomerId, ExternalId, IntegrationId, TenantId
    from customerhub.domain.link import Link
    from customerhub.domain.order import Order
    from customerhub.domain.remote import RemoteProduct
    from customerhub.domain.tenant import Tenant


@dataclass(frozen=True)
class KnownRecord:
    """A record of a shop whose customer is known; `link` is what was seen of it, None where it was never looked at.
    `standing` is the link that stands in the customer's own collection now, which may be one to a former record."""

    customer: Customer
    link: Link | None
    standing: Link | None = None


class ShopRecordStore(Protocol):
    """What is known of many records at once. Reads are strongly consistent; methods raise StoreUnavailable."""

    def find_records(
        self, tenant: Tenant, integration: IntegrationId, records: Sequence[ExternalId]
    ) -> Mapping[ExternalId, KnownRecord]:
        """Those whose customer is known by the record's id. A batch read for each hundred claims, and one for each
        fifty customers; one more where links are with former ids of merged customers."""

    def linked_records(self, tenant: TenantId, integration: IntegrationId) -> Iterator[Sequence[ExternalId]]:
        """The ids of all records that customers are tied to and that were not found deleted, page by page, as of a
        moment ago."""

    def are_deleted(
        self, tenant: TenantId, integration: IntegrationId, records: Sequence[ExternalId]
    ) -> frozenset[ExternalId]:
        """Those of which it was heard, in the last weeks, that they were deleted. A batch read for each hundred, none
        for no records."""

    def mark_deleted(
        self, tenant: TenantId, integration: IntegrationId, record: ExternalId, customer: CustomerId | None
    ) -> None:
        """Remember that the record was deleted, and whose it was (None: nobody's, as far as is known). Idempotent: a
        customer who was remembered is not forgotten. One write."""

    def deleted_customer(self, tenant: TenantId, integration: IntegrationId, record: ExternalId) -> CustomerId | None:
        """Whose the deleted record was, who may have been merged or erased since. One read."""

    def unmark_deleted(self, tenant: TenantId, integration: IntegrationId, record: ExternalId) -> None:
        """Forget that the record was deleted, and whose it was: the shop has it. Idempotent. One write."""

    def find_orders(self, tenant: TenantId, source: str, orders: Sequence[ExternalId]) -> Mapping[ExternalId, Order]:
        """Those orders of a shop that are known. Two batch reads for each hundred."""

    def find_products(
        self, tenant: TenantId, integration: IntegrationId, products: Sequence[ExternalId]
    ) -> Mapping[ExternalId, RemoteProduct]:
        """Those products that are known, without `raw`. A batch read for each hundred."""

    def put_product(self, tenant: TenantId, integration: IntegrationId, product: RemoteProduct) -> None:
        """Replace what is known of a product, unless that is newer."""
