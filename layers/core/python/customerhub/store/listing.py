"""Lists that are spread over several partitions, so that none of them is hot: read as one, in order, page by page."""

import heapq
import math
from collections.abc import Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from functools import partial
from itertools import groupby, islice

from customerhub.deployment import PARTITION_KEY, SORT_KEY, Index
from customerhub.domain.page import Page
from customerhub.store.table import Database, Item, Key, Sorted

WORKERS = 8


@dataclass(frozen=True)
class Shard:
    """One partition of a list: of `index`, or of the table itself where that is None. Its sort keys order the list."""

    table: str
    partition: str
    index: Index | None = None

    @property
    def position_attribute(self) -> str:
        """The attribute by which the list is ordered."""
        return (self.index.sort_key if self.index else None) or SORT_KEY


@dataclass(frozen=True)
class Entry:
    """One item of a list, as its shard holds it: of an index that is the keys alone."""

    shard: Shard
    item: Item

    @property
    def key(self) -> Key:
        """The address of what is listed."""
        return Key(self.shard.table, self.item[PARTITION_KEY], self.item[SORT_KEY])

    @property
    def position(self) -> str:
        """Where in the list it stands."""
        return str(self.item[self.shard.position_attribute])


def sorting_time(at: datetime) -> str:
    """How a time stands in a position: in UTC and of equal length always, so that it sorts."""
    return at.astimezone(UTC).isoformat(timespec="microseconds")


class ShardReader:
    """Reads pages of lists. One per process: it keeps its threads."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._threads = ThreadPoolExecutor(WORKERS, thread_name_prefix="shards")

    def read_page(self, shards: Sequence[Shard], part: Sorted, limit: int) -> Page[Entry]:
        """Up to `limit` entries of all shards together, in the order that `part` says. No two entries may have one
        position, but for one item that is in the list by two indexes: that is one entry.

        Of each shard about twice its share is read at first, all at once: in turn the round trips would add up, and
        whole pages would cost as many times their units as there are shards. A shard that has more than that to give is
        read on. So the cost follows `limit` and the number of shards, never the length of the list. Raises
        StoreUnavailable.
        """
        chunk = min(limit + 1, 2 * math.ceil((limit + 1) / len(shards)) + 4)
        first = self._threads.map(lambda shard: self._read(shard, part, chunk), shards)
        streams = [self._entries(*read, part, chunk) for read in zip(shards, first, strict=True)]
        merged = heapq.merge(*streams, key=_place, reverse=part.descending)
        found = list(islice((next(same) for _, same in groupby(merged, key=_place)), limit + 1))
        return Page(tuple(found[:limit]), found[limit - 1].position if len(found) > limit else None)

    def _entries(self, shard: Shard, read: list[Entry], part: Sorted, chunk: int) -> Iterator[Entry]:
        """What was read of the shard, and then the rest of it as far as it is asked for."""
        yield from read
        while len(read) == chunk:
            read = self._read(shard, replace(part, after=read[-1].position), chunk)
            yield from read

    def _read(self, shard: Shard, part: Sorted, limit: int) -> list[Entry]:
        query = partial(self._database.query_index, shard.table, shard.index) if shard.index else None
        query = query or partial(self._database.query, shard.table)
        return [Entry(shard, item) for item in query(shard.partition, part, limit)]


def _place(entry: Entry) -> tuple[str, Key]:
    return entry.position, entry.key
