"""Records that the hub knows and that the platform's list has not shown: candidates for having been deleted there."""

import math
from array import array
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from hashlib import blake2b

from customerhub.domain.feed import FeedKind
from customerhub.domain.ids import ExternalId
from customerhub.domain.run import Run
from customerhub.domain.verdict import Counts
from customerhub.ports.runs import RunStore
from customerhub.ports.shop_records import ShopRecordStore

SEEN_AT_ONCE = 1_000_000
"""Ids that are held at a time: 9 bytes each, 9 MB. Beyond that many both sides are read once for each further million,
each time for another part of the ids."""
BUCKETS = 256
"""So that no more than a few thousand ids are sorted at a time, which takes five times their memory."""
BUCKET_SHIFT = 56
HASH_BYTES = 8
"""Two of a million ids have the same hash once in 37 million comparisons: then a record that is gone stays for now."""


def unshown_records(
    run: Run, *, runs: RunStore, records: ShopRecordStore, at_once: int = SEEN_AT_ONCE
) -> Iterator[ExternalId]:
    """The customer records that the hub has and on which the run has no verdict, in memory that does not grow with
    their number. Verdicts of this search are verdicts of the run: to begin again after a crash is to go on. The run's
    verdicts and the hub's records are read once, page by page, or as often as `at_once` says. Raises
    StoreUnavailable."""
    shown = run.counts.get(FeedKind.CUSTOMERS, Counts()).rows
    parts = max(1, math.ceil(shown / at_once))
    for part in range(parts):
        seen = _SeenIds(_shown_in(run, runs, part, parts))
        for page in records.linked_records(run.tenant, run.integration):
            yield from (one for one in page if (code := _code(one)) % parts == part and code not in seen)


class _SeenIds:
    """A set of ids, by their hashes, in order."""

    def __init__(self, codes: Iterable[int]) -> None:
        self._buckets = [array("Q") for _ in range(BUCKETS)]
        for code in codes:
            self._buckets[code >> BUCKET_SHIFT].append(code)
        for number, bucket in enumerate(self._buckets):
            self._buckets[number] = array("Q", sorted(bucket))

    def __contains__(self, code: int) -> bool:
        bucket = self._buckets[code >> BUCKET_SHIFT]
        place = bisect_left(bucket, code)
        return place < len(bucket) and bucket[place] == code


def _shown_in(run: Run, runs: RunStore, part: int, parts: int) -> Iterator[int]:
    for page in runs.record_pages(run.tenant, run.id):
        if page.feed is FeedKind.CUSTOMERS:
            codes = (_code(verdict.id) for verdict in page.verdicts)
            yield from (code for code in codes if code % parts == part)


def _code(record: ExternalId) -> int:
    return int.from_bytes(blake2b(record.encode(), digest_size=HASH_BYTES).digest(), "big")
