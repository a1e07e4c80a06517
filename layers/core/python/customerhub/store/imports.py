"""Imports over DynamoDB."""

from collections.abc import Iterator
from dataclasses import replace

from customerhub.deployment import BY_LIST, IMPORT_LIST, SORT_KEY
from customerhub.domain.ids import ImportId, TenantId
from customerhub.domain.imports.run import ENDED, ImportRun, VerdictPage
from customerhub.domain.imports.verdict import RowVerdict
from customerhub.domain.page import Page
from customerhub.domain.verdict import Verdict
from customerhub.store import keys
from customerhub.store.import_items import (
    HAS_PREFIX,
    PAGE_PREFIX,
    RUN,
    delete_running,
    list_partition,
    number,
    put_page,
    put_run,
    put_running,
    to_page,
    to_run,
)
from customerhub.store.listing import Entry, Shard
from customerhub.store.pages import read_pages
from customerhub.store.table import Database, Key, Sorted, Write

PAGES_AT_ONCE = 5
"""Of verdicts: each has up to 15 KB."""


class DynamoImportStore:
    """Implements `ports.imports.ImportStore`. `work` is the physical name of the table."""

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._work = work

    def get_import(self, tenant: TenantId, import_id: ImportId) -> ImportRun | None:
        """One GetItem."""
        item = self._database.get(keys.import_item(self._work, tenant, import_id, RUN))
        return to_run(item) if item else None

    def list_imports(self, tenant: TenantId, before: str | None, limit: int) -> Page[ImportRun]:
        """One query and one BatchGetItem. A merchant starts a few a day: the list needs no shards."""
        shard = Shard(self._work, list_partition(tenant), BY_LIST)
        return self._listed(shard, Sorted(after=before, descending=True), limit)

    def put_import(self, run: ImportRun) -> ImportRun:
        """One PutItem."""
        self._database.put(put_run(self._work, run))
        return _as_written(run)

    def start_import(self, run: ImportRun) -> ImportRun:
        """One TransactWriteItems."""
        self._database.write_all([put_run(self._work, run), put_running(self._work, run)])
        return _as_written(run)

    def commit_page(self, run: ImportRun, page: VerdictPage) -> ImportRun:
        """One TransactWriteItems of at most eight items."""
        writes: list[Write] = [put_run(self._work, run), *put_page(self._work, run, page)]
        self._database.write_all(writes)
        return _as_written(run)

    def end_import(self, run: ImportRun) -> ImportRun:
        """One TransactWriteItems."""
        self._database.write_all([put_run(self._work, run), delete_running(self._work, run)])
        return _as_written(run)

    def unfinished(self, after: str | None, limit: int) -> Page[ImportRun]:
        """One query and one BatchGetItem."""
        page = self._listed(Shard(self._work, IMPORT_LIST, BY_LIST), Sorted(after=after), limit)
        return Page(tuple(run for run in page.items if run.started_at and run.status not in ENDED), page.after)

    def verdict_pages(self, tenant: TenantId, import_id: ImportId) -> Iterator[VerdictPage]:
        """One query per MB, about 80 pages."""
        start = keys.import_item(self._work, tenant, import_id, PAGE_PREFIX)
        for items in read_pages(self._database, start, 80):
            yield from map(to_page, items)

    def list_rows(
        self, tenant: TenantId, import_id: ImportId, verdict: Verdict | None, after: str | None, limit: int
    ) -> Page[RowVerdict]:
        """One query for every five pages of verdicts that are looked at, and with `verdict` one BatchGetItem. A
        position is the first row of a page and the row itself."""
        first, row = map(int, after.split("#")) if after else (0, 0)
        found: list[tuple[int, RowVerdict]] = []
        for page in self._pages_with(tenant, import_id, verdict, first):
            rows = (one for one in page.verdicts if one.row > row and verdict in (None, one.verdict))
            found += ((page.first, one) for one in rows)
            if len(found) > limit:
                at, last = found[limit - 1]
                return Page(tuple(one for _, one in found[:limit]), f"{at}#{last.row}")
        return Page(tuple(one for _, one in found))

    def _pages_with(
        self, tenant: TenantId, import_id: ImportId, verdict: Verdict | None, first: int
    ) -> Iterator[VerdictPage]:
        """The pages that have rows of that verdict, from the one on that begins at row `first`."""
        prefix = f"{HAS_PREFIX}{verdict}#" if verdict else PAGE_PREFIX
        start = keys.import_item(self._work, tenant, import_id, prefix)
        after = prefix + number(first - 1) if first else None
        while True:
            items = self._database.query(self._work, start.partition, Sorted(prefix, after), PAGES_AT_ONCE)
            if verdict:
                sorts = [PAGE_PREFIX + item[SORT_KEY].removeprefix(prefix) for item in items]
                addresses = [Key(self._work, start.partition, sort) for sort in sorts]
                found = self._database.batch_get(addresses) if addresses else {}
                yield from (to_page(found[address]) for address in addresses if address in found)
            else:
                yield from map(to_page, items)
            if len(items) < PAGES_AT_ONCE:
                return
            after = items[-1][SORT_KEY]

    def _listed(self, shard: Shard, part: Sorted, limit: int) -> Page[ImportRun]:
        """The index is a moment late: what is gone by now is left out."""
        rows = self._database.query_index(self._work, BY_LIST, shard.partition, part, limit + 1)
        entries = [Entry(shard, row) for row in rows]
        addresses = [entry.key._replace(sort=RUN) for entry in entries[:limit]]
        items = self._database.batch_get(addresses) if addresses else {}
        runs = tuple(to_run(items[address]) for address in addresses if address in items)
        return Page(runs, entries[limit - 1].position if len(entries) > limit else None)


def _as_written(run: ImportRun) -> ImportRun:
    return replace(run, version=run.version + 1)
