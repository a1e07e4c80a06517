"""A part of a partition, however long, page by page."""

from collections.abc import Iterator

from customerhub.deployment import SORT_KEY
from customerhub.store.table import Database, Item, Key, Sorted


def read_pages(database: Database, start: Key, size: int) -> Iterator[list[Item]]:
    """The items whose sort key begins with that of `start`, in order; no empty page. One query for each page, and for
    each MB; what was read may be deleted meanwhile."""
    after = None
    while True:
        page = database.query(start.table, start.partition, Sorted(start.sort, after), size)
        if page:
            yield page
        if len(page) < size:
            return
        after = page[-1][SORT_KEY]
