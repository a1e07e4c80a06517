"""What is pulled from an integration, and how far it has come."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from customerhub.domain.ids import ExternalId, IntegrationId, RunId, TenantId


class FeedKind(StrEnum):
    """What a platform lists; pulled in this order, since orders name customers."""

    CUSTOMERS = "customers"
    ORDERS = "orders"
    PRODUCTS = "products"


@dataclass(frozen=True)
class Feed:
    """One list of one integration. All that changed there before `watermark` was pulled; None: nothing was yet.
    `version` counts the writes; 0 is not stored yet."""

    tenant: TenantId
    integration: IntegrationId
    kind: FeedKind
    watermark: datetime | None = None
    version: int = 0


@dataclass(frozen=True)
class PullState:
    """How an integration's pulls are going. `run` is the one that is under way, of which there is one at a time;
    `last_sync_at` is when one was last completed, `last_run` that one, `last_began_at` when that was started;
    `failures` counts those in a row that failed since, `reason` says why the last of them did. Comparisons, which are
    rare among pulls, are counted apart, since the last one that was completed. `version` counts the writes; 0 is not
    stored yet."""

    tenant: TenantId
    integration: IntegrationId
    run: RunId | None = None
    last_run: RunId | None = None
    last_began_at: datetime | None = None
    last_sync_at: datetime | None = None
    failures: int = 0
    reason: str | None = None
    failed_comparisons: int = 0
    comparison_reason: str | None = None
    version: int = 0


@dataclass(frozen=True)
class Drift:
    """What a comparison of both sides has found, before it was repaired: records that only the shop had, that only the
    hub had, and that differed, among `compared`. Customers and orders count: no webhook tells of products, so that
    these differ as soon as the shop changes one."""

    run: RunId
    compared_at: datetime
    compared: int
    only_in_shop: int
    only_in_hub: int
    different: int

    @property
    def score(self) -> float:
        """The part that was not equal, from 0 to 1."""
        unequal = self.only_in_shop + self.only_in_hub + self.different
        return unequal / max(1, self.compared + self.only_in_hub)


@dataclass(frozen=True)
class BulkExport:
    """A platform's export of one list to a file: under way, or ready at `url` (which lets whoever has it read the file,
    for a time), or failed for `reason`. `started_at` is the moment that it shows."""

    id: ExternalId
    kind: FeedKind
    started_at: datetime
    is_done: bool = False
    url: str | None = None
    """None of an export that is done: there was nothing to export, or the platform has the file no more."""
    records: int | None = None
    """How many it holds, once it is done."""
    reason: str | None = None
