"""Runs over DynamoDB."""

from collections.abc import Iterator, Mapping
from dataclasses import replace

from customerhub.deployment import BY_LIST, RUN_LIST, SORT_KEY
from customerhub.domain.feed import Drift, Feed, FeedKind, PullState
from customerhub.domain.ids import IntegrationId, RunId, TenantId
from customerhub.domain.page import Page
from customerhub.domain.run import RecordPage, RecordVerdict, Run, RunStatus
from customerhub.domain.verdict import Verdict
from customerhub.store import keys
from customerhub.store.listing import Entry, Shard
from customerhub.store.pages import read_pages
from customerhub.store.run_items import (
    DRIFT,
    FEED_PREFIX,
    HAS_PREFIX,
    PAGE_PREFIX,
    RUN,
    STATE,
    delete_running,
    list_partition,
    number,
    put_drift,
    put_feed,
    put_listed,
    put_page,
    put_run,
    put_running,
    put_state,
    to_drift,
    to_feed,
    to_page,
    to_run,
    to_state,
)
from customerhub.store.table import Database, Key, Sorted, Write

PAGES_AT_ONCE = 40
"""Of verdicts, each of which has up to 20 KB: a query gives a MB at most."""
ROWS_OF_A_PAGE = 200
"""About: how many pages are asked for follows from it."""


class DynamoRunStore:
    """Implements `ports.runs.RunStore`. `work` is the physical name of the table."""

    def __init__(self, database: Database, work: str) -> None:
        self._database = database
        self._work = work

    def get_run(self, tenant: TenantId, run: RunId) -> Run | None:
        """One GetItem."""
        item = self._database.get(keys.run_item(self._work, tenant, run, RUN))
        return to_run(item) if item else None

    def list_runs(
        self, tenant: TenantId, integration: IntegrationId | None, before: str | None, limit: int
    ) -> Page[Run]:
        """One query and one BatchGetItem. An integration has two dozen a day: the list needs no shards."""
        shard = Shard(self._work, list_partition(tenant, integration), BY_LIST)
        return self._listed(shard, Sorted(after=before, descending=True), limit)

    def get_pull_state(self, tenant: TenantId, integration: IntegrationId) -> PullState:
        """One GetItem."""
        item = self._database.get(keys.pull_item(self._work, tenant, integration, STATE))
        return to_state(item) if item else PullState(tenant, integration)

    def get_feeds(self, tenant: TenantId, integration: IntegrationId) -> Mapping[FeedKind, Feed]:
        """One BatchGetItem."""
        addresses = {kind: keys.pull_item(self._work, tenant, integration, f"{FEED_PREFIX}{kind}") for kind in FeedKind}
        found = self._database.batch_get(list(addresses.values()))
        return {
            kind: to_feed(found[address]) if address in found else Feed(tenant, integration, kind)
            for kind, address in addresses.items()
        }

    def start_run(self, run: Run, state: PullState) -> Run:
        """One TransactWriteItems of four items."""
        writes: list[Write] = [
            put_run(self._work, run),
            put_listed(self._work, run),
            put_running(self._work, run),
            put_state(self._work, state),
        ]
        self._database.write_all(writes)
        return _as_written(run)

    def put_run(self, run: Run) -> Run:
        """One PutItem."""
        self._database.put(put_run(self._work, run))
        return _as_written(run)

    def commit_page(self, run: Run, page: RecordPage | None, feed: Feed | None) -> Run:
        """One TransactWriteItems of at most nine items."""
        writes: list[Write] = [put_run(self._work, run)]
        writes += put_page(self._work, run, page) if page else []
        writes += [put_feed(self._work, feed)] if feed else []
        self._database.write_all(writes)
        return _as_written(run)

    def end_run(self, run: Run, state: PullState, drift: Drift | None = None) -> Run:
        """One TransactWriteItems of at most four items."""
        writes: list[Write] = [
            put_run(self._work, run),
            delete_running(self._work, run),
            put_state(self._work, state),
        ]
        writes += [put_drift(self._work, run.tenant, run.integration, drift)] if drift else []
        self._database.write_all(writes)
        return _as_written(run)

    def get_drift(self, tenant: TenantId, integration: IntegrationId) -> Drift | None:
        """One GetItem."""
        item = self._database.get(keys.pull_item(self._work, tenant, integration, DRIFT))
        return to_drift(item) if item else None

    def unfinished(self, after: str | None, limit: int) -> Page[Run]:
        """One query and one BatchGetItem."""
        page = self._listed(Shard(self._work, RUN_LIST, BY_LIST), Sorted(after=after), limit)
        return Page(tuple(run for run in page.items if run.status is RunStatus.RUNNING), page.after)

    def record_pages(self, tenant: TenantId, run: RunId) -> Iterator[RecordPage]:
        """One query per MB, about fifty pages."""
        start = keys.run_item(self._work, tenant, run, PAGE_PREFIX)
        for items in read_pages(self._database, start, PAGES_AT_ONCE):
            yield from map(to_page, items)

    def list_records(
        self, tenant: TenantId, run: RunId, verdict: Verdict | None, after: str | None, limit: int
    ) -> Page[RecordVerdict]:
        """A query for every forty pages that are looked at, and with `verdict` one BatchGetItem. A position is the
        number of a page, and the place in it of the record."""
        first, place = map(int, after.split("#")) if after else (0, -1)
        at_once = min(PAGES_AT_ONCE, limit // ROWS_OF_A_PAGE + 2)
        found: list[tuple[str, RecordVerdict]] = []
        for page in self._pages_with(keys.run_item(self._work, tenant, run, PAGE_PREFIX), verdict, first, at_once):
            for index, one in enumerate(page.verdicts):
                if (page.number, index) > (first, place) and verdict in (None, one.verdict):
                    found.append((f"{page.number}#{index}", one))
            if len(found) > limit:
                return Page(tuple(one for _, one in found[:limit]), found[limit - 1][0])
        return Page(tuple(one for _, one in found))

    def _pages_with(self, start: Key, verdict: Verdict | None, first: int, at_once: int) -> Iterator[RecordPage]:
        """The pages that have records of that verdict, from that number on."""
        prefix = f"{HAS_PREFIX}{verdict}#" if verdict else PAGE_PREFIX
        after = prefix + number(first - 1) if first else None
        while True:
            items = self._database.query(self._work, start.partition, Sorted(prefix, after), at_once)
            if verdict:
                yield from self._pages_of(start, [item[SORT_KEY].removeprefix(prefix) for item in items])
            else:
                yield from map(to_page, items)
            if len(items) < at_once:
                return
            after = items[-1][SORT_KEY]

    def _pages_of(self, start: Key, numbers: list[str]) -> Iterator[RecordPage]:
        addresses = [start._replace(sort=PAGE_PREFIX + each) for each in numbers]
        found = self._database.batch_get(addresses) if addresses else {}
        return (to_page(found[address]) for address in addresses if address in found)

    def _listed(self, shard: Shard, part: Sorted, limit: int) -> Page[Run]:
        """The index is a moment late: what is gone by now is left out."""
        rows = self._database.query_index(self._work, BY_LIST, shard.partition, part, limit + 1)
        entries = [Entry(shard, row) for row in rows]
        addresses = [entry.key._replace(sort=RUN) for entry in entries[:limit]]
        items = self._database.batch_get(addresses) if addresses else {}
        runs = tuple(to_run(items[address]) for address in addresses if address in items)
        return Page(runs, entries[limit - 1].position if len(entries) > limit else None)


def _as_written(run: Run) -> Run:
    return replace(run, version=run.version + 1)
