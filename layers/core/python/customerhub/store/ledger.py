"""The merge ledger: what an unmerge restores from. SK `MERGE#<ulid>` in the collection of the survivor."""

from collections.abc import Iterable

from customerhub.domain.ids import CustomerId, MergeId, TenantId
from customerhub.domain.merge import MergeRecord
from customerhub.store import keys
from customerhub.store.table import Database, Sorted
from customerhub.store.timeline import to_merge

MAX_MERGES = 1000
"""Those that were undone among them."""


class DynamoMergeLedger:
    """Implements `ports.MergeLedger`. `customers` is the physical name of the table."""

    def __init__(self, database: Database, customers: str) -> None:
        self._database = database
        self._customers = customers

    def get_merge(self, tenant: TenantId, survivor: CustomerId, merge: MergeId) -> MergeRecord | None:
        """One GetItem."""
        item = self._database.get(keys.merge(self._customers, tenant, survivor, merge))
        return to_merge(item) if item else None

    def holding_merges(self, tenant: TenantId, survivor: CustomerId) -> list[MergeRecord]:
        """One query, and one more for every MB. Ordered by version: clocks of two machines may differ."""
        records = (record for record in self._merges(tenant, survivor) if record.undone_at is None)
        return sorted(records, key=lambda record: record.survivor.version)

    def undone_merges(self, tenant: TenantId, survivor: CustomerId) -> list[MergeRecord]:
        """One query, and one more for every MB."""
        return [record for record in self._merges(tenant, survivor) if record.undone_at]

    def _merges(self, tenant: TenantId, survivor: CustomerId) -> Iterable[MergeRecord]:
        partition = keys.collection(tenant, survivor)
        return map(to_merge, self._database.query(self._customers, partition, Sorted(keys.MERGE_PREFIX), MAX_MERGES))
