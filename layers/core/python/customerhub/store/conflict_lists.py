"""Conflicts, read one by one and in lists."""

from collections.abc import Sequence
from contextlib import suppress

from customerhub.domain.conflict_record import ConflictRecord, ConflictStatus
from customerhub.domain.ids import ConflictId, TenantId
from customerhub.domain.page import Page
from customerhub.errors import LostRace
from customerhub.store import keys
from customerhub.store.conflicts import conflict_shards, put_conflict, to_conflict
from customerhub.store.listing import ShardReader
from customerhub.store.table import Database, Sorted

MAX_PUTS = 25
"""In one transaction: a conflict may hold as much as a call may say, and 4 MB is the limit of all together."""


class DynamoConflictStore:
    """Implements `ports.ConflictStore`. `work` is the physical name of the table."""

    def __init__(self, database: Database, shards: ShardReader, work: str) -> None:
        self._database = database
        self._shards = shards
        self._work = work

    def get_conflict(self, tenant: TenantId, conflict_id: ConflictId) -> ConflictRecord | None:
        """One GetItem."""
        item = self._database.get(keys.conflict(self._work, tenant, conflict_id))
        return to_conflict(item) if item else None

    def list_conflicts(
        self, tenant: TenantId, status: ConflictStatus, before: str | None, limit: int
    ) -> Page[ConflictRecord]:
        """One query per shard, all at once, and one BatchGetItem per 100. The index is a moment late: what has another
        status by now is left out."""
        shards = conflict_shards(self._work, tenant, status)
        page = self._shards.read_page(shards, Sorted(after=before, descending=True), limit)
        items = self._database.batch_get([entry.key for entry in page.items])
        current = (items[entry.key] for entry in page.items if entry.key in items)
        records = tuple(record for record in map(to_conflict, current) if record.status is status)
        return Page(records, page.after)

    def settle(self, records: Sequence[ConflictRecord]) -> None:
        """One TransactWriteItems of the first `MAX_PUTS`. A lost race leaves them for the next one to look."""
        with suppress(LostRace):
            self._database.write_all([put_conflict(self._work, record) for record in records[:MAX_PUTS]])
